"""A fleet of Theta edge nodes, each on a machine of its own or in a pod."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import httpx

from ... import output
from ...errors import BadInput, Unreachable
from ...reach import Machine, Way, unreached, way_of
from ...reach.http import at
from ...stacks import ThetaNode
from ...theta_rpc import EDGE_CORE_PORT, LAUNCHER_PORT, PORTS, Report, questions, report
from .. import alarms, pods
from ..asked import Asked
from ..facts import Facts, Part, Where

PLACES: Final[Mapping[str, int]] = {"edgecore": EDGE_CORE_PORT, "launcher": LAUNCHER_PORT}
_COMMON: Final = {"node", "state", "problems", "height", "peers", "version"}
"""What every component says, and so is told beside the details."""


async def read(asked: Asked) -> Facts:
    if asked.at:
        urls = addresses(asked.at)
        names = asked.only(list(asked.stack.nodes()) if asked.stack else [urls[EDGE_CORE_PORT]])
        return Facts(parts=[await _ask_address(names, urls, asked)])
    nodes = asked.deployed().nodes()
    wanted = {name: nodes[name] for name in asked.only(list(nodes))}
    ways = {name: way_of(asked.deployed(), node) for name, node in wanted.items()}
    beside = await _in_cluster(asked)
    places = asyncio.Semaphore(pods.AT_ONCE)

    async def ask(name: str) -> Part:
        async with places:
            return await _ask(_part(name, wanted[name], beside), wanted[name], ways[name], asked)

    found = Facts(parts=list(await asyncio.gather(*map(ask, wanted))))
    await _tell_alarms(found, asked, wanted.values())
    return found


async def _tell_alarms(found: Facts, asked: Asked, nodes: Iterable[ThetaNode]) -> None:
    """Of machines. A node in a cluster has those of the cluster."""
    names = [name for node in nodes for name in node.alarms]
    if not names:
        return
    try:
        found.alarms = await alarms.of_machines(asked.deployed().account(), names)
    except Unreachable as problem:
        found.notes.append(f"Which alarms of the machines ring is not known: {problem}")


async def _in_cluster(asked: Asked) -> dict[str | None, Part]:
    """What the pods of nodes in a cluster tell, by the pod's name."""
    if not asked.deployed().has_releases:
        return {}
    seen = await pods.look(replace(asked, parts=()))
    await pods.ask(seen, pods.nothing, asked.timeout)
    return {each.part.where.pod: each.part for each in seen}


def _part(name: str, node: ThetaNode, beside: Mapping[str | None, Part]) -> Part:
    pod = node.pod.rpartition("/")[2] if node.pod else None
    part = beside.get(pod) or Part(part=name, where=Where(pod=pod, machine=node.instance or node.group))
    part.part = name
    return part


async def _ask(part: Part, node: ThetaNode, way: Way, asked: Asked) -> Part:
    try:
        async with way.line(node, PORTS) as line:
            answers, machine = await asyncio.gather(line.ask(questions(asked.wait), asked.timeout), way.machine(node))
    except (Unreachable, BadInput) as problem:
        part.say("unreachable", str(problem))
        return part
    part.disk = machine.disk or part.disk
    return _told(part, report(part.part, answers, asked.wait, machine))


async def _ask_address(names: Sequence[str], urls: Mapping[int, str], asked: Asked) -> Part:
    """One node. Who answers at an address says nothing of what runs it."""
    if len(names) > 1:
        raise BadInput(f"An address is one node's: say which with --part, of {', '.join(names)}.")
    part = Part(part=names[0], where=Where(address=urls[EDGE_CORE_PORT]))
    async with at(urls) as line:
        answers = await line.ask(questions(asked.wait), asked.timeout)
    if why := unreached(answers):
        part.say("unreachable", f"nobody is reached at {urls[EDGE_CORE_PORT]}: {why}")
        return part
    return _told(part, report(names[0], answers, asked.wait, Machine()))


def addresses(given: Mapping[str, Sequence[str]]) -> dict[int, str]:
    """The URL of each port. The launcher is beside the edge core unless it is given too. Raises `BadInput`."""
    if "edgecore" not in given or any(len(urls) > 1 for urls in given.values()):
        raise BadInput("Of an edge node give edgecore once, and launcher beside it where that is elsewhere.")
    edge_core = _rpc(given["edgecore"][0], EDGE_CORE_PORT)
    beside = edge_core.copy_with(port=LAUNCHER_PORT)
    launcher = _rpc(given["launcher"][0], LAUNCHER_PORT) if "launcher" in given else beside
    return {EDGE_CORE_PORT: str(edge_core), LAUNCHER_PORT: str(launcher)}


def _rpc(value: str, port: int) -> httpx.URL:
    url = httpx.URL(value)
    return url.copy_with(port=url.port or port, path="/rpc" if url.path in ("", "/") else url.path)


def _told(part: Part, found: Report) -> Part:
    part.runs, part.height, part.peers = found.version or part.runs, found.height, found.peers
    part.say("unhealthy", *found.problems)
    part.details = {
        key: value for key, value in found.model_dump(mode="json", by_alias=True).items() if key not in _COMMON
    }
    jobs = found.jobs
    part.shown = {
        "new blocks": found.blocks,
        "chain": found.chain_id,
        "version": found.version,
        "up": None if found.uptime is None else str(timedelta(seconds=found.uptime)),
        "jobs": f"{jobs.count}, {jobs.errored} errored" if jobs else None,
        "last job": output.moment(jobs.last_end_time) if jobs else None,
    }
    return part
