"""What of the state backend Pulumi's command line does not tell: who holds a lock, and the copy beside a state file."""

import json
import os
import re
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from .. import pulumi
from ..errors import BadInput
from ..private_file import put

_HELD = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<at>\S+)")
_COPIES = {"s3": "aws s3 cp", "gs": "gcloud storage cp"}


@dataclass(frozen=True)
class Lock:
    """What an operation writes before it begins, and removes when it ends."""

    user: str
    host: str
    pid: int
    at: str

    def __str__(self) -> str:
        return f"by {self.user}@{self.host}, process {self.pid}, since {self.at}"

    @property
    def is_left(self) -> bool:
        """Whether the process was on this machine, and is no more."""
        return self.host == socket.gethostname() and not _lives(self.pid)


def locks_told(said: str) -> list[Lock]:
    """The locks that an error of Pulumi's names."""
    return [Lock(held["user"], held["host"], int(held["pid"]), held["at"]) for held in _HELD.finditer(said)]


@dataclass(frozen=True)
class Files:
    """A stack in a backend of files: `file://`."""

    root: Path
    project: str
    stack: str

    def locks(self) -> Iterator[Lock]:
        for file in sorted((self.root / "locks/organization" / self.project / self.stack).glob("*.json")):
            with suppress(OSError, ValueError, LookupError, TypeError):  # removed meanwhile, or half written
                held = json.loads(file.read_text())
                yield Lock(held["username"], held["hostname"], int(held["pid"]), held["timestamp"])

    @property
    def state(self) -> Path:
        folder = self.root / "stacks" / self.project
        return next((path for path in folder.glob(f"{self.stack}.json.gz")), folder / f"{self.stack}.json")

    @property
    def copy(self) -> Path:
        return self.state.with_name(f"{self.state.name}.bak")

    @property
    def attributes(self) -> Path:
        """What Go's file buckets keep beside each file. Unlike the state, it is written in place."""
        return self.state.with_name(f"{self.state.name}.attrs")

    @property
    def has_state(self) -> bool:
        return self.state.exists() and self.state.stat().st_size > 0

    def put_back(self) -> Path:
        """Puts the copy in the state's place. Returns where the broken one is now. Raises `BadInput`."""
        broken, mode = self.state.with_name(f"{self.state.name}.broken"), stat.S_IMODE(self.copy.stat().st_mode)
        put(broken, self.state.read_bytes(), mode)
        put(self.state, self.copy.read_bytes(), mode)
        return broken


def files_of(name: str, directory: Path) -> Files | None:
    """None in every other backend."""
    url = urlsplit(_url(directory))
    if url.scheme != "file":
        return None
    *_, stack = name.split("/")
    return Files(Path(unquote(url.path)) / ".pulumi", _project(directory), stack)


def how_to_put_back(name: str, directory: Path) -> str:
    """What to do where the state is not in a file."""
    url = urlsplit(_url(directory))
    *_, stack = name.split("/")
    state = f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}/.pulumi/stacks/{_project(directory)}/{stack}.json"
    if url.scheme in _COPIES:
        return f"Pulumi's own copy lies beside it: `{_COPIES[url.scheme]} {state}.bak {state}` puts it back"
    if url.scheme == "azblob":
        return f"Pulumi's own copy lies beside it, at {state}.bak: `az storage blob copy start` puts it back"
    return f"`pulumi stack export --stack {name} --version N` has an older one, and `pulumi stack import` puts it back"


def _url(directory: Path) -> str:
    try:
        told: dict[str, Any] = json.loads(pulumi.backend(directory))
        return str(told["url"])
    except (ValueError, LookupError, TypeError):
        return ""


def _project(directory: Path) -> str:
    """The name of the project that the directory is in."""
    for place in (directory.resolve(), *directory.resolve().parents):
        file = place / "Pulumi.yaml"
        if file.exists() and (named := re.search(r"^name:\s*[\"']?([\w.-]+)", file.read_text(), re.MULTILINE)):
            return named[1]
    raise BadInput(f"There is no Pulumi.yaml in {directory.resolve()} or above: name the project's directory by -C.")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
