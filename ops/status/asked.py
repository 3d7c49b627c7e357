"""What `nodeyard status` was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..errors import BadInput
from ..stacks import Stack
from .facts import Facts


@dataclass(frozen=True)
class Asked:
    """A stack, or addresses, and how patiently they are asked."""

    stack: Stack | None
    at: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """URLs to ask instead of going through cloud or cluster, by what answers there."""
    missing: Sequence[str] = ()
    """What the operator still has to do."""
    parts: Sequence[str] = ()
    """Only these; all where there is none."""
    wait: float = 20
    """Seconds in which a height has to grow."""
    timeout: float = 10
    """Seconds that one request may take."""
    key_files: Sequence[Path] = ()
    """Files with the key that the parts want to see."""
    ca: Path | None = None
    info: str | None = None
    metrics: Sequence[str] = ()

    def deployed(self) -> Stack:
        """Raises `BadInput` where there are addresses alone."""
        if self.stack is None:
            raise BadInput("Give a stack, or addresses by --at NAME=URL.")
        return self.stack

    def only(self, names: Sequence[str]) -> list[str]:
        """Of these parts, the ones that were asked for. Raises `BadInput` for one that is not among them."""
        for wanted in self.parts:
            if wanted not in names:
                whose = f"Stack {self.stack.name}" if self.stack else "Nobody"
                raise BadInput(f"{whose} has no part {wanted}. It has: {', '.join(dict.fromkeys(names))}.")
        return [name for name in names if not self.parts or name in self.parts]


class Reader(Protocol):
    """What knows the parts of one component: a module of `readers`."""

    @property
    def PLACES(self) -> Mapping[str, int]:  # noqa: N802 - a module's constant
        """What may be asked at an address: its name, and its port unless the address says another one."""
        ...

    async def read(self, asked: Asked) -> Facts:
        """Asks every part. A part that does not answer is told as such. Raises `BadInput` for what cannot be asked,
        and `Unreachable` where nothing is known of any part."""
        ...
