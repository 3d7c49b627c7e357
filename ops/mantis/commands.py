"""`nodeyard mantis`: joining a network, keys by hand, upgrades, votes, and a chain or a backup that is stuck."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from .. import output, stacks
from ..cli import App
from ..errors import BadInput
from ..options import StackName, Yes
from ..reach import kubectl, processes
from ..secrets import values
from ..stacks import MantisNetwork
from ..workloads.cluster import Cluster
from ..workloads.rolling import Pace
from . import backup, miners, standstill, upgrade, votes
from . import genesis as genesis_

app = App(help="Look after a network of Ethereum Classic's kind (Mantis, core-geth).")
keys = App(help="Make nodes' keys by hand.")
app.add_typer(keys, name="keys")

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@app.command()
def join(
    context: typer.Context,
    stack: StackName,
    out: Annotated[
        Path | None, typer.Option(help="Where the files are written; if not given, ./STACK-node.", file_okay=False)
    ] = None,
    genesis: Annotated[
        Path | None, typer.Option(help="The network's genesis, - for stdin. Default: the cluster's.", dir_okay=True)
    ] = None,
    port_forward: Annotated[
        bool, typer.Option("--port-forward", help="Reach the miners through kubectl: the way to an internal network.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Write the configuration of a node on this machine that joins the network, and print the commands that run it.

    The genesis is held against the hash in the stack's outputs.
    """
    # Only this command needs the clients.
    from . import joining

    deployed = stacks.read(stack, context.obj)
    network = deployed.mantis()
    if not network.is_public and not port_forward:
        raise BadInput(
            f"{stack} is internal: nobody outside of its cluster reaches its nodes. --port-forward is a way."
        )
    kubectl.use_cluster_of(deployed, context)
    directory = (out or Path(f"{stack}-node")).absolute()
    text = _given(genesis) if genesis else processes.run(genesis_.read(network))
    found = joining.join(network, text, directory, port_forward)
    if present := [name for name in found.files if (directory / name).exists()]:
        output.confirm(f"{directory} has {', '.join(present)} already. Overwrite?", yes)
    _write(directory, found.files)
    output.note(f"Written to {directory}: {', '.join(found.files)}. This runs the node:")
    output.text("\n".join(found.commands))


@keys.command()
def generate(
    namespace: Annotated[
        str, typer.Argument(help="The network's name, which its namespace has too.", metavar="NAMESPACE")
    ],
    bootstrap: Annotated[
        int, typer.Argument(help="How many miners, all in all.", min=0, max=30, metavar="N_BOOTSTRAP")
    ],
    obft: Annotated[int, typer.Argument(help="How many checkpoint nodes, all in all.", min=0, max=5, metavar="N_OBFT")],
    out: Annotated[
        Path | None, typer.Option(help="Where the keys are; if not given, ~/.nodeyard/NAMESPACE.", file_okay=False)
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Make new keys in the place of those that are there.")
    ] = False,
    show: Annotated[bool, typer.Option("--show-secrets", help="Print the keys too, on a terminal as well.")] = False,
    yes: Yes = False,
) -> None:
    """Make the keys of a network's miners and checkpoint nodes by hand, each into a file for its owner only.

    A key that is there stays, so that a larger number makes the missing ones. Prints what everybody may know of each,
    and the lines that put the keys into the stack's file, encrypted.
    """
    from . import keys as made

    if not _NAMESPACE.fullmatch(namespace):
        raise BadInput(f"{namespace} is no name of a namespace: small letters, digits and hyphens, 63 at most.")
    directory = (out or Path.home() / ".nodeyard" / namespace).absolute()
    wanted = made.tasks(bootstrap, obft)
    present = [task for task in wanted if made.file_of(directory, task).exists()]
    if overwrite and present:
        output.confirm(
            f"{directory} has keys of {', '.join(present)}. With other keys they are other nodes with other accounts, "
            "and what is in the old ones is lost. Overwrite them?",
            yes,
        )
    found = made.generate(directory, wanted, overwrite)
    shown = [
        {**each.model_dump(by_alias=True), **({"key": made.secret_of(each).get_secret_value()} if show else {})}
        for each in found
    ]
    output.result(None, shown)
    output.note(f"The keys are in {directory}. Whoever has them is these nodes. In the project's directory:")
    for each in found:
        output.note(made.setting(each) + f" --stack {namespace}")


@app.command("upgrade")
def upgrade_(
    context: typer.Context,
    stack: StackName,
    stagger: Annotated[float, typer.Option(min=0, help="Seconds from one node to the next.")] = 1200,
    healthy_for: Annotated[float, typer.Option(min=0, help="Seconds that a new pod has to be ready.")] = 60,
    deadline: Annotated[float, typer.Option(min=1, help="Seconds in which a new pod has to be so.")] = 900,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
) -> None:
    """Replace the nodes that run an older template than `up` has released, one at a time: passive ones, then miners.

    It stops at the first that does not become healthy. It may be interrupted at any moment: the same command goes on
    from there.
    """
    cluster, _ = _reached(context, stack)
    if dry_run:
        old = upgrade.outdated(processes.run(cluster.look()))
        output.text(
            "\n".join(f"{number}. {task.name}" for number, task in enumerate(old, 1)) or "Nothing is to be done."
        )
        return
    rollout = upgrade.Rollout(Pace(healthy_for, deadline), stagger)
    count = processes.run(upgrade.roll(cluster, rollout))
    output.note(f"{count} node{'s were' if count != 1 else ' was'} replaced. No node runs an older template.")


