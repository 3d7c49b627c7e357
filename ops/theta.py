"""`nodeyard theta`: how a stack's edge nodes are, their logs, a restart, a shell."""

import asyncio
import os
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Annotated

import httpx
import typer

from . import output, stacks
from .errors import BadInput, Unhealthy, Unreachable
from .reach import Line, Way, way_of
from .reach.http import at
from .reach.processes import run
from .secrets.commands import Json, StackName
from .stacks import Stack, ThetaNode
from .theta_rpc import EDGE_CORE_PORT, LAUNCHER_PORT, PORTS, Report, questions, report

UNIT = "theta-edge-node"
"""The systemd unit that runs the container."""
# Each takes one process of a cloud's command line and more, and those are not small.
_NODES_AT_ONCE = 8
IN_CLUSTER = (
    "It is on no machine but in a cluster: look after it with kubectl, and for its status forward its ports "
    "(kubectl port-forward POD 17888 15888) and give --address."
)
_STARTED = ("active", "activating", "reloading")

app = typer.Typer(no_args_is_help=True, help="Look after Theta edge nodes.")

NodeName = Annotated[str, typer.Argument(help="Name of the node, as in the stack file.", metavar="NODE")]


@app.command()
def status(
    context: typer.Context,
    stack: StackName,
    node: Annotated[str | None, typer.Option("--node", "-n", help="Only this node.")] = None,
    address: Annotated[
        str | None,
        typer.Option(help="Ask the edge core here instead of through the cloud, as in http://10.0.1.5:17888."),
    ] = None,
    launcher: Annotated[
        str | None, typer.Option(help="Where the launcher is, with --address; if not given, port 15888 beside it.")
    ] = None,
    wait: Annotated[float, typer.Option(min=1, help="Seconds in which the height has to grow.")] = 20,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds that one request may take.")] = 10,
    json: Json = False,
) -> None:
    """Ask every node for its height, peers, chain, version and jobs.

    Healthy: edge core and launcher answer, the height grows within --wait, and there is a peer. Exits 0 when every node
    is healthy, 1 when one is not, 3 when one could not be reached and none is known to be unhealthy.
    """
    if launcher and not address:
        raise BadInput("--launcher needs --address.")
    deployed = stacks.read(stack, context.obj)
    nodes = {node: _node(deployed, node)} if node else deployed.nodes()
    urls = _urls(address, launcher) if address else None
    if urls and len(nodes) > 1:
        raise BadInput(f"--address is one node's: say which with --node, of {', '.join(nodes)}.")
    with output.progress(f"Asking {len(nodes)} node{'s' * (len(nodes) > 1)}"):
        reports = run(_ask_all(None if urls else way_of(deployed.account()), nodes, urls, wait, timeout))
    _show(reports, json)
    _judge(reports)


@app.command()
def logs(
    context: typer.Context,
    stack: StackName,
    node: NodeName,
    lines: Annotated[int, typer.Option("--lines", min=1, help="How many of the last lines.")] = 200,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C. Not on Azure.")] = False,
) -> None:
    """Show the node's journal of the unit that runs the container."""
    deployed = stacks.read(stack, context.obj)
    found, way = _on_machine(_node(deployed, node)), way_of(deployed.account())
    journal = ["sudo", "journalctl", "--unit", UNIT, "--no-pager", "--lines", str(lines)]
    if follow:
        run(way.follow(found, [*journal, "--follow"]))
    else:
        output.text(run(way.run(found, journal)))


@app.command()
def restart(context: typer.Context, stack: StackName, node: NodeName) -> None:
    """Restart the container, which ends the job that it is at. Exits 1 when the unit does not come up."""
    deployed = stacks.read(stack, context.obj)
    state = run(_restart(way_of(deployed.account()), _on_machine(_node(deployed, node))))
    if state not in _STARTED:
        raise Unhealthy(f"{UNIT} on {node} is {output.clean(state)}.")
    output.note(f"{UNIT} on {node} is {state}. `nodeyard theta status {stack} --node {node}` says when it answers.")


