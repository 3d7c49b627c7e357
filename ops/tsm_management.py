"""What one instance of a TSM node answers, and what that says of its health.

Sources: builder-vault-tsm.docs.blockdaemon.com/docs/management-api (port, permissions, `management/metrics` in
Prometheus' format or Go's expvar); the vendor's OpenAPI description of the management API (`/management/health`,
JSON with 200, 401 and 500); Blockdaemon/builder-vault-helm: the chart's probes (`/ping` on the SDK's port), and
`examples/tsm-node-broker-communication/kind/README.md` (the header `Authorization: APIKEY <key>`).

Not published there: the fields of `/management/health`, the path and the fields of what a key with the permission
TSMINFO may read, and the names of the node's own metrics. So what the node says of its health is shown and not judged
beyond its HTTP status, the path of TSMINFO is the operator's to give, and so are the names of more metrics.
"""

import asyncio
import json
import math
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import httpx
from pydantic import Field, SecretStr

from .output import Told
from .reach import Answer, NoAnswer, unreached
from .reach.http import send

SDK_PORT = 8080
MANAGEMENT_PORT = 14401
PING = "/ping"
HEALTH = "/management/health"
METRICS = "/management/metrics"

# By Go's Prometheus client (`collectors.NewGoCollector`, `NewProcessCollector`), and by Go's package expvar.
_GOROUTINES = "go_goroutines"
_MEMORY = "process_resident_memory_bytes"
_STARTED = "process_start_time_seconds"
_EXPVAR_MEMORY = ("memstats", "Sys")

_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})?[ \t]+(\S+)([ \t]+-?\d+)?[ \t]*")


@dataclass(frozen=True)
class Access:
    """How the management port is asked."""

    key: SecretStr
    info_path: str | None = None
    """The path of what the permission TSMINFO is for."""
    metrics: Sequence[str] = ()
    """Names of metrics to show beside the usual ones."""


@dataclass(frozen=True)
class Urls:
    """Where one instance is, without a path."""

    sdk: str
    management: str | None = None


@dataclass(frozen=True)
class Answers:
    """What came back. None where nothing was asked."""

    ping: Answer | NoAnswer
    health: Answer | NoAnswer | None = None
    metrics: Answer | NoAnswer | None = None
    info: Answer | NoAnswer | None = None

    def unreached(self) -> str:
        """Why nobody was reached; empty where somebody was."""
        asked = [each for each in (self.ping, self.health, self.metrics, self.info) if each is not None]
        return unreached(asked)


class Report(Told):
    """What is known of one instance. What it did not say, or was not asked, is None."""

    node: str
    """The part, or the address that was asked."""
    state: Literal["healthy", "unhealthy", "unreachable"] = "healthy"
    problems: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    """What could not be read and is no fault of the node."""
    health: dict[str, Any] | None = None
    """As the node says it."""
    info: dict[str, Any] | None = None
    """As the node says it, to a key with the permission TSMINFO."""
    memory: float | None = None
    """Bytes."""
    goroutines: float | None = None
    started: float | None = None
    """Seconds since 1970."""
    metrics: dict[str, float | None] = Field(default_factory=dict)
    """Every sample of the metrics that were asked for by name. None for what JSON has no number for."""


class Wrong(Exception):
    """Why there is no result."""


class Refused(Wrong):
    """There is none for this key."""


class Absent(Wrong):
    """There is none on this node."""


async def ask(urls: Urls, access: Access | None, limit: float, trusted: ssl.SSLContext | bool = True) -> Answers:
    """Asks one instance for everything at once. Each request gets `limit` seconds; none follows a redirect, which could
    lead the key elsewhere."""
    # No proxy of the environment's: it is loopback, or an address inside a network that we are in.
    async with httpx.AsyncClient(timeout=limit, trust_env=False, verify=trusted) as client:
        requests = [client.build_request("GET", urls.sdk + PING)]
        if access and urls.management:
            headers = {"Authorization": f"APIKEY {access.key.get_secret_value()}"}
            paths = [HEALTH, METRICS, *([access.info_path] if access.info_path else [])]
            requests += [client.build_request("GET", urls.management + path, headers=headers) for path in paths]
        return Answers(*await asyncio.gather(*(send(client, request, limit) for request in requests)))


