"""What may exist already, and is adopted or read in the place of something that is made."""

import re
from dataclasses import dataclass
from typing import Literal

Adoptable = Literal["address", "bucket", "database", "disk", "secret", "snapshot"]


@dataclass(frozen=True)
class IdForm:
    """The form of one kind of id."""

    pattern: re.Pattern[str]
    """What the whole id matches."""
    example: str
    """The form as an operator is told it."""

    def problem(self, id_: str) -> str:
        """Why `id_` can be none; empty when it can."""
        return "" if self.pattern.fullmatch(id_) else f"{id_!r} is no id of this kind: it has the form {self.example}"
