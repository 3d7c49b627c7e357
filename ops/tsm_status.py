"""`nodeyard tsm status`: how the instances of a player are, asked through the cluster or at addresses."""

import asyncio
import json as jsonlib
import re
import ssl
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import typer
from pydantic import SecretStr

from . import output, stacks
from .errors import BadInput, Unhealthy, Unreachable
from .reach import kubectl, processes
from .reach.kubernetes import forwarded
from .secrets import values
from .stacks import Stack
from .tsm_management import MANAGEMENT_PORT, SDK_PORT, Access, Report, Urls, ask, report

# Each takes a process of kubectl, which is not small.
_INSTANCES_AT_ONCE = 8
_SERVICE = re.compile(r"https?://([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.[a-z0-9.-]+)?(?::\d+)?/?")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Instance:
    """One pod of a player, or what answers at one address."""

    node: str
    access: Access | None
    urls: Urls | None = None
    namespace: str = ""
    pod: str | None = None
    ready: bool = True


@dataclass(frozen=True)
class Options:
    """What `status` was told, beside where to ask."""

    key_files: Sequence[Path]
    info_path: str | None
    metrics: Sequence[str]
    timeout: float
    ca: Path | None


def of_stack(name: str, context: typer.Context, options: Options) -> list[Report]:
    """Asks every pod of a stack's player, each through a `kubectl port-forward` of its own: the management port is
    reached in no other way. What the stack itself says is missing is a problem of the player's."""
    if len(options.key_files) > 1:
        raise BadInput("A stack is one player, which has one --api-key-file.")
    deployed = stacks.read(name, context.obj)
    kubectl.use_cluster_of(deployed, context)
    access = _access(options.key_files[0], options) if options.key_files else None
    with output.progress(f"Asking the pods of {name}"):
        reports = processes.run(_ask_stack(deployed, access, options.timeout))
    return [*_missing(deployed), *reports]


def at_urls(sdk: Sequence[str], management: Sequence[str], options: Options) -> list[Report]:
    """Asks what is at these addresses: one instance for each of `sdk`, in their order."""
    if management and len(management) != len(sdk):
        raise BadInput(f"--management is given {len(management)} times and --sdk {len(sdk)}: give one for each.")
    if bool(management) != bool(options.key_files):
        raise BadInput("--management and --api-key-file need each other.")
    if len(options.key_files) not in (0, 1, len(sdk)):
        raise BadInput(f"--api-key-file is given {len(options.key_files)} times: give one, or one for each --sdk.")
    nodes = [_url("--sdk", url, SDK_PORT) for url in sdk]
    managed = [_url("--management", url, MANAGEMENT_PORT) for url in management]
    _warn_of_plain(managed)
    read: list[Access | None] = [_access(path, options) for path in options.key_files]
    accesses = read if len(read) == len(nodes) else (read or [None]) * len(nodes)
    instances = [
        Instance(node, accesses[at], Urls(node, managed[at] if managed else None)) for at, node in enumerate(nodes)
    ]
    with output.progress(f"Asking {len(instances)} node{'s' * (len(instances) > 1)}"):
        return processes.run(_ask_all(instances, options.timeout, _trusted(options.ca)))


def show(stack: str | None, reports: Sequence[Report], json: bool) -> None:
    """One row per instance."""
    if json:
        output.result(stack, reports)
        return
    known = ["node", "pod", "state", "up", "MiB", "goroutines"]
    output.table([*known, "health", "info", "metrics", "problems", "notes"], [_row(each) for each in reports])


def judge(reports: Sequence[Report]) -> None:
    """Raises when an instance is not healthy."""
    states = Counter(each.state for each in reports)
    summary = ", ".join(f"{count} {state}" for state, count in states.items())
    if states["unhealthy"]:
        raise Unhealthy(f"{summary}.")
    if states["unreachable"]:
        raise Unreachable(f"{summary}.")


def _missing(deployed: Stack) -> list[Report]:
    """What the operator still has to do, which the stack's output `missing` says."""
    problems = [f"missing: {one}" for one in deployed.missing()]
    return [Report(node=deployed.name, state="unhealthy", problems=problems)] if problems else []


async def _ask_stack(deployed: Stack, access: Access | None, limit: float) -> list[Report]:
    service, namespace = _service(deployed)
    try:
        slices = await processes.capture_json(_endpoint_slices(service, namespace))
        pods = _pods(slices)
    except Unreachable as problem:
        return [Report(node=deployed.name, state="unreachable", problems=[str(problem)])]
    if not pods:
        stands = f"no pod stands behind Service {service} in namespace {namespace}"
        return [Report(node=deployed.name, state="unhealthy", problems=[stands])]
    instances = [
        Instance(deployed.name, access, namespace=namespace, pod=pod, ready=ready) for pod, ready in pods.items()
    ]
    return await _ask_all(instances, limit)


async def _ask_all(instances: Sequence[Instance], limit: float, trusted: ssl.SSLContext | bool = True) -> list[Report]:
    places = asyncio.Semaphore(_INSTANCES_AT_ONCE)

    async def ask_one(instance: Instance) -> Report:
        async with places:
            try:
                return await _ask(instance, limit, trusted)
            except Unreachable as problem:
                return Report(node=instance.node, pod=instance.pod, state="unreachable", problems=[str(problem)])

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask_one(instance)) for instance in instances]
    return [task.result() for task in tasks]


