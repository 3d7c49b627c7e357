"""A cluster of producers for `nodeyard nodeos`: the managers are the real ones behind their real HTTP application, on
the simulated chain of tests/services; what Kubernetes prints is made here."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chain_store.clock import Clock
from nodeos_manager.commands import Busy, Operator, OperatorSettings
from nodeos_manager.http.http_api import application
from nodeos_manager.manager import Manager
from nodeos_manager.nodeos.config_file import Ours
from nodeos_manager.nodeos.configuration import Configuration, Keys
from nodeos_manager.nodeos.nodeos_api import Refused, Unanswered
from nodeos_manager.plugins.readings import About, Readings
from nodeos_manager.production.api_node import NeverProduces
from nodeos_manager.production.freshness import Freshness
from nodeos_manager.production.keeper import stop_in_order
from nodeos_manager.production.right import Record
from ops.errors import Unreachable
from ops.nodeos.kubernetes import Kubectl
from ops.nodeos.managers import Reply, reply
from ops.nodeos.world import World
from tests.services.nodeos_manager.simulation.api_server import ApiServer
from tests.services.nodeos_manager.simulation.chain import OURS, Chain
from tests.services.nodeos_manager.simulation.machine import Machine, SimulatedClock
from tests.services.nodeos_manager.simulation.nodeos import Loopback
from tests.services.nodeos_manager.simulation.ordinal import Ordinal

TOKEN = "the-managers-token"
NAMESPACE = "nodeos"
LEASE = "nodeos-bp"
OLD, NEW = "registry.invalid/nodeos:1", "registry.invalid/nodeos:2"
LOG = logging.getLogger("cluster")
_READY = {"type": "Ready", "status": "True"}


class Member(Ordinal):
    """An ordinal that may be a spare. Its manager then has a keeper here that never wants the right."""

    is_spare = False

    def start(self) -> None:
        super().start()
        if self.is_spare and self.manager is not None:
            self.manager.keeper.wanted = False


class Interrupted(BaseException):
    """The operator's Ctrl-C."""


@dataclass
class Pod:
    """What a test changes of an ordinal, beside what its manager does."""

    ordinal: Member
    uid: str
    image: str = OLD
    template: str = OLD
    node: str = ""
    is_spare: bool = False
    """What the template says. The pod itself is what its ordinal is."""
    is_there: bool = True
    is_deleting: bool = False
    is_reachable: bool = True
    waiting: str = ""
    """What its container waits for, instead of running."""
    phase: str = "Running"
    key_active: bool | None = None
    """Whether its finalizer key is the chain's; None on a chain without such keys."""
    reload_pending: bool = False
    restarts: int = 0
    refuses: set[str] = field(default_factory=set)
    """Commands that fail."""
    stored: list[str] = field(default_factory=list)

    def status(self) -> dict[str, object]:
        """What the manager's plugins add to GET `status`."""
        key = {"key": f"PUB_BLS_{self.ordinal.name}", "active": self.key_active}
        return {
            "reload_pending": self.reload_pending,
            "finalizer": key if self.key_active is not None else None,
            "snapshot": {"name": "0000000100", "height": 100, "age": 3600.0},
        }


