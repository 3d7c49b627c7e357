"""The manager's HTTP API. docs/services/nodeos-manager.md has it as a table, which the tests hold against `ROUTES`.

Every path is there under `/v1`, as manageos had it, and under `/v1/nodeos` and `/v1/manageos`, as its runbook spelled
it.
"""

import hmac
import math
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from chain_store.bucket import Failed
from chain_store.manifests import Kind

from ..commands import Busy, Command, Outcome, Work
from ..manager import Manager
from ..production.api_node import NEVER
from ..store.copies import Copies, Refusal

PREFIXES = ("/v1", "/v1/nodeos", "/v1/manageos")
PAUSE_TIMEOUT = 180.0
"""Seconds that a command waits for the gap between our turns and for the pause, where `timeout` does not say. manageos
meant as long. A round of 21 producers takes 126 s."""

Answer = Callable[[Manager, Request], Awaitable[Response]]


class BadRequest(Exception):
    """A parameter has no such value. The message says which."""


@dataclass(frozen=True)
class Path:
    """One path below the prefixes."""

    method: str
    name: str
    codes: tuple[int, ...]
    """What it answers, besides 401."""
    answer: Answer
    is_open: bool = False
    """Whether it is answered without the token."""


def application(manager: Manager, token: str) -> Starlette:
    """The API. `token` is what `Authorization: Bearer` must hold. Raises ValueError where it is empty."""
    if not token:
        raise ValueError("An empty token would let everybody in.")

    def endpoint(path: Path) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if not path.is_open and not _is_allowed(request, token):
                return JSONResponse({"error": "The token is missing or wrong."}, 401)
            try:
                return await path.answer(manager, request)
            except BadRequest as wrong:
                return JSONResponse({"error": str(wrong)}, 400)

        return answer

    at_root = [Route(f"/{path.name}", endpoint(path), methods=[path.method]) for path in ROUTES if path.is_open]
    below = [
        Route(f"{prefix}/{path.name}", endpoint(path), methods=[path.method]) for prefix in PREFIXES for path in ROUTES
    ]
    return Starlette(routes=[*below, *at_root])


async def _ping(_manager: Manager, _request: Request) -> Response:
    return PlainTextResponse("pong")


async def _healthz(manager: Manager, _request: Request) -> Response:
    health = await manager.health()
    return PlainTextResponse(health.message, 200 if health.is_ready else 503)


async def _livez(manager: Manager, _request: Request) -> Response:
    alive = manager.keeper.is_alive()
    return PlainTextResponse("ok" if alive else "the fence does not look", 200 if alive else 503)


async def _server_id(manager: Manager, _request: Request) -> Response:
    return PlainTextResponse(manager.ordinal)


async def _is_running(manager: Manager, _request: Request) -> Response:
    superviser = manager.superviser
    running = superviser.running() is not None
    return JSONResponse({"is_running": running, "state": superviser.state, "reason": superviser.reason})


async def _start_command(manager: Manager, _request: Request) -> Response:
    return PlainTextResponse(" ".join(manager.superviser.started_with))


async def _production(manager: Manager, _request: Request) -> Response:
    fellow = await manager.as_fellow()
    if fellow is None:
        return _not_found(NEVER)
    return JSONResponse(asdict(fellow))


async def _status(manager: Manager, _request: Request) -> Response:
    told = await manager.readings.told()
    return JSONResponse({**told, "right": told["right"] and {**told["right"], **manager.keeper.told()}})


async def _configuration(manager: Manager, _request: Request) -> Response:
    configuration = manager.configuration
    return JSONResponse(
        {
            "reload_pending": configuration.is_reload_pending(),
            "running": configuration.running,
            "mounted": configuration.mounted(),
        }
    )


async def _finalizer(manager: Manager, _request: Request) -> Response:
    finalizer = manager.finalizer
    if finalizer is None or finalizer.key is None:
        return _not_found("nodeos was started without a finalizer key.")
    told = {"key": finalizer.key.public, "active": await finalizer.is_active(), "voted": finalizer.has_voted()}
    return JSONResponse(told)


async def _command(manager: Manager, request: Request) -> Response:
    command = manager.operator.find(request.path_params["id"])
    if command is None:
        return _not_found("There is no such command, or it ended long ago.")
    return JSONResponse(_told(command))


def _not_found(why: str) -> Response:
    return JSONResponse({"error": why}, 404)


