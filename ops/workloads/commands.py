"""What operators do with one part of a stack, whatever its component: logs, restart, stop, start, shell, exec; and
history."""

import re
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from .. import output, stacks
from ..cli import App
from ..errors import BadInput, Unhealthy
from ..options import Json, StackName, Yes
from ..reach import kubectl, processes
from ..stacks import Stack
from . import history as histories
from . import logs as lines
from . import machines
from .cluster import Cluster
from .meanings import ON_MACHINES, absence, of_chain
from .rolling import Pace, replace
from .tasks import Kind, Pod, Task

app = App()

TaskName = Annotated[
    str, typer.Argument(help="The part, such as miner-0, themis, nodeos-bp-1 or edge-1.", metavar="PART")
]
# A login shell of the image's, or of any.
_SHELL = ("sh", "-c", "command -v bash >/dev/null && exec bash || exec sh")
_DURATION = re.compile(r"(\d+(\.\d+)?(h|m|s))+")


@app.command()
def logs(
    context: typer.Context,
    stack: StackName,
    task: Annotated[str | None, typer.Argument(help="Of this part. Default: of all.", metavar="PART")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    since: Annotated[str | None, typer.Option(help="Only lines of this last time, such as 90s, 10m or 2h.")] = None,
    tail: Annotated[
        int | None, typer.Option(min=0, help="How many of the last lines of a pod. Default: 200, or all with --since.")
    ] = None,
    grep: Annotated[str | None, typer.Option(help="Only lines in which this regular expression is found.")] = None,
    previous: Annotated[bool, typer.Option("--previous", "-p", help="Of the container that ran before.")] = False,
    container: Annotated[
        str | None, typer.Option("--container", "-c", help="Of this container. Default: the part's own.")
    ] = None,
) -> None:
    """Show the log of a part, or of all parts of a stack.

    Of several pods each line says which pod said it. On a machine it is the journal of the unit that runs the node.
    """
    if follow and previous:
        raise BadInput("--previous is of a container that has ended: --follow has nothing to wait for.")
    if since and not _DURATION.fullmatch(since):
        raise BadInput(f"--since must be a time such as 90s, 10m or 2h, not {since}.")
    wish = lines.Wish(follow, since, tail, _pattern(grep), previous, container)
    deployed = stacks.read(stack, context.obj)
    if on_machines := machines.chosen(deployed, task):
        machines.show_logs(on_machines, wish)
        return
    cluster = _cluster_of(deployed, context)

    async def show() -> None:
        await lines.show([await cluster.task(task)] if task else await cluster.look(), wish)

    processes.run(show())


@app.command()
def restart(
    context: typer.Context,
    stack: StackName,
    task: TaskName,
    clean: Annotated[bool, typer.Option("--clean", help="Begin without the chain data that are on its disk.")] = False,
    yes: Yes = False,
) -> None:
    """Delete a part's pods, so that others are made; on a machine restart the unit that runs the node.

    What is on the disk stays, and so do keys. Several pods are replaced one at a time. With --clean a node begins
    without its chain data; this is for nodes that can get them from others.
    """
    deployed = stacks.read(stack, context.obj)
    if on_machine := machines.find(deployed, task):
        if clean:
            raise BadInput(f"{task} is on a machine, which has no clean start.")
        output.confirm(f"{task} is restarted. {of_chain(*ON_MACHINES)} Go on?", yes)
        on_machine.restart()
        return
    cluster = _cluster_of(deployed, context)
    found = processes.run(cluster.task(task))
    if not found.kind.scales:
        raise BadInput(f"{task} runs by a schedule: there is nothing to restart.")
    if not found.pods:
        raise Unhealthy(f"{task} has no pod: {found.state}. `nodeyard start {stack} {task}` starts it.")
    files = {pod: _clean_start(task, pod) for pod in found.pods} if clean else {}
    lost = "Its chain data are removed, and it gets them anew." if clean else ""
    output.confirm(" ".join(filter(None, [f"{task} is restarted.", absence(found), lost, "Go on?"])), yes)

    async def work() -> None:
        for pod, file in files.items():
            await cluster.run(pod, ["touch", file])
        if len(found.pods) == 1:  # it may take days to be ready
            await cluster.delete(found.pods[0])
            return
        for pod in found.pods:
            await replace(cluster, found, pod, Pace())

    processes.run(work())
    output.note(f"{task} restarts. `nodeyard logs {stack} {task} --follow` shows how.")


@app.command()
def stop(context: typer.Context, stack: StackName, task: TaskName, yes: Yes = False) -> None:
    """Scale a part to no pod. Its disk, its keys and its place stay."""
    cluster = _cluster(context, stack)
    found = _scalable(processes.run(cluster.task(task)))
    if not found.replicas:
        output.note(f"{task} is stopped already.")
        return
    output.confirm(" ".join(filter(None, [f"{task} is stopped until it is started.", absence(found), "Go on?"])), yes)
    processes.run(cluster.scale(found, 0))
    back = f" --replicas {found.replicas}" if found.replicas > 1 else ""
    output.note(
        f"{task} had {_pods(found)}, and stops. `nodeyard start {stack} {task}{back}` starts it. An `up` that "
        "changes the release starts it too; one that changes nothing leaves it stopped."
    )


@app.command()
def start(
    context: typer.Context,
    stack: StackName,
    task: TaskName,
    replicas: Annotated[int, typer.Option(min=1, help="How many pods. `stop` said how many there were.")] = 1,
) -> None:
    """Scale a part that was stopped to its pods again."""
    cluster = _cluster(context, stack)
    found = _scalable(processes.run(cluster.task(task)))
    if found.kind is Kind.STATEFUL_SET and replicas > 1:
        raise BadInput(f"{task} may run once: it has one pod.")
    if found.replicas:
        output.note(f"{task} is started already, with {_pods(found)}.")
        return
    processes.run(cluster.scale(found, replicas))
    output.note(
        f"{task} starts. `nodeyard logs {stack} {task} --follow` shows how. The next `up` that changes the release "
        "gives it as many pods as the stack file says."
    )


@app.command()
def shell(
    context: typer.Context,
    stack: StackName,
    task: TaskName,
    container: Annotated[
        str | None, typer.Option("--container", "-c", help="In this container. Default: the part's own.")
    ] = None,
) -> None:
    """Open a shell in a part's container, or on its machine. Exits as the shell does.

    A machine is reached by the command that the stack's outputs name. On Azure, which has no session without inbound,
    each line is a script of its own, run as root.
    """
    deployed = stacks.read(stack, context.obj)
    if on_machine := machines.find(deployed, task):
        if container:
            raise BadInput(f"{task} is on a machine: --container is of pods.")
        on_machine.shell()
        return
    _run_in(_cluster_of(deployed, context), task, container, _SHELL)


@app.command("exec", context_settings={"ignore_unknown_options": True})
def exec_(
    context: typer.Context,
    stack: StackName,
    task: TaskName,
    command: Annotated[list[str], typer.Argument(help="The command and its words, behind --.", metavar="-- COMMAND")],
    container: Annotated[
        str | None, typer.Option("--container", "-c", help="In this container. Default: the part's own.")
    ] = None,
) -> None:
    """Run a command in a part's container, with this terminal. Exits as the command does."""
    _run_in(_cluster(context, stack), task, container, command)


@app.command()
def history(
    context: typer.Context,
    stack: StackName,
    part: Annotated[
        str | None, typer.Argument(help="Only values whose path names this part. Default: all.", metavar="PART")
    ] = None,
    json: Json = False,
) -> None:
    """Show the last updates of a stack and of its releases, and the values that the last one changed.

    No secret is shown.
    """
    deployed = stacks.read(stack, context.obj)
    kubectl.use_cluster_of(deployed, context)
    with output.progress(f"Asking for the history of {stack}"):
        found = processes.run(histories.read(deployed, context.obj))
    if part:
        found = histories.of_part(found, part)
        if not (found.configuration or any(each.changes for each in found.releases)):
            output.note(f"No value that changed names {part}.")
    histories.show(stack, found, json)


def _run_in(cluster: Cluster, task: str, container: str | None, command: Sequence[str]) -> None:
    """On this terminal."""
    pod = processes.run(cluster.task(task)).running()
    if container and container not in pod.containers:
        raise BadInput(f"{task} has no container {container}. It has: {', '.join(pod.containers)}.")
    terminal = ["--tty"] if sys.stdin.isatty() and sys.stdout.isatty() else []
    options = ["--stdin", *terminal, "--container", container or pod.container]
    code = processes.run(processes.attached(pod.kubectl("exec", *options, "--", *command)))
    if code:
        raise typer.Exit(code)


def _cluster(context: typer.Context, stack: str) -> Cluster:
    return _cluster_of(stacks.read(stack, context.obj), context)


def _cluster_of(deployed: Stack, context: typer.Context) -> Cluster:
    kubectl.use_cluster_of(deployed, context)
    return Cluster(deployed)


def _pattern(grep: str | None) -> re.Pattern[str] | None:
    try:
        return None if grep is None else re.compile(grep)
    except re.error as error:
        raise BadInput(f"--grep is no regular expression: {error}.") from None


def _scalable(task: Task) -> Task:
    if not task.kind.scales:
        raise BadInput(f"{task.name} runs by a schedule: it is switched off in the stack file.")
    return task


def _pods(task: Task) -> str:
    return f"{task.replicas} pod{'s' * (task.replicas > 1)}"


def _clean_start(task: str, pod: Pod) -> str:
    """The file that asks for a clean start. Raises `BadInput` and `Unhealthy`."""
    if not pod.clean_start:
        raise BadInput(f"{task} has no clean start: what is on its disk cannot be had from others.")
    if not pod.is_running or pod.is_deleting:
        raise Unhealthy(
            f"{task} does not run (pod {pod.name} is {pod.phase}), so that no clean start can be asked for."
        )
    return pod.clean_start