@app.command()
def shell(context: typer.Context, stack: StackName, node: NodeName) -> None:
    """Open a shell on the node, by the command that the stack's outputs name."""
    found = _node(stacks.read(stack, context.obj), node)
    if not found.session:
        raise BadInput(f"The stack's outputs name no session command for {node}.")
    # A shell, since the command may look the instance up. It is the stack's own output, as trusted as its program.
    os.execv("/bin/sh", ["/bin/sh", "-c", found.session])  # noqa: S606


async def _restart(way: Way, node: ThetaNode) -> str:
    # The unit counts as started when the node answers, which takes longer than a session should.
    await way.run(node, ["sudo", "systemctl", "restart", "--no-block", UNIT])
    await asyncio.sleep(1)
    printed = await way.run(node, ["systemctl", "show", "--property", "ActiveState", "--value", UNIT])
    lines = printed.split()
    return lines[-1] if lines else "in no state"


async def _ask_all(
    way: Way | None, nodes: Mapping[str, ThetaNode], urls: Mapping[int, str] | None, wait: float, timeout: float
) -> list[Report]:
    places = asyncio.Semaphore(_NODES_AT_ONCE)

    async def ask(name: str, node: ThetaNode) -> Report:
        async with places:
            try:
                async with at(urls) if urls else _through(way, node) as opened:
                    return report(name, await opened.ask(questions(wait), timeout), wait)
            except (Unreachable, BadInput) as problem:
                return Report(node=name, state="unreachable", problems=[str(problem)])

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(name, node)) for name, node in nodes.items()]
    return [task.result() for task in tasks]


def _through(way: Way | None, node: ThetaNode) -> AbstractAsyncContextManager[Line]:
    assert way is not None  # noqa: S101 - there is one whenever no address is given
    return way.line(_on_machine(node), PORTS)


def _on_machine(node: ThetaNode) -> ThetaNode:
    """The node, unless no machine of its own runs it."""
    if not node.instance and not node.group:
        raise BadInput(IN_CLUSTER)
    return node


def _node(stack: Stack, name: str) -> ThetaNode:
    nodes = stack.nodes()
    if name not in nodes:
        raise BadInput(f"Stack {stack.name} has no node {name}. It has: {', '.join(nodes)}.")
    return nodes[name]


def _urls(address: str, launcher: str | None) -> dict[int, str]:
    edge_core = _url("--address", address, EDGE_CORE_PORT)
    beside = edge_core.copy_with(port=LAUNCHER_PORT)
    return {
        EDGE_CORE_PORT: str(edge_core),
        LAUNCHER_PORT: str(_url("--launcher", launcher, LAUNCHER_PORT) if launcher else beside),
    }


def _url(option: str, value: str, port: int) -> httpx.URL:
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL as error:
        raise BadInput(f"{option}: {error}.") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise BadInput(f"{option} must be a URL such as http://10.0.1.5:{port}, not {value}.")
    return url.copy_with(port=url.port or port, path="/rpc" if url.path in ("", "/") else url.path)


def _show(reports: list[Report], json: bool) -> None:
    if json:
        output.as_json([report.model_dump() for report in reports])
        return
    columns = ["node", "state", "height", "new blocks", "peers", "chain", "version", "jobs", "last job", "problems"]
    output.table(columns, [_row(report) for report in reports])


def _row(report: Report) -> list[object]:
    jobs = report.jobs
    seen = [report.node, report.state, report.height, report.blocks, report.peers, report.chain_id, report.version]
    counted = f"{jobs.count}, {jobs.errored} errored" if jobs else None
    return [*seen, counted, _time(jobs.last_end_time) if jobs else None, "; ".join(report.problems)]


def _time(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return str(milliseconds)


def _judge(reports: list[Report]) -> None:
    states = Counter(report.state for report in reports)
    summary = ", ".join(f"{count} {state}" for state, count in states.items())
    if states["unhealthy"]:
        raise Unhealthy(f"{summary}.")
    if states["unreachable"]:
        raise Unreachable(f"{summary}.")