class Cluster:
    """Ordinals that run, and a producer among them."""

    def __init__(
        self, count: int = 3, automatic: bool = False, producers: int = 4, savanna: bool = False, spares: int = 0
    ) -> None:
        """The last of them are spares."""
        self.random = Random(1)
        self.automatic = automatic
        self.chain = Chain(producers, self.random)
        self.server = ApiServer(self.random)
        self.asked: list[str] = []
        """Every change that was asked for, in its order."""
        self.interrupt_at: int | None = None
        """Ctrl-C comes with so many more requests and commands."""
        self.forbidden: set[str] = set()
        """Kinds that kubectl may not look at."""
        self.interrupt_late = False
        """It comes when the request was heard, and its answer is on its way."""
        self.nodes: dict[str, dict[str, Any]] = {}
        self.attachments: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.pods: dict[str, Pod] = {}
        for number in range(count):
            name = f"nodeos-bp-{number}"
            ordinal = Member(name, automatic, self.chain, self.server, Machine(), self.random)
            ordinal.launcher.disk.dirty = False
            ordinal.is_spare = number >= count - spares
            active = (number == 0) if savanna and not ordinal.is_spare else None
            self.pods[name] = Pod(
                ordinal, ordinal.pod, node=f"node-{number}", is_spare=ordinal.is_spare, key_active=active
            )
            self.nodes[f"node-{number}"] = node(f"node-{number}")
        self._tasks: list[asyncio.Task[Any]] = []
        self._apps: dict[str, tuple[object, ASGIApp]] = {}
        self._requests = 0

    # The life of it.

    async def start(self, producer: str | None = "nodeos-bp-0", settle: float = 30.0) -> None:
        ordinals = [pod.ordinal for pod in self.pods.values()]
        self._begin(self.chain.others())
        for ordinal in ordinals:
            ordinal.others = [each for each in ordinals if not each.is_spare]
            ordinal.start()
        await asyncio.sleep(8.0)
        if producer and not self.automatic:
            manager = self.pods[producer].ordinal.manager
            assert manager is not None
            await manager.keeper.take_over()
        await asyncio.sleep(settle)

    def end(self) -> None:
        for pod in self.pods.values():
            pod.ordinal.kill()
        for task in self._tasks:
            task.cancel()

    def lose(self, name: str) -> None:
        """Its machine is off."""
        pod = self.pods[name]
        pod.ordinal.kill()
        pod.is_reachable = False
        self.nodes[pod.node]["status"]["conditions"] = [{"type": "Ready", "status": "Unknown"}]

    def unpause(self, name: str) -> None:
        """Somebody resumes its nodeos by hand, past every manager."""
        nodeos = self.pods[name].ordinal.launcher.nodeos
        assert nodeos is not None
        nodeos._set_paused(False)

    def producing(self) -> list[str]:
        return [name for name, pod in self.pods.items() if _may_produce(pod.ordinal)]

    @property
    def holder(self) -> str:
        return self.server.record.ordinal if self.server.record else ""

    def world(self) -> World:
        pods = {name: f"{name}-0" for name in self.pods}
        return World(Kubectl(NAMESPACE, pods, LEASE, self.kubectl), self, self.automatic)

    def _begin(self, work: Any) -> None:
        self._tasks.append(asyncio.create_task(work))

    # The managers, as `ops.nodeos.managers.Managers` asks them.

    async def ask(self, ordinal: str, method: str, path: str, parameters: Mapping[str, Any]) -> Reply:
        pod = self.pods[ordinal]
        if not self.interrupt_late:
            self._maybe_interrupt()
        await asyncio.sleep(0.05)
        if not pod.is_there or not pod.is_reachable or pod.ordinal.manager is None:
            raise Unreachable(f"{ordinal} does not answer: nobody listens.")
        transport = httpx2.ASGITransport(self.application(ordinal))
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://m", headers=headers, timeout=None) as http:
            answer = await http.request(method, f"/v1/nodeos/{path}", params=dict(parameters))
        if self.interrupt_late:
            self._maybe_interrupt()
        return reply(answer.status_code, answer.text)

    def application(self, name: str) -> ASGIApp:
        """Of the manager that lives now."""
        life = self.pods[name].ordinal.manager
        if name not in self._apps or self._apps[name][0] is not life:
            self._apps[name] = (life, self._served(self.pods[name]))
        return self._apps[name][1]

    def _served(self, pod: Pod) -> ASGIApp:
        life, clock = pod.ordinal.manager, SimulatedClock(pod.ordinal.machine)
        assert life is not None
        operator = Operator(clock, OperatorSettings(), LOG)
        nodeos: Any = Loopback(pod.ordinal.launcher)
        failover = "automatic" if self.automatic else "manual"
        is_spare = pod.ordinal.is_spare
        about = About(pod.ordinal.name, "antelope", not is_spare, failover, frozenset({OURS}), Path("/"))
        production, right = (None, None) if is_spare else (life.production, life.right)
        keeper = NeverProduces() if is_spare else life.keeper
        read = Read(about, nodeos, life.superviser, clock, production, right, pod.status)
        parts = (life.superviser, keeper, production, nodeos, operator, clock, Freshness(), read)
        configuration = Configuration(Path("/none"), Path("/none"), Ours("127.0.0.1:8888"), Keys())
        manager = Manager(pod.ordinal.name, *parts, configuration)
        self._tasks.append(asyncio.create_task(operator.run()))
        return recorded(beside(manager, clock, pod), pod.ordinal.name, self.asked)

    def _maybe_interrupt(self) -> None:
        self._requests += 1
        if self.interrupt_at is not None:
            self.interrupt_at -= 1
            if self.interrupt_at <= 0:
                self.interrupt_at = None
                raise Interrupted

    # Kubernetes, as kubectl prints it.

    async def kubectl(self, command: Sequence[str]) -> str:
        assert command[0] == "kubectl"
        if not self.interrupt_late:
            self._maybe_interrupt()
        await asyncio.sleep(0.05)
        printed = self._kubectl(list(command[1:]))
        if self.interrupt_late:
            self._maybe_interrupt()
        return printed

    def _kubectl(self, words: list[str]) -> str:
        if words[1] in self.forbidden:
            raise Unreachable(f"kubectl get {words[1]} failed: Error from server (Forbidden)")
        if words[0] == "get":
            return json.dumps({"kind": "List", "items": self._items(words[1])})
        assert words[2:4] == ["--namespace", NAMESPACE]
        if words[0] == "delete":
            name = words[1].removeprefix("pod/").removesuffix("-0")
            assert words[4:] == ["--wait=false", "--ignore-not-found"]
            self.asked.append(f"{name} delete")
            pod = self.pods[name]
            if not pod.is_deleting:
                pod.is_deleting = True
                self._begin(self._replace(pod))
            return ""
        assert words[:2] == ["patch", f"lease/{LEASE}"]
        self._patch(json.loads(words[words.index("--patch") + 1]))
        return ""

    def _patch(self, operations: list[dict[str, Any]]) -> None:
        self.asked.append("lease freed")
        (lease,) = self._lease()
        for each in operations:
            _, part, name = each["path"].split("/")
            if each["op"] == "test" and lease[part][name] != each["value"]:
                raise Unreachable("kubectl patch failed: the server rejected our request: testing path failed")
        assert self.server.record is not None
        self.server.write(replace(self.server.record, holder=operations[-1]["value"]))

    async def _replace(self, pod: Pod) -> None:
        """The kubelet ends the pod in order; the StatefulSet makes another one."""
        life = pod.ordinal.manager
        if life is not None:
            await stop_in_order(life.keeper, life.superviser, 20.0, 270.0)
        pod.ordinal.kill()
        pod.is_there = False
        await asyncio.sleep(4.0)
        pod.ordinal.replace_pod()
        pod.ordinal.is_spare = pod.is_spare
        pod.uid, pod.image, pod.is_deleting, pod.is_there = pod.ordinal.pod, pod.template, False, True
        pod.reload_pending, pod.restarts = False, pod.restarts + 1
        await pod.ordinal.restart(2.0)

    def _items(self, kinds: str) -> list[dict[str, Any]]:
        if kinds == "nodes":
            return list(self.nodes.values())
        if kinds == "volumeattachments":
            return self.attachments
        if kinds == "events":
            return self.events
        pods = [printed_pod(pod) for pod in self.pods.values() if pod.is_there]
        return [*pods, *map(printed_stateful_set, self.pods.values()), *map(_claim, self.pods), *self._lease()]

    def _lease(self) -> list[dict[str, Any]]:
        record: Record | None = self.server.record
        if record is None:
            return []
        metadata = {"name": LEASE, "resourceVersion": record.version}
        return [{"kind": "Lease", "metadata": metadata, "spec": {"holderIdentity": record.holder}}]


