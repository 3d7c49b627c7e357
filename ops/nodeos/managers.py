"""The node managers, each asked over its HTTP API through a `kubectl port-forward` of its own."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import httpx
from pydantic import SecretStr, ValidationError

from ..errors import BadInput, Unhealthy, Unreachable
from ..reach import Answer
from ..reach.http import send
from ..reach.kubernetes import forwarded
from .readings import Readings, Told

PORT = 8080
POLL_SECONDS = 1.0
"""Between two looks at a command that runs."""
_PATIENCE = 5
"""How often in a row a manager may not answer while its command runs: a connection broke, or its container restarts."""


class Busy(Unhealthy):
    """A manager runs another command, with which this one would conflict."""

    def __init__(self, ordinal: str, message: str, running: str) -> None:
        super().__init__(f"{ordinal}: {message}")
        self.ordinal = ordinal
        self.running = running
        """The id of that command."""


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    """What the JSON said, or the text where it was none."""


class Managers(Protocol):
    """How the managers are reached."""

    async def ask(self, ordinal: str, method: str, path: str, parameters: Mapping[str, Any]) -> Reply:
        """One request below `/v1/nodeos/`. Raises `Unreachable` where no answer came: it may have been heard."""
        ...


class Tunnels:
    """Managers behind tunnels, which stay open while the context is."""

    def __init__(self, namespace: str, pods: Mapping[str, str], token: SecretStr, timeout: float) -> None:
        self._namespace = namespace
        self._pods = pods
        self._headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
        self._timeout = timeout
        self._open: dict[str, tuple[AsyncExitStack, int]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(self._close(ordinal) for ordinal in list(self._open)))

    async def ask(self, ordinal: str, method: str, path: str, parameters: Mapping[str, Any]) -> Reply:
        was_open = ordinal in self._open
        try:
            return await self._ask(ordinal, method, path, parameters)
        except Unreachable:
            await self._close(ordinal)
            # The tunnel led to a pod that is gone. Only a question may be asked twice.
            if not was_open or method != "GET":
                raise
        return await self._ask(ordinal, method, path, parameters)

    async def _ask(self, ordinal: str, method: str, path: str, parameters: Mapping[str, Any]) -> Reply:
        url = f"http://127.0.0.1:{await self._port(ordinal)}/v1/nodeos/{path}"
        async with httpx.AsyncClient(timeout=self._timeout, trust_env=False, headers=self._headers) as client:
            answer = await send(client, client.build_request(method, url, params=dict(parameters)), self._timeout)
        if not isinstance(answer, Answer):
            raise Unreachable(f"{ordinal} does not answer: {answer.reason}.")
        return reply(answer.status, answer.text)

    async def _port(self, ordinal: str) -> int:
        if ordinal not in self._open:
            command = ["kubectl", "port-forward", f"pod/{self._pods[ordinal]}", "--namespace", self._namespace]
            async with AsyncExitStack() as opening:
                near = await opening.enter_async_context(forwarded(command, [PORT]))
                self._open[ordinal] = (opening.pop_all(), near[PORT])
        return self._open[ordinal][1]

    async def _close(self, ordinal: str) -> None:
        if found := self._open.pop(ordinal, None):
            await found[0].aclose()


def reply(status: int, text: str) -> Reply:
    try:
        return Reply(status, json.loads(text))
    except (ValueError, RecursionError):
        return Reply(status, text)


async def read(managers: Managers, ordinal: str) -> Readings:
    """What the ordinal's manager says of itself. Raises `Unreachable` where it does not."""
    answer = _allowed(ordinal, await managers.ask(ordinal, "GET", "status", {}))
    try:
        if answer.status != 200:
            raise ValueError(answer.status)
        readings = Readings.model_validate(answer.body)
    except (ValueError, ValidationError):
        raise Unreachable(f"{ordinal}: what answers at its port is no node manager of this version.") from None
    if readings.ordinal != ordinal:
        raise Unreachable(f"{ordinal}: the manager at its port says that it is {readings.ordinal}.")
    return readings


async def order(managers: Managers, ordinal: str, command: str, **parameters: Any) -> str:
    """Gives a command, waits until it has ended, and returns the manager's sentence.

    Raises `Busy`; `Unhealthy` with the manager's reason where the command failed; and `Unreachable`, after which it may
    go on."""
    given = {name: value for name, value in parameters.items() if value is not None}
    answer = _allowed(ordinal, await managers.ask(ordinal, "POST", command, given))
    said = answer.body if isinstance(answer.body, dict) else {}
    if answer.status == 409 and said.get("running"):
        raise Busy(ordinal, str(said.get("error")), str(said["running"]))
    if answer.status == 400:
        raise BadInput(f"{ordinal}: {said.get('error')}")
    if answer.status == 404:
        raise BadInput(f"{ordinal}: its manager knows no command {command}: is its image an older one?")
    if answer.status != 201:
        raise Unhealthy(f"{ordinal}: {command} was not taken: {said.get('error') or f'HTTP {answer.status}'}")
    return await follow(managers, ordinal, _told(ordinal, answer).id)


async def follow(managers: Managers, ordinal: str, identifier: str) -> str:
    """Waits until a command has ended. Returns and raises as `order` does."""
    silent = 0
    while True:
        try:
            answer = await managers.ask(ordinal, "GET", f"commands/{identifier}", {})
        except Unreachable:
            silent += 1
            if silent >= _PATIENCE:
                raise
            await asyncio.sleep(POLL_SECONDS)
            continue
        silent = 0
        if answer.status == 404:
            raise Unhealthy(f"{ordinal}: its manager started anew meanwhile. Nobody knows what came of the command.")
        told = _told(ordinal, answer)
        if told.has_ended:
            if told.outcome == "failed":
                raise Unhealthy(f"{ordinal}: {told.message}")
            return told.message
        await asyncio.sleep(POLL_SECONDS)


def _told(ordinal: str, answer: Reply) -> Told:
    try:
        return Told.model_validate(answer.body)
    except ValidationError:
        raise Unreachable(f"{ordinal}: its manager did not say what became of the command.") from None


def _allowed(ordinal: str, answer: Reply) -> Reply:
    if answer.status == 401:
        raise BadInput(f"{ordinal}: its manager does not take the token. Which one it takes is the stack's secret.")
    return answer