def report(node: str, answers: Answers, metrics: Sequence[str] = ()) -> Report:
    """An instance is healthy when it answers the ping and, where it was asked for its health, says it with HTTP 200 and
    a JSON object. A key that may not read metrics or TSMINFO, and a node without metrics, are no fault of the node."""
    made = Report(node=node)
    try:
        _ping(answers.ping)
    except Wrong as wrong:
        made.problems.append(str(wrong))
    if answers.health is not None:
        try:
            made.health = _object(answers.health, "health")
        except Wrong as wrong:
            made.problems.append(str(wrong))
    _beside(made, answers, metrics)
    # One silent port is one problem, however often it was asked.
    made.problems = list(dict.fromkeys(made.problems))
    made.state = "unhealthy" if made.problems else "healthy"
    return made


def _beside(made: Report, answers: Answers, metrics: Sequence[str]) -> None:
    """What the node says beside its health."""
    for what, answer in (("metrics", answers.metrics), ("TSMINFO", answers.info)):
        try:
            if answer is not None and what == "metrics":
                _metrics(made, _text(answer, what), metrics)
            elif answer is not None:
                made.info = _object(answer, what)
        except (Refused, Absent) as wrong:
            made.notes.append(str(wrong))
        except Wrong as wrong:
            made.problems.append(str(wrong))


def _ping(answer: Answer | NoAnswer) -> None:
    """What it answers is not published, but it is no page."""
    if _text(answer, "ping").lstrip().startswith("<"):
        raise Wrong("ping: the answer is a page, so something else answers there")


def _text(answer: Answer | NoAnswer, what: str) -> str:
    if isinstance(answer, NoAnswer):
        raise Wrong(f"{'SDK port' if what == 'ping' else 'management port'}: {answer.reason}")
    if answer.status in (401, 403):
        raise Refused(f"{what}: not authorised (HTTP {answer.status}): is it the key, or a permission that it lacks?")
    if answer.status == 404:
        raise Absent(f"{what}: not found (HTTP 404)")
    if answer.status != 200:
        raise Wrong(f"{what}: HTTP {answer.status}{_error(answer.text)}")
    return answer.text


def _error(text: str) -> str:
    """What the node's `Error` says: `code` and `message`."""
    try:
        error = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    said = [str(error[key]) for key in ("code", "message") if error.get(key)] if isinstance(error, dict) else []
    return f": {' '.join(said)}" if said else ""


def _object(answer: Answer | NoAnswer, what: str) -> dict[str, Any]:
    try:
        value = json.loads(_text(answer, what), parse_constant=_number_of_json, parse_float=_number_of_json)
    except (ValueError, RecursionError):
        raise Wrong(f"{what}: the answer is not JSON") from None
    if not isinstance(value, dict):
        raise Wrong(f"{what}: the answer is not a JSON object")
    return value


def _number_of_json(text: str) -> float:
    """Not NaN and not the infinities, which we could not say on."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _metrics(made: Report, text: str, wanted: Sequence[str]) -> None:
    if text.lstrip().startswith("{"):
        _from_expvar(made, text, wanted)
    else:
        _from_prometheus(made, samples(text), wanted)


def samples(text: str) -> dict[str, float]:
    """The value of every series of Prometheus' text format, by its name and labels as they stand there.

    Raises `Wrong` for a text with a line that is none of the format's, and for one without any sample.
    """
    found: dict[str, float] = {}
    # Only this ends a line of the format: a label's value may hold any other character.
    for line in text.split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _SAMPLE.fullmatch(line.strip())
        try:
            if not match:
                raise ValueError(line)
            found[match[1] + (match[2] or "")] = float(match[3])
        except ValueError:
            raise Wrong("metrics: the answer is neither Prometheus' text nor expvar's JSON") from None
    if not found:
        raise Wrong("metrics: the answer holds no metric")
    return found


def _from_prometheus(made: Report, found: Mapping[str, float], wanted: Sequence[str]) -> None:
    made.goroutines, made.memory, made.started = (_finite(found.get(name)) for name in (_GOROUTINES, _MEMORY, _STARTED))
    made.metrics = {
        series: _finite(value) for name in wanted for series, value in found.items() if series.partition("{")[0] == name
    }


def _from_expvar(made: Report, text: str, wanted: Sequence[str]) -> None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Wrong("metrics: the answer is neither Prometheus' text nor expvar's JSON") from None
    made.memory = _number(found, _EXPVAR_MEMORY)
    numbers = {name: _number(found, name.split(".")) for name in wanted}
    made.metrics = {name: number for name, number in numbers.items() if number is not None}


def _number(value: Any, path: Sequence[str]) -> float | None:
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return _finite(float(value))
    except OverflowError:
        return None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