async def _ask(instance: Instance, limit: float, trusted: ssl.SSLContext | bool) -> Report:
    wanted = instance.access.metrics if instance.access else ()
    if instance.urls:
        answers = await ask(instance.urls, instance.access, limit, trusted)
        if why := answers.unreached():
            raise Unreachable(f"nobody is reached at {instance.urls.sdk}: {why}")
        return report(instance.node, answers, wanted)
    ports = [SDK_PORT, *([MANAGEMENT_PORT] if instance.access else [])]
    command = ["kubectl", "port-forward", f"pod/{instance.pod}", "--namespace", instance.namespace]
    async with forwarded(command, ports) as near:
        urls = [f"http://127.0.0.1:{near[port]}" for port in ports]
        made = report(instance.node, await ask(Urls(*urls), instance.access, limit), wanted, instance.pod)
    if not instance.ready:
        made.problems.append("Kubernetes does not hold the pod for ready")
        made.state = "unhealthy"
    return made


def _service(deployed: Stack) -> tuple[str, str]:
    """Name and namespace of the Service that is in front of the player's pods."""
    endpoint = deployed.endpoints().get("sdk", "")
    match = _SERVICE.fullmatch(endpoint)
    if not match:
        raise BadInput(f"Stack {deployed.name} has no endpoint `sdk` in a cluster: is it a TSM node's?")
    return match[1], match[2]


def _endpoint_slices(service: str, namespace: str) -> list[str]:
    selector = ["--selector", f"kubernetes.io/service-name={service}", "--output", "json"]
    return ["kubectl", "get", "endpointslices", "--namespace", namespace, *selector]


def _pods(slices: Any) -> dict[str, bool]:
    """Every pod behind a Service, and whether it is ready (discovery.k8s.io/v1: no word on it means that it is)."""
    try:
        return {
            each["targetRef"]["name"]: (each.get("conditions") or {}).get("ready") is not False
            for one in slices["items"]
            for each in one.get("endpoints") or []
            if (each.get("targetRef") or {}).get("kind") == "Pod"
        }
    except (LookupError, TypeError, AttributeError):
        raise Unreachable("kubectl get endpointslices did not print what the API documents.") from None


def _access(path: Path, options: Options) -> Access:
    key = values.from_file(path, keep_newline=False)
    text = key.get_secret_value()
    if not text.isascii() or not text.isprintable() or text != text.strip():
        raise BadInput(f"{path} holds no API key: a key is printable ASCII on one line.")
    return Access(SecretStr(text), _info_path(options.info_path), options.metrics)


def _info_path(path: str | None) -> str | None:
    if path is not None and not re.fullmatch(r"/[\w./~-]+", path, re.ASCII):
        raise BadInput("--info is a path such as /management/....")
    return path


def _url(option: str, value: str, port: int) -> str:
    """An origin. What was given is not repeated: it may hold a key, as the vendor's own examples do."""
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL as error:
        raise BadInput(f"{option}: {error}.") from None
    if url.userinfo:
        raise BadInput(f"{option} must hold no user, password or key: give the key by --api-key-file.")
    if url.scheme not in ("http", "https") or not url.host or url.path not in ("", "/") or url.query or url.fragment:
        raise BadInput(f"{option} must be a URL without a path, such as http://10.0.1.5:{port}.")
    return str(url.copy_with(port=url.port or port, path="/")).rstrip("/")


def _warn_of_plain(urls: Sequence[str]) -> None:
    plain = [url for url in map(httpx.URL, urls) if url.scheme == "http" and url.host not in _LOOPBACK]
    if plain:
        output.note(f"The API key goes to {', '.join(url.host for url in plain)} unencrypted: the address is http.")


def _trusted(ca: Path | None) -> ssl.SSLContext | bool:
    if not ca:
        return True
    try:
        return ssl.create_default_context(cafile=str(ca))
    except (OSError, ssl.SSLError):
        raise BadInput(f"{ca} holds no certificates in PEM.") from None


def _row(each: Report) -> list[object]:
    up = None if each.started is None else _since(each.started)
    mib = None if each.memory is None else round(each.memory / 2**20)
    goroutines = None if each.goroutines is None else round(each.goroutines)
    metrics = ", ".join(f"{name} {value:g}" for name, value in each.metrics.items() if value is not None)
    said = [_brief(each.health), _brief(each.info), metrics]
    return [
        each.node,
        each.pod,
        each.state,
        up,
        mib,
        goroutines,
        *said,
        "; ".join(each.problems),
        "; ".join(each.notes),
    ]


def _brief(said: dict[str, Any] | None) -> str | None:
    return None if said is None else jsonlib.dumps(said, separators=(", ", ": "))


def _since(started: float) -> str | None:
    try:
        seconds = round((datetime.now(UTC) - datetime.fromtimestamp(started, UTC)).total_seconds())
    except (ValueError, OverflowError, OSError):
        return None
    days, seconds = divmod(max(0, seconds), 86400)
    hours, seconds = divmod(seconds, 3600)
    return f"{days}d {hours:02}:{seconds // 60:02}"
