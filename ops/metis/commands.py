"""`nodeyard metis`: a sequencer's keys, whether it may lock, and snapshots of its chain data."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from .. import metis_keys, output, snapshots, stacks
from ..cli import App
from ..errors import BadInput, Unhealthy, Unreachable
from ..options import Json, StackName, Yes
from ..reach import processes
from ..secrets import commands as secrets
from ..status.asked import Asked
from ..status.look import look
from .gates import Gates

app = App(help="Look after Metis sequencers.")

_SNAPSHOTS = ("l2geth", "l1dtl")
"""Of whose disks there may be snapshots: those that the schedule takes too."""
# The secret that each file's content goes into.
_SECRETS = {
    metis_keys.NODE_FILE: "nodeKey",
    metis_keys.VALIDATOR_FILE: "privValidatorKey",
    metis_keys.SEQ_PRIV_FILE: "seqPriv",
}


@app.command()
def keys(
    context: typer.Context,
    stack: StackName,
    read: Annotated[
        Path | None,
        typer.Option(help="Use the keys in this directory, or in the `config` of a themisd home.", file_okay=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where new keys are written; if not given, ~/.nodeyard/STACK.", file_okay=False)
    ] = None,
    name: Annotated[str | None, typer.Option(help="The sequencer's name in the register.")] = None,
    description: Annotated[str | None, typer.Option(help="A sentence about you in the register.")] = None,
    address: Annotated[str | None, typer.Option(help="The whitelisted address that locks METIS.")] = None,
    url: Annotated[str | None, typer.Option(help="Your page, https://...")] = None,
    yes: Yes = False,
) -> None:
    """Make or read a sequencer's keys, put them into the store, and print what the register of sequencers wants.

    Writes node_key.json, priv_validator_key.json and seq-priv.txt, for their owner only. Overwrites nothing, neither a
    file nor a secret. The register's entry is what stands on stdout.
    """
    if read and out:
        raise BadInput("--read uses keys that exist and --out makes new ones: give one of them.")
    metis_keys.check_entry(name=name, desc=description, address=address, url=url)
    stored = secrets.keys_of(stack, context.obj)
    stored.stack.require("sequencer's keys", "metis")
    # Before a key is written, of which nobody would know whether it is in the store.
    output.require_terminal(yes, "The keys go into the store after a question. ")
    _check_empty(stored)
    made = metis_keys.read(read) if read else _make(out or Path.home() / ".nodeyard" / stack, stored)
    _check_expected(stored, made, read)
    output.note(f"Node id: {made.node_id}. Back the keys up: whoever has them is this validator.")
    output.as_json(metis_keys.entry(made, name=name, desc=description, address=address, url=url))
    output.note(
        "Add this to sequencers/1088/all.json (Andromeda) or sequencers/59902/all.json (Sepolia) of "
        "github.com/MetisProtocol/metis-sequencer-resources, and to the stack file: "
        f"sequencerAddress {made.address}, validatorPublicKey {made.public_key}."
    )
    output.confirm(f"Put {', '.join(_SECRETS.values())} into the secret store of {stack}?", yes)
    for file, text in made.files().items():
        stored.put(_SECRETS[file], SecretStr(text))


@app.command("lock-check")
def lock_check(
    context: typer.Context,
    stack: StackName,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds that one request may take.")] = 10,
    json: Json = False,
) -> None:
    """Say whether METIS may be locked on L1 now, by the three sync gates and by what is missing or wrong, and why not.

    Exits 0 for yes, 1 for no, 3 when a gate could not be asked and nothing is known to speak against it.
    """
    deployed = stacks.read(stack, context.obj)
    deployed.require("sync gates", "metis")
    facts = look(Asked(deployed, timeout=timeout), context)
    if "readyToLock" not in facts.details:
        raise BadInput(f"Stack {stack} does not say that it is a sequencer's: it has no output `component`.")
    gates = Gates.model_validate(facts.details)
    if json:
        output.result(stack, gates, notes=facts.notes)
    else:
        words = {True: "open", False: "shut", None: "not known"}
        output.table(["gate", "state", "why"], [[each.name, words[each.open], each.why] for each in gates.gates])
        output.notes(facts.notes)
    if gates.ready_to_lock is None:
        raise Unreachable(gates.sentence)
    if not gates.ready_to_lock:
        raise Unhealthy(gates.sentence)
    output.note(gates.sentence)


@app.command()
def snapshot(
    context: typer.Context,
    stack: StackName,
    part: Annotated[
        list[str] | None,
        typer.Option("--part", "-p", help="Only of the disk of l2geth, or of l1dtl; may be given again."),
    ] = None,
    json: Json = False,
) -> None:
    """Make a snapshot of the disks of l2geth and l1dtl, by the cloud's own API, and print what `seedFrom` takes.

    Of replicas it is of the first one. It is asked for, and not waited for. Nothing is stopped: a snapshot has what is
    on the disk at that moment.
    """
    wanted = part or list(_SNAPSHOTS)
    if "themis" in wanted:
        raise BadInput(
            "themis' disk has the signing state. A validator that starts from an old one can sign twice: there is no "
            "snapshot of it."
        )
    if unknown := [each for each in wanted if each not in _SNAPSHOTS]:
        raise BadInput(f"There are snapshots of {' and '.join(_SNAPSHOTS)}, and not of {', '.join(unknown)}.")
    deployed = stacks.read(stack, context.obj)
    deployed.require("disks of a chain of Metis'", "metis", "metis_replica")
    disks = snapshots.disks_of(deployed.account())
    (release,) = deployed.releases()
    ids = snapshots.chosen(snapshots.disk_ids(stacks.state(stack, context.obj)), release, wanted)

    async def make(name: str, disk: str) -> snapshots.Snapshot:
        made, state = await disks.snapshot(disk, snapshots.name_of(release, name), f"{name} of {stack}, by nodeyard")
        return snapshots.Snapshot(part=name, disk=disk, snapshot=made, state=state)

    async def make_all() -> list[snapshots.Snapshot]:
        return list(await asyncio.gather(*(make(name, disk) for name, disk in ids.items())))

    with output.progress("Asking for snapshots"):
        found = processes.run(make_all())
    if json:
        output.result(stack, found)
        return
    output.table(["part", "snapshot", "state", "disk"], [[e.part, e.snapshot, e.state, e.disk] for e in found])
    output.note("A disk is made of one by `l2geth.seedFrom` or `l1dtl.seedFrom`, once the cloud has completed it.")


def _check_empty(stored: secrets.Keys) -> None:
    full = [key for key in _SECRETS.values() if stored.store.filled(stored.id_of(key))]
    if full:
        raise BadInput(
            f"{', '.join(full)} already holds a value. "
            f"`nodeyard secrets set {stored.stack.name} KEY --file FILE` takes key files that exist, one at a time."
        )


def _make(directory: Path, stored: secrets.Keys) -> metis_keys.Keys:
    if stored.stack.outputs.get("validatorPublicKey"):
        raise BadInput("The stack file names a validatorPublicKey, whose key exists: give its directory with --read.")
    made = metis_keys.make()
    metis_keys.write(made, directory)
    output.note(f"Written: {', '.join(str(directory / name) for name in metis_keys.FILES)}.")
    return made


def _check_expected(stored: secrets.Keys, made: metis_keys.Keys, read: Path | None) -> None:
    expected = str(stored.stack.outputs.get("validatorPublicKey") or "")
    if expected and expected.lower().removeprefix("0x") != made.public_key.removeprefix("0x"):
        raise BadInput(f"{read} holds the key {made.public_key}, and the stack file names {expected}.")
