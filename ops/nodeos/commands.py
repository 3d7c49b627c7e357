"""`nodeyard nodeos`: switching who produces, upgrades, backups, restores and reloads."""

import shlex
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import typer
from pydantic import SecretStr

from .. import output, stacks
from ..cli import App
from ..errors import BadInput
from ..options import StackName, Yes
from ..reach import kubectl, processes
from ..stacks import NodeosCluster, Stack
from . import errands, switch, upgrade
from .place import opened, token_of
from .world import Plan, World, carry_out, foresee

app = App(help="Look after a cluster of block producers (nodeos).")
T = TypeVar("T")

TokenFile = Annotated[
    Path | None,
    typer.Option(help="File with the managers' token, - for stdin. Without it the stack's secret is read."),
]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds that one request may take.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]
Lost = Annotated[
    list[str] | None,
    typer.Option(help="An ordinal that does not answer, whose machine is off for certain; may be given again."),
]
Producer = Annotated[
    list[str] | None, typer.Option(help="Our name in the chain's schedule, for `actfinkey`; may be given again.")
]
Patience = Annotated[float, typer.Option(min=1, help="Seconds in which a pod that starts anew has to catch up.")]
Signing = Annotated[float, typer.Option(min=0, help="Seconds that a transaction that you sign is waited for.")]
OrdinalName = Annotated[str | None, typer.Option(help="Of this ordinal. Default: a spare, or a standby.")]


@dataclass(frozen=True)
class Place:
    """A stack's cluster, and how it is reached."""

    stack: Stack
    cluster: NodeosCluster
    token: SecretStr
    timeout: float
    token_file: Path | None

    def again(self, command: str, *words: str) -> str:
        """The command that goes on where this one ends."""
        token = ["--token-file", str(self.token_file)] if self.token_file else []
        return shlex.join(["nodeyard", "nodeos", command, self.stack.name, *words, *token])

    def run(self, work: Callable[[World], Awaitable[T]]) -> T:
        async def reached() -> T:
            async with opened(self.cluster, self.token, self.timeout) as world:
                return await work(world)

        return processes.run(reached())

    def require_producer(self, ordinal: str | None) -> None:
        self.require(ordinal)
        if ordinal is not None and not self.cluster.ordinals[ordinal].may_produce:
            raise BadInput(f"{ordinal} is a spare of stack {self.stack.name} (mayProduce: false): it never produces.")

    def require(self, *ordinals: str | None) -> None:
        for ordinal in ordinals:
            if ordinal is not None and ordinal not in self.cluster.ordinals:
                known = ", ".join(self.cluster.ordinals)
                raise BadInput(f"Stack {self.stack.name} has no ordinal {ordinal}. It has: {known}.")


@app.command("switch-producer")
def switch_producer(
    context: typer.Context,
    stack: StackName,
    to: Annotated[str, typer.Option(help="The ordinal that is to produce, such as nodeos-bp-1.")],
    lost: Lost = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Then start anew, one by one, those that were told to pause.")
    ] = False,
    producer: Producer = None,
    pause_timeout: Annotated[
        float | None, typer.Option(min=1, help="Seconds in which the gap between two turns has to come.")
    ] = None,
    sign_wait: Signing = 600,
    restart_wait: Patience = 3600,
    dry_run: DryRun = False,
    yes: Yes = False,
    token_file: TokenFile = None,
    timeout: Timeout = 10,
) -> None:
    """Give the right to produce to another ordinal, so that never two produce.

    The standby has to be ready; the old producer is paused, which is verified, and gives its right up; the new one
    takes it and is resumed. It may be interrupted at any moment: the same command goes on from there.
    """
    place = _place(context, stack, token_file, timeout)
    place.require_producer(to)
    place.require(*(lost or []))
    wish = switch.Wish(
        to,
        tuple(lost or []),
        restart,
        producer or place.cluster.producers,
        sign_patience=sign_wait,
        back_patience=restart_wait,
        pause_timeout=pause_timeout,
    )
    vouched = [word for each in lost or [] for word in ("--lost", each)]
    again = place.again("switch-producer", "--to", to, *vouched, *(["--restart"] if restart else []))
    if wish.lost:
        vouched_for = switch.vouch(place.run(lambda world: world.look()), wish.lost, to, yes or dry_run)
        wish = replace(wish, lost=vouched_for)
    plan = partial(switch.next_step, wish=wish)
    if dry_run:
        _foresee(place, plan)
        return
    sight = place.run(lambda world: carry_out(world, plan, again))
    output.note(f"{to} produces when its turn comes, and nobody else does.")
    for note in switch.notes(sight, wish):
        output.note(note)


