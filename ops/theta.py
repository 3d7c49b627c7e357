"""`nodeyard theta`: how a stack's edge nodes are, their logs, a restart, a shell."""

import asyncio
import os
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

import httpx
import typer

from nodeyard.clouds.contract.platform import CloudName

from . import output, stacks
from .cli import App
from .errors import BadInput, Unhealthy, Unreachable
from .options import Json, StackName, StackNames
from .reach import LineByLine, Machine, Way, unreached, way_of
from .reach.http import at
from .reach.processes import run
from .stacks import Stack, ThetaNode
from .theta_rpc import EDGE_CORE_PORT, LAUNCHER_PORT, PORTS, Report, questions, report

# Each takes one process of a cloud's command line and more, and those are not small.
_NODES_AT_ONCE = 8
# A node takes up to a minute to stop, and the unit counts as started when it has asked for all that it needs.
_UNDER_WAY = ("active", "activating", "deactivating", "reloading", "restarting")

app = App(help="Look after Theta edge nodes.")

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

    Healthy: edge core and launcher answer, the height grows within --wait, there is a peer, and the
    machine's GPU answers. Exits 0 when every node is healthy, 1 when one is not, 3 when one could not be reached and
    none is known to be unhealthy.
    """
    if launcher and not address:
        raise BadInput("--launcher needs --address.")
    deployed = stacks.read(stack, context.obj)
    nodes = {node: _node(deployed, node)} if node else deployed.nodes()
    urls = _urls(address, launcher) if address else None
    if urls and len(nodes) > 1:
        raise BadInput(f"--address is one node's: say which with --node, of {', '.join(nodes)}.")
    with output.progress(f"Asking {len(nodes)} node{'s' * (len(nodes) > 1)}"):
        ways = {} if urls else {name: way_of(deployed, each, context) for name, each in nodes.items()}
        reports = run(_ask_all(ways, nodes, urls, wait, timeout))
    _show(stack, reports, json)
    _judge(reports)


@app.command()
def logs(
    context: typer.Context,
    stack: StackName,
    node: NodeName,
    lines: Annotated[int, typer.Option("--lines", min=1, help="How many of the last lines.")] = 200,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C. Not on Azure.")] = False,
) -> None:
    """Show the journal of the unit that runs the container, or in a cluster the container's log."""
    found, way = _reached(stack, node, context)
    if follow:
        run(way.follow(found, lines))
    else:
        output.text(run(way.logs(found, lines)))


@app.command()
def restart(context: typer.Context, stack: StackName, node: NodeName) -> None:
    """Restart the container, which ends the job that it is at. Exits 1 when it is neither up nor on its way."""
    found, way = _reached(stack, node, context)
    state = run(way.restart(found))
    if state not in _UNDER_WAY:
        raise Unhealthy(f"{node} is {output.clean(state)}.")
    output.note(f"{node} is {state}. `nodeyard theta status {stack} --node {node}` says when it answers.")


@app.command()
def shell(context: typer.Context, stack: StackName, node: NodeName) -> None:
    """Open a shell on the node, by the command that the stack's outputs name.

    On Azure, which has no session without inbound, each line is a script of its own, run as root.
    """
    found, way = _reached(stack, node, context)
    if isinstance(way, LineByLine):
        _line_by_line(way, found, node)
        return
    if not found.session:
        raise BadInput(f"The stack's outputs name no session command for {node}.")
    # A shell, since the command may look the instance up. It is the stack's own output, as trusted as its program.
    os.execv("/bin/sh", ["/bin/sh", "-c", found.session])  # noqa: S606


@app.command()
def dashboard(
    context: typer.Context,
    stack: StackNames = None,
    cloud: Annotated[
        list[CloudName] | None, typer.Option(help="Without a stack: only this cloud; may be given again. Default: all.")
    ] = None,
) -> None:
    """Print the Grafana dashboard of a fleet, over any number of stacks and clouds, as JSON to import.

    With stacks it asks their clouds alone, where their nodes are; without, where each data source looks by itself.
    """
    # Only this command needs the components, and with them Pulumi's SDK.
    from . import dashboard as fleet

    if stack and cloud:
        raise BadInput("Give stacks or --cloud: a stack's cloud is known.")
    if stack:
        scopes = fleet.scopes_of([stacks.read(name, context.obj) for name in stack])
    else:
        scopes = [fleet.Scope(name) for name in cloud or CloudName]
    output.as_json(fleet.dashboard(scopes))


def _line_by_line(way: LineByLine, node: ThetaNode, name: str) -> None:
    output.note("Every line is a script of its own and takes 20 seconds and more. Ctrl-D ends.")
    while line := output.line(f"{name}# "):
        if line.strip():
            # az takes a word that begins with @ for a file of this machine, and one that begins with - for an option.
            output.text(run(way.script(node, f" {line}")))


def _reached(stack: str, name: str, context: typer.Context) -> tuple[ThetaNode, Way]:
    deployed = stacks.read(stack, context.obj)
    node = _node(deployed, name)
    return node, way_of(deployed, node, context)


async def _ask_all(
    ways: Mapping[str, Way],
    nodes: Mapping[str, ThetaNode],
    urls: Mapping[int, str] | None,
    wait: float,
    timeout: float,
) -> list[Report]:
    places = asyncio.Semaphore(_NODES_AT_ONCE)

    async def ask(name: str, node: ThetaNode) -> Report:
        async with places:
            try:
                async with at(urls) if urls else ways[name].line(node, PORTS) as opened:
                    answers, machine = await asyncio.gather(
                        opened.ask(questions(wait), timeout), _unknown() if urls else ways[name].machine(node)
                    )
                    if urls and (why := unreached(answers)):
                        raise Unreachable(f"nobody is reached at {urls[EDGE_CORE_PORT]}: {why}")
                    return report(name, answers, wait, machine)
            except (Unreachable, BadInput) as problem:
                return Report(node=name, state="unreachable", problems=[str(problem)])

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(name, node)) for name, node in nodes.items()]
    return [task.result() for task in tasks]


async def _unknown() -> Machine:
    """Who answers at an address says nothing of what runs it."""
    return Machine()


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


def _show(stack: str, reports: list[Report], json: bool) -> None:
    if json:
        output.result(stack, reports)
        return
    known = ["node", "state", "height", "new blocks", "peers", "chain", "version"]
    output.table([*known, "up", "jobs", "last job", "problems"], [_row(report) for report in reports])


def _row(report: Report) -> list[object]:
    jobs = report.jobs
    seen = [report.node, report.state, report.height, report.blocks, report.peers, report.chain_id, report.version]
    counted = f"{jobs.count}, {jobs.errored} errored" if jobs else None
    up = None if report.uptime is None else str(timedelta(seconds=report.uptime))
    return [*seen, up, counted, output.moment(jobs.last_end_time) if jobs else None, "; ".join(report.problems)]


def _judge(reports: list[Report]) -> None:
    states = Counter(report.state for report in reports)
    summary = ", ".join(f"{count} {state}" for state, count in states.items())
    if states["unhealthy"]:
        raise Unhealthy(f"{summary}.")
    if states["unreachable"]:
        raise Unreachable(f"{summary}.")
