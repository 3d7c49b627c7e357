"""A cluster of producers that is served: each manager at a port of its own, Kubernetes behind a stand-in of kubectl.

It lives in a thread, on a loop whose clock runs faster than ours.
"""

import asyncio
import contextlib
import selectors
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from threading import Event, Thread
from typing import Any, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ops.errors import Unreachable
from tests.ops.nodeos_cluster import Cluster

SPEED = 5.0
T = TypeVar("T")


class _Quick(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(None if timeout is None else timeout / SPEED)


class QuickLoop(asyncio.SelectorEventLoop):
    """Real sockets, and seconds that pass faster."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        super().__init__(_Quick())

    def time(self) -> float:
        return (time.monotonic() - self._began) * SPEED


class Served:
    """The cluster, from another thread."""

    def __init__(self, cluster: Cluster, loop: asyncio.AbstractEventLoop) -> None:
        self.cluster = cluster
        self._loop = loop
        self.ports: dict[str, int] = {}
        self.control = ""

    def do(self, work: Callable[[Cluster], T]) -> T:
        """Runs on the cluster's own thread, and returns what that returns."""

        async def run() -> T:
            return work(self.cluster)

        return self.wait(run())

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(60)

    def producing(self) -> list[str]:
        return self.do(lambda cluster: cluster.producing())


@contextlib.contextmanager
def served(cluster: Callable[[], Cluster]) -> Iterator[Served]:
    """`cluster` makes it, on its own thread."""
    made: list[Served] = []
    ready, ending = Event(), asyncio.Event()

    async def live() -> None:
        alive = Served(cluster(), asyncio.get_running_loop())
        serving = [asyncio.create_task(each) for each in _serve(alive)]
        await alive.cluster.start(settle=5.0)
        made.append(alive)
        ready.set()
        await ending.wait()
        alive.cluster.end()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    def run() -> None:
        with asyncio.Runner(loop_factory=QuickLoop) as runner:
            runner.run(live())

    thread = Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield made[0]
    finally:
        made[0]._loop.call_soon_threadsafe(ending.set)
        thread.join(30)


def _serve(alive: Served) -> list[Coroutine[Any, Any, None]]:
    servers = []
    for name in alive.cluster.pods:
        server, alive.ports[name] = _server(_manager(alive.cluster, name))
        servers.append(server)
    server, port = _server(Starlette(routes=[Route("/", _kubectl(alive), methods=["POST"])]))
    alive.control = f"http://127.0.0.1:{port}/"
    return [*servers, server]


def _server(application: Any) -> tuple[Coroutine[Any, Any, None], int]:
    server = uvicorn.Server(uvicorn.Config(application, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    listener = uvicorn.Config(application, host="127.0.0.1", port=0, log_config=None).bind_socket()
    return server.serve([listener]), listener.getsockname()[1]


def _manager(cluster: Cluster, name: str) -> Any:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        if cluster.pods[name].ordinal.manager is None:
            raise ConnectionError("its manager does not live")
        await cluster.application(name)(scope, receive, send)

    return application


def _kubectl(alive: Served) -> Any:
    async def answer(request: Request) -> Response:
        arguments = await request.json()
        if arguments[0] == "port-forward":
            name = arguments[1].removeprefix("pod/").removesuffix("-0")
            pod = alive.cluster.pods[name]
            if not pod.is_reachable or pod.ordinal.manager is None:
                return JSONResponse({"error": "error: unable to forward port because pod is not running."})
            return JSONResponse({"port": alive.ports[name]})
        try:
            return JSONResponse({"printed": alive.cluster._kubectl(arguments)})
        except Unreachable as refused:
            return JSONResponse({"error": str(refused)})

    return answer