@app.command("upgrade")
def upgrade_(
    context: typer.Context,
    stack: StackName,
    image: Annotated[str, typer.Option(help="The image that the release has by now.")],
    to: Annotated[str | None, typer.Option(help="The ordinal that produces afterwards.", show_default=False)] = None,
    producer: Producer = None,
    sign_wait: Signing = 600,
    restart_wait: Patience = 3600,
    dry_run: DryRun = False,
    yes: Yes = False,
    token_file: TokenFile = None,
    timeout: Timeout = 10,
) -> None:
    """Start every ordinal anew with the released image: spares and standbys, one by one; a switch; the old producer.

    The release comes before: set images.manager in the stack file, and `pulumi up`. That restarts nothing. It may be
    interrupted at any moment: the same command goes on from there.
    """
    place = _place(context, stack, token_file, timeout)
    place.require_producer(to)
    wish = switch.Wish(
        to or "", (), True, producer or place.cluster.producers, sign_patience=sign_wait, back_patience=restart_wait
    )
    plan = partial(upgrade.next_step, upgrade=upgrade.Upgrade(image, wish))
    before = place.run(lambda world: world.look())
    upgrade.check(before, stack, image)
    if dry_run:
        _foresee(place, plan)
        return
    if len(before.producers) == 1 and before.producers[0].is_outdated:
        output.confirm(
            f"{before.producers[0].name} is the only ordinal that may produce. From its pause until its new pod has "
            "caught up, it makes no block and casts no vote: every turn meanwhile is missed. Go on?",
            yes,
        )
    again = place.again("upgrade", "--image", image, *(["--to", to] if to else []))
    place.run(lambda world: carry_out(world, plan, again))
    output.note(f"Every ordinal runs {image}.")


@app.command()
def backup(
    context: typer.Context,
    stack: StackName,
    ordinal: OrdinalName = None,
    snapshot: Annotated[
        bool, typer.Option("--snapshot", help="Of the chain's state alone, while nodeos runs.")
    ] = False,
    token_file: TokenFile = None,
    timeout: Timeout = 10,
) -> None:
    """Copy an ordinal's whole data directory into the bucket; nodeos is stopped meanwhile."""
    place = _place(context, stack, token_file, timeout)
    place.require(ordinal)
    command = "snapshot" if snapshot else "backup"
    with output.progress(f"The {command} runs"):
        output.text(place.run(lambda world: errands.store(world, ordinal, command)))


@app.command()
def restore(
    context: typer.Context,
    stack: StackName,
    ordinal: Annotated[str, typer.Option(help="The ordinal whose data are replaced.")],
    source: Annotated[Literal["snapshot", "backup"], typer.Option(help="What it starts from.")] = "snapshot",
    name: Annotated[str | None, typer.Option(help="Which one. Default: the newest.", show_default=False)] = None,
    yes: Yes = False,
    token_file: TokenFile = None,
    timeout: Timeout = 10,
) -> None:
    """Replace an ordinal's data by a snapshot or a backup of the bucket. It must not have the right to produce."""
    place = _place(context, stack, token_file, timeout)
    place.require(ordinal)
    what = name or f"the newest {source}"
    output.confirm(f"What {ordinal} has on its disk is replaced by {what}. Go on?", yes)
    with output.progress(f"{ordinal} restores {what}"):
        output.text(place.run(lambda world: errands.restore(world, ordinal, source, name)))


@app.command()
def reload(
    context: typer.Context,
    stack: StackName,
    everyone: Annotated[bool, typer.Option("--all", help="Also those whose configuration has not changed.")] = False,
    restart_wait: Patience = 3600,
    dry_run: DryRun = False,
    token_file: TokenFile = None,
    timeout: Timeout = 10,
) -> None:
    """Start nodeos anew where its configuration has changed: the standbys one by one, then the producer in its gap."""
    place = _place(context, stack, token_file, timeout)
    plan = partial(errands.reload_step, everyone=everyone, patience=restart_wait)
    if dry_run:
        _foresee(place, plan)
        return
    again = place.again("reload", *(["--all"] if everyone else []))
    place.run(lambda world: carry_out(world, plan, again))
    output.note("No reload is pending.")


def _foresee(place: Place, plan: Plan) -> None:
    steps = foresee(place.run(lambda world: world.look()), plan)
    output.text("\n".join(f"{number}. {step.what}" for number, step in enumerate(steps, 1)) or "Nothing is to be done.")


def _place(context: typer.Context, name: str, token_file: Path | None, timeout: float) -> Place:
    stack = stacks.read(name, context.obj)
    cluster = stack.nodeos()
    kubectl.use_cluster_of(stack, context)
    return Place(stack, cluster, token_of(stack, token_file), timeout, token_file)