@app.command()
def propose(
    context: typer.Context,
    stack: StackName,
    task: Annotated[str, typer.Argument(help="The miner, such as miner-5.", metavar="TASK")],
    remove: Annotated[bool, typer.Option("--remove", help="Let it sign no more.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds in which the votes have to be in blocks.")] = 300,
    yes: Yes = False,
) -> None:
    """Let the signers of a clique chain vote a miner in, which is not in the genesis, or out.

    More than half of the signers have to vote. Each vote counts once its signer has made a block.
    """
    cluster, network = _reached(context, stack)
    if network.client != "core-geth":
        raise BadInput(f"{stack} runs {network.client}, which has no votes: every miner mines.")
    what = "signs the chain no more" if remove else "signs the chain with the others"
    output.confirm(f"All signers vote that {task} {what}. Go on?", yes)
    output.note(processes.run(votes.propose(cluster, network, task, not remove, wait)))


@app.command("step-back")
def step_back(
    context: typer.Context,
    stack: StackName,
    miner: Annotated[
        str | None,
        typer.Argument(
            help="The miner that goes back. Default: of those that may, the one with the lightest block.",
            metavar="MINER",
        ),
    ] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds in which a higher block has to come.")] = 300,
    yes: Yes = False,
) -> None:
    """Take one miner a block back, where a clique chain stands still because two stand on blocks of their own.

    It looks twice, some periods apart. The miner parts from its peers, takes the other's block, and signs the next
    one. Where the chain moves, or no miner stands against another, nothing is changed.
    """
    cluster, network = _reached(context, stack)
    period = _clique_period(stack, network)
    if miner:
        miners.account(network, miner)
    running = processes.run(miners.running(cluster, network))
    with output.progress(f"Watching for {standstill.watched_seconds(period):g} seconds whether the chain moves"):
        sight = processes.run(standstill.watch(cluster, running, period))
    _show(sight, network)
    if sight.moved:
        output.note(f"The chain moves: {sight.moved} has another block than before. Nothing was changed.")
        return
    goes = standstill.chosen(sight, stack, miner)
    output.confirm(
        f"The chain stands still. {goes.name} goes one block back, parts from its peers, and takes another's block. "
        "Go on?",
        yes,
    )
    processes.run(standstill.step_back(cluster, goes))
    output.note(f"- {goes.name} went a block back. Its peers dial it again within about half a minute.")
    with output.progress(f"Waiting for a block above {sight.height}"):
        said = processes.run(standstill.goes_on(cluster, running, sight.height, wait))
    output.note(said)


@app.command("clean-backup-node")
def clean_backup_node(context: typer.Context, stack: StackName, yes: Yes = False) -> None:
    """Let the backup's own node begin its next run without chain data, for instance where they are broken.

    It is asked for in the run that waits for the node. Backups in the bucket stay.
    """
    cluster, _ = _reached(context, stack)
    pod = processes.run(backup.waiting(cluster))
    output.confirm(
        f"When the backup's node of {stack} starts again, all chain data on its disk are deleted, and it gets them "
        "anew from the other nodes. Backups in the bucket stay. Go on?",
        yes,
    )
    processes.run(backup.ask_for_clean_start(cluster, pod))
    output.note(f"The backup's node begins without chain data when it starts again. Pod {pod.name} goes on waiting.")


def _clique_period(stack: str, network: MantisNetwork) -> int:
    """Raises `BadInput` where the chain is none of clique's."""
    if network.client != "core-geth":
        raise BadInput(f"{stack} runs {network.client}, which has no clique: no miner has to go back.")
    period = genesis_.clique_period(processes.run(genesis_.read(network)))
    if period is None:
        raise BadInput(f"{stack} mines by ethash, where any miner may make the next block: none has to go back.")
    return period


def _show(sight: standstill.Sight, network: MantisNetwork) -> None:
    names = {told.address.lower(): name for name, told in network.tasks.items() if told.address}
    rows: list[list[object]] = []
    for each in sight.miners:
        if head := each.head:
            signer = (head.signer or "").lower()
            turn = "yes" if head.is_in_turn else "no"
            rows.append([each.name, head.number, head.hash, names.get(signer, signer), turn])
        else:
            rows.append([each.name, None, None, None, None])
    output.table(["miner", "block", "hash", "signed by", "in turn"], rows)


def _reached(context: typer.Context, stack: str) -> tuple[Cluster, MantisNetwork]:
    deployed = stacks.read(stack, context.obj)
    network = deployed.mantis()
    kubectl.use_cluster_of(deployed, context)
    return Cluster(deployed), network


def _given(genesis: Path) -> str:
    return values.from_file(genesis, keep_newline=True).get_secret_value()


def _write(directory: Path, files: Mapping[str, str]) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (directory / name).write_text(text)
    except OSError as error:
        raise BadInput(f"{error.filename or directory}: {error.strerror}.") from None
