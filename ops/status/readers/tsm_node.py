"""A player of a Builder Vault TSM: every instance by its SDK's port and, with a key, by its management port."""

import asyncio
import json
import re
import ssl
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from time import time
from typing import Any, Final

import httpx
from pydantic import SecretStr

from ... import output
from ...errors import BadInput
from ...reach.kubernetes import forwarded
from ...secrets import values
from ...tsm_management import MANAGEMENT_PORT, SDK_PORT, Access, Report, Urls, ask, report
from .. import pods
from ..asked import Asked
from ..facts import Facts, Part, Where
from ..pods import Seen

PLACES: Final[Mapping[str, int]] = {"sdk": SDK_PORT, "management": MANAGEMENT_PORT}
_INSTANCE: Final = "node"
"""The chart's name of the task whose pods are the instances."""
_COMMON: Final = {"node", "state", "problems", "notes"}
"""What every component says, and so is told beside the details."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


async def read(asked: Asked) -> Facts:
    accesses = _accesses(asked)
    if asked.at:
        return Facts(parts=await _at_addresses(asked, accesses))
    if len(accesses) > 1:
        raise BadInput("A stack's instances are all asked with one key: give one --key-file.")
    access = next(iter(accesses), None)
    seen = await pods.look(asked)

    async def tell(each: Seen) -> None:
        if each.task.component == _INSTANCE:
            await _ask_pod(each, access, asked.timeout)

    await pods.ask(seen, tell, asked.timeout)
    return Facts(parts=[each.part for each in seen])


async def _ask_pod(each: Seen, access: Access | None, limit: float) -> None:
    """The management port has no balancer: each pod is reached by a tunnel of its own."""
    ports = [SDK_PORT, *([MANAGEMENT_PORT] if access else [])]
    async with forwarded(each.running.kubectl("port-forward"), ports) as near:
        urls = Urls(*(f"http://127.0.0.1:{near[port]}" for port in ports))
        answers = await ask(urls, access, limit)
    _tell(each.part, report(each.part.part, answers, access.metrics if access else ()))


async def _at_addresses(asked: Asked, accesses: list[Access]) -> list[Part]:
    """One instance for each `sdk`, in their order."""
    nodes = [_origin("sdk", url) for url in asked.at.get("sdk", [])]
    managed = [_origin("management", url) for url in asked.at.get("management", [])]
    if not nodes or (managed and len(managed) != len(nodes)):
        raise BadInput("Of TSM nodes give each sdk, and as many management as sdk, or none.")
    if bool(managed) != bool(accesses):
        raise BadInput("--at management and --key-file need each other.")
    if len(accesses) not in (0, 1, len(nodes)):
        raise BadInput(f"--key-file is given {len(accesses)} times: give one, or one for each sdk.")
    warn_of_plain(managed)
    trusted = _trusted(asked.ca)
    keys: list[Access | None] = [*accesses] or [None]
    keys = keys if len(keys) == len(nodes) else keys * len(nodes)
    names = asked.only(nodes)
    places = asyncio.Semaphore(pods.AT_ONCE)

    async def tell(at: int, node: str) -> Part:
        async with places:
            part, access = Part(part=node, where=Where(address=node)), keys[at]
            answers = await ask(Urls(node, managed[at] if managed else None), access, asked.timeout, trusted)
            if why := answers.unreached():
                part.say("unreachable", f"nobody is reached at {node}: {why}")
            else:
                _tell(part, report(node, answers, access.metrics if access else ()))
            return part

    return list(await asyncio.gather(*(tell(at, node) for at, node in enumerate(nodes) if node in names)))


def _tell(part: Part, found: Report) -> None:
    part.say("unhealthy", *found.problems)
    part.notes += found.notes
    part.details = {key: each for key, each in found.model_dump(by_alias=True).items() if key not in _COMMON}
    metrics = ", ".join(f"{name} {value:g}" for name, value in found.metrics.items() if value is not None)
    part.shown = {
        "up": None if found.started is None else _since(found.started),
        "MiB": None if found.memory is None else round(found.memory / 2**20),
        "goroutines": None if found.goroutines is None else round(found.goroutines),
        "health": _brief(found.health),
        "info": _brief(found.info),
        "metrics": metrics,
    }


def _accesses(asked: Asked) -> list[Access]:
    if not asked.key_files and (asked.info or asked.metrics):
        raise BadInput("--info and --metric need --key-file.")
    if asked.info is not None and not re.fullmatch(r"/[\w./~-]+", asked.info, re.ASCII):
        raise BadInput("--info is a path such as /management/....")
    return [Access(_key(file), asked.info, asked.metrics) for file in asked.key_files]


def _key(path: Path) -> SecretStr:
    key = values.from_file(path, keep_newline=False)
    text = key.get_secret_value()
    if not text.isascii() or not text.isprintable() or text != text.strip():
        raise BadInput(f"{path} holds no API key: a key is printable ASCII on one line.")
    return key


def _origin(name: str, value: str) -> str:
    url = httpx.URL(value)
    if url.path not in ("", "/"):
        raise BadInput(f"--at {name} must be a URL without a path, such as http://10.0.1.5:{PLACES[name]}.")
    return str(url.copy_with(port=url.port or PLACES[name], path="/")).rstrip("/")


def warn_of_plain(urls: Sequence[str]) -> None:
    """Says so where a key would go unencrypted."""
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


def _brief(said: dict[str, Any] | None) -> str | None:
    return None if said is None else json.dumps(said, separators=(", ", ": "))


def _since(started: float) -> str | None:
    try:
        return str(timedelta(seconds=max(0, round(time() - started))))
    except (ValueError, OverflowError):
        return None
