"""`nodeyard tsm keygen`, `apikey` and `card`: what a player has of its own, and what it tells the other players."""

import os
import secrets
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from nodeyard.tsm_node.card import Card, read_signed, sign, signer_of
from nodeyard.tsm_node.keys import key_hash, new_private_key, private_key_problem, public_key_of, public_key_problem

from . import output, stacks
from .errors import BadInput, Unhealthy
from .options import MaybeStackName
from .secrets import values

_SET: Final = "pulumi config set --secret --path 'nodeyard:secrets.privateKey'"
_API_KEY_BYTES: Final = 32


def keygen(
    out: Annotated[Path | None, typer.Option(help="Where the private key is written.", dir_okay=False)] = None,
) -> None:
    """Make a player's key: an EC key of the curve P-256, as the node's configuration has it.

    With --out the private key goes into a file that only its owner reads, and never over another one; the public key is
    what stands on stdout. Without --out the private key is what stands on stdout, for a pipe; a terminal never shows
    it.
    """
    if not out and sys.stdout.isatty():
        raise BadInput(f"A terminal does not show a private key: give --out FILE, or `nodeyard tsm keygen | {_SET}`.")
    key = new_private_key()
    if out:
        _write_new(out, key)
        output.note(
            f"Written: {out}. Back it up: whoever has it is this player. Your stack takes it by `{_SET} < {out}`."
        )
        output.text(public_key_of(key))
    else:
        typer.echo(key)
        output.note(f"Public key: {public_key_of(key)}")


def apikey() -> None:
    """Make an API key, and its hash for the stack file. The key is shown this once and kept nowhere."""
    key = secrets.token_urlsafe(_API_KEY_BYTES)
    output.result(None, {"key": key, "hash": key_hash(key)})
    output.note("The caller gets the key. The hash goes into the stack file, below `authentication`.")


def card(
    context: typer.Context,
    stack: MaybeStackName = None,
    key: Annotated[Path | None, typer.Option(help="File with the player's private key, - for stdin.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the card is written; if not given, stdout.", dir_okay=False)
    ] = None,
    check: Annotated[Path | None, typer.Option(help="Check the card in this file instead, - for stdin.")] = None,
    public_key: Annotated[
        str | None, typer.Option(help="The public key that --check expects, as the player's team told it to you.")
    ] = None,
) -> None:
    """Sign a player's card with its own key, for the other players, or check another player's card.

    A card is the public part of a player's stack: its number, address, public key, and the ranges that it calls from. A
    signed card is one line of text. --check prints what is in it, and exits 1 when it is not what it should be.
    """
    if bool(stack) == bool(check):
        raise BadInput("Give a stack or --check, one of them.")
    if check:
        if key or out:
            raise BadInput("--key and --out go with a stack: --check reads a card only.")
        _show_checked(check, public_key)
        return
    if not key or public_key:
        raise BadInput("A stack's card needs --key FILE, and --public-key goes with --check.")
    told = stacks.read(str(stack), context.obj).card()
    signed = _signed(told, key)
    if out:
        _write(out, signed)
    else:
        output.text(signed)
    output.note(
        f"The card of player {told['index']} at {told['address']}. The others check it with this public key, which you "
        f"tell them by another way: {told['public_key']}"
    )


def _signed(told: Card, file: Path) -> str:
    key = values.from_file(file, keep_newline=False).get_secret_value()
    if problem := private_key_problem(key):
        raise BadInput(f"{file} {problem}.")
    try:
        return sign(told, key)
    except ValueError as error:
        raise BadInput(f"{file}: {error}.") from None


def _show_checked(file: Path, public_key: str | None) -> None:
    if public_key and (problem := public_key_problem(public_key)):
        raise BadInput(f"--public-key {problem}.")
    text = values.from_file(file, keep_newline=False).get_secret_value()
    try:
        told = read_signed(text, public_key or signer_of(text))
    except ValueError as error:
        raise Unhealthy(f"{file} {error}.") from None
    output.as_json(told)
    if not public_key:
        output.note(
            "The signature is of the key that the card itself names. Only the player's team can say that it is theirs: "
            "compare it with what they told you, or give that with --public-key."
        )


def _write_new(path: Path, key: str) -> None:
    """For its owner only. Raises `BadInput` when it exists or cannot be written."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(handle)
    except FileExistsError:
        raise BadInput(f"{path} exists, and keys are never overwritten.") from None
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}.") from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}.") from None
