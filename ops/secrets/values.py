"""How a value comes in: a hidden prompt, a file or stdin. Never a command line or an environment: others see those."""

import sys
from pathlib import Path

import typer
from pydantic import SecretStr

from ..errors import BadInput

STDIN = Path("-")


def from_file(path: Path, keep_newline: bool) -> SecretStr:
    """The text of a file, or of stdin for `-`, without the one line end that editors and `echo` put last.

    Raises `BadInput` when it cannot be read, is not UTF-8 or is empty.
    """
    try:
        data = sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
        text = data.decode()
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not UTF-8 text.") from None
    if not keep_newline:
        text = text.removesuffix("\n").removesuffix("\r")
    if not text.strip():
        raise BadInput(f"{path} holds no value.")
    return SecretStr(text)


def from_prompt(key: str, may_skip: bool = False) -> SecretStr | None:
    """Asked for twice, unseen. None when the operator skips it."""
    if not sys.stdin.isatty():
        raise BadInput(f"No terminal to ask for {key} on: give --file FILE, or --file - for stdin.")
    question = f"{key} (hidden{', empty skips it' if may_skip else ''})"
    value = typer.prompt(
        question,
        default="" if may_skip else None,
        show_default=False,
        hide_input=True,
        confirmation_prompt=f"{key} again",
        err=True,
    )
    return SecretStr(value) if value else None