class Read(Readings):
    """Read when it is asked, and without a look at a disk, which takes no simulated time."""

    async def told(self) -> dict[str, Any]:
        await self._read_head()
        with contextlib.suppress(Unanswered, Refused):
            self.schedule = await self._nodeos.schedule()
        return await super().told()


def beside(manager: Manager, clock: Clock, pod: Pod) -> Starlette:
    """The manager's own application, without the bucket and the files of a configuration: they take no simulated
    time."""

    def commanded(name: str, work: Any) -> Any:
        async def answer(request: Request) -> Response:
            try:
                command = manager.operator.submit(name, lambda: work(request))
            except Busy as busy:
                return JSONResponse({"error": str(busy), "running": busy.running}, 409)
            return JSONResponse({"id": command.id, "command": name, "outcome": command.outcome, "message": ""}, 201)

        return answer

    async def store(request: Request) -> str:
        await clock.sleep(5.0)
        pod.stored.append(request.url.path.rpartition("/")[2] + str(request.url.query and f"?{request.url.query}"))
        return f"{pod.stored[-1]} is done."

    async def fail(_request: Request) -> str:
        raise RuntimeError("it was refused, by the test.")

    async def reload(_request: Request) -> str:
        said = await manager.safely_reload(60.0)()
        pod.reload_pending = False
        return said

    prefix = "/v1/nodeos"
    routes = [
        Route(f"{prefix}/{name}", commanded(name, store), methods=["POST"])
        for name in ("backup", "snapshot", "restore")
    ]
    routes.append(Route(f"{prefix}/safely_reload", commanded("safely_reload", reload), methods=["POST"]))
    refused = [Route(f"{prefix}/{name}", commanded(name, fail), methods=["POST"]) for name in pod.refuses]
    return Starlette(routes=[*refused, *routes, Mount("/", application(manager, TOKEN))])


