"""`nodeyard metis`: a sequencer's keys."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from . import metis_keys, output
from .cli import App
from .errors import BadInput
from .options import StackName, Yes
from .secrets import commands as secrets

app = App(help="Look after Metis sequencers.")

# The secret that each file's content goes into.
_SECRETS = {
    metis_keys.NODE_FILE: "nodeKey",
    metis_keys.VALIDATOR_FILE: "privValidatorKey",
    metis_keys.SEQ_PRIV_FILE: "seqPriv",
}


@app.callback()
def metis() -> None:
    """Without it Typer would make the only command the group itself."""


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
