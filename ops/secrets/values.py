"""How a value comes in: a hidden prompt, a file or stdin. Never a command line or an environment: others see those."""

import errno
import sys
from collections.abc import Callable
from pathlib import Path

import typer
from pydantic import SecretStr

from .. import output
from ..errors import BadInput

STDIN = Path("-")
LIMIT_BYTES = 64 * 1024
"""What AWS and Google Cloud take; Azure takes 25,000 bytes and says so itself."""
_MARK = "\ufeff"
_NO_FILE = (
    "There is no file where you said that one is. What you gave is not repeated, since it may be a secret: a secret "
    "comes from a prompt, a file or stdin."
)


def from_file(path: Path, keep_newline: bool) -> SecretStr:
    """The text of a file, or of stdin for `-`, without the one line end that editors and `echo` put last.

    Raises `BadInput` when it cannot be read, is no text in UTF-8, is too large for every store, or is empty.
    """
    try:
        text = _read(path).decode()
    except FileNotFoundError:
        raise BadInput(_NO_FILE) from None
    except OSError as error:
        raise BadInput(_NO_FILE if error.errno == errno.ENAMETOOLONG else f"{path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not UTF-8 text.") from None
    if not keep_newline:
        text = text.removesuffix("\r\n" if text.endswith("\r\n") else "\n")
    return _checked(str(path), text)


def _read(path: Path) -> bytes:
    """No more than shows that it is too much."""
    if path == STDIN:
        return sys.stdin.buffer.read(LIMIT_BYTES * 2)
    with path.open("rb") as file:
        return file.read(LIMIT_BYTES * 2)


def _checked(source: str, text: str) -> SecretStr:
    if not text.strip():
        raise BadInput(f"{source} holds no value.")
    if len(text.encode()) > LIMIT_BYTES:
        raise BadInput(f"{source} holds more than {LIMIT_BYTES} bytes, and no store takes that.")
    if text.startswith(_MARK):
        raise BadInput(f"{source} begins with a byte order mark, which would be part of the value: save it without.")
    if "\0" in text:
        raise BadInput(f"{source} holds a NUL byte: it is no text.")
    return SecretStr(text)


def from_prompt(key: str, problem: Callable[[str], str], may_skip: bool = False) -> SecretStr | None:
    """Asked for twice, unseen, until there is no `problem` with it. None when the operator skips it."""
    if not sys.stdin.isatty():
        raise BadInput(f"No terminal to ask for {key} on: give --file FILE, or --file - for stdin.")
    question = f"{key} (hidden{', empty skips it' if may_skip else ''})"
    while True:
        value = typer.prompt(
            question,
            default="" if may_skip else None,
            show_default=False,
            hide_input=True,
            confirmation_prompt=f"{key} again",
            err=True,
        )
        if not value:
            return None
        checked = _checked(key, value)
        if not (wrong := problem(value)):
            return checked
        output.note(f"{key} {wrong}.")