def recorded(served: Starlette, ordinal: str, asked: list[str]) -> ASGIApp:
    """Keeps what is asked for."""

    async def record(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            asked.append(f"{ordinal} {scope['path'].rpartition('/')[2]}")
        await served(scope, receive, send)

    return record


def node(name: str) -> dict[str, Any]:
    return {
        "kind": "Node",
        "metadata": {"name": name},
        "spec": {"providerID": f"aws:///us-east-2a/i-{name}"},
        "status": {"conditions": [dict(_READY)]},
    }


def _may_produce(ordinal: Ordinal) -> bool:
    return ordinal.manager is not None and ordinal.manager.production.may_produce()


def _spec(image: str, is_spare: bool) -> dict[str, Any]:
    container = {"name": "nodeos-bp", "image": image, "args": ["--run-dir=/run", *([] if is_spare else ["--bp-mode"])]}
    return {"containers": [{"name": "first", "image": "other:1"}, container]}


def _revision(image: str, is_spare: bool) -> str:
    return f"{image} {is_spare}"


def printed_pod(pod: Pod) -> dict[str, Any]:
    name = pod.ordinal.name
    state = {"waiting": {"reason": pod.waiting}} if pod.waiting else {"running": {}}
    revision = _revision(pod.image, pod.ordinal.is_spare)
    metadata = {"name": f"{name}-0", "uid": pod.uid, "labels": {"controller-revision-hash": revision}}
    if pod.is_deleting:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return {
        "kind": "Pod",
        "metadata": metadata,
        "spec": {
            **_spec(pod.image, pod.ordinal.is_spare),
            "nodeName": pod.node,
            "volumes": [{"name": "token"}, {"persistentVolumeClaim": {"claimName": name}}],
        },
        "status": {
            "phase": "Pending" if pod.waiting else pod.phase,
            "containerStatuses": [{"name": "nodeos-bp", "state": state}],
        },
    }


def printed_stateful_set(pod: Pod) -> dict[str, Any]:
    name = pod.ordinal.name
    return {
        "kind": "StatefulSet",
        "metadata": {"name": name, "generation": 2},
        "spec": {"template": {"spec": _spec(pod.template, pod.is_spare)}},
        "status": {"observedGeneration": 2, "updateRevision": _revision(pod.template, pod.is_spare)},
    }


def _claim(name: str) -> dict[str, Any]:
    return {"kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": {"volumeName": f"pv-{name}"}}