def _commanded(name: str, work: Callable[[Manager, Request], Work], producers_only: bool) -> Answer:
    async def answer(manager: Manager, request: Request) -> Response:
        if producers_only and not manager.produces:
            return _not_found(NEVER)
        try:
            command = manager.operator.submit(name, work(manager, request))
        except Busy as busy:
            return JSONResponse({"error": str(busy), "running": busy.running}, 409)
        if request.query_params.get("sync") != "true":
            return JSONResponse(_told(command), 201)
        await command.ended.wait()
        return JSONResponse(_told(command), 200 if command.outcome is Outcome.DONE else 500)

    return answer


def _told(command: Command) -> dict[str, object]:
    return {
        "id": command.id,
        "command": command.name,
        "at": command.at,
        "outcome": command.outcome,
        "message": command.message,
    }


def _timeout(request: Request) -> float:
    text = request.query_params.get("timeout")
    if text is None:
        return PAUSE_TIMEOUT
    try:
        seconds = float(text)
    except ValueError as wrong:
        raise BadRequest("timeout is a number of seconds.") from wrong
    if not (math.isfinite(seconds) and seconds > 0):
        raise BadRequest("timeout is a number of seconds above zero.")
    return seconds


async def _list_backups(manager: Manager, _request: Request) -> Response:
    try:
        return JSONResponse(await _copies(manager).listing())
    except Refusal as refused:
        raise BadRequest(str(refused)) from refused
    except Failed as failed:
        return JSONResponse({"error": str(failed)}, 502)


def _copies(manager: Manager) -> Copies:
    if manager.copies is None:
        raise BadRequest("This manager has no bucket.")
    return manager.copies


def _restore(manager: Manager, request: Request) -> Work:
    """`source` and `name`; or manageos' own parameters, which name their source."""
    asked = request.query_params
    for kind in Kind:
        if f"{kind}Name" in asked:
            return _restored(manager, request, kind, asked[f"{kind}Name"])
    source = asked.get("source", Kind.BACKUP)
    if source not in set(Kind):
        raise BadRequest("source is snapshot or backup.")
    return _restored(manager, request, Kind(source), asked.get("name"))


def _snapshot_restore(manager: Manager, request: Request) -> Work:
    asked = request.query_params
    return _restored(manager, request, Kind.SNAPSHOT, asked.get("snapshotName", asked.get("name")))


def _restored(manager: Manager, request: Request, kind: Kind, name: str | None) -> Work:
    """An empty name is that of a script whose variable is empty: the latest copy is not what it meant."""
    if name == "":
        raise BadRequest("The name is empty. Leave it out to restore the latest.")
    return _copies(manager).restore(kind, name, _timeout(request))


def _is_allowed(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode())


def _order(name: str, work: Callable[[Manager, Request], Work]) -> Path:
    return Path("POST", name, (200, 201, 400, 409, 500), _commanded(name, work, producers_only=False))


def _producers_order(name: str, work: Callable[[Manager, Request], Work]) -> Path:
    """An API node has no such command."""
    return Path("POST", name, (200, 201, 400, 404, 409, 500), _commanded(name, work, producers_only=True))


ROUTES = (
    Path("GET", "ping", (200,), _ping, is_open=True),
    Path("GET", "healthz", (200, 503), _healthz, is_open=True),
    Path("GET", "livez", (200, 503), _livez, is_open=True),
    Path("GET", "server_id", (200,), _server_id),
    Path("GET", "is_running", (200,), _is_running),
    Path("GET", "start_command", (200,), _start_command),
    Path("GET", "production", (200, 404), _production),
    Path("GET", "configuration", (200,), _configuration),
    Path("GET", "finalizer", (200, 404), _finalizer),
    Path("GET", "list_backups", (200, 400, 502), _list_backups),
    Path("GET", "status", (200,), _status),
    Path("GET", "commands/{id}", (200, 404), _command),
    _order("maintenance", lambda manager, request: manager.maintenance(_timeout(request))),
    _order("resume", lambda manager, _: manager.resume),
    _order("reload", lambda manager, _: manager.reload),
    _order("safely_reload", lambda manager, request: manager.safely_reload(_timeout(request))),
    _order("snapshot", lambda manager, _: _copies(manager).snapshot),
    _order("backup", lambda manager, request: _copies(manager).backup(_timeout(request))),
    _order("restore", _restore),
    _order("snapshot_restore", _snapshot_restore),
    _producers_order(
        "safely_pause_production", lambda manager, request: manager.safely_pause_production(_timeout(request))
    ),
    _producers_order(
        "safely_resume_production",
        lambda manager, request: manager.safely_resume_production(request.query_params.getlist("lost")),
    ),
)
