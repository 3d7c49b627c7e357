"""What is wrong with a file, and what the rules read it by. No value of the file is ever part of a finding."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel

Table = Mapping[str, Any]

# ``{{ env `NAME` }}``: what stands there is known to the node alone.
TEMPLATE: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)


class Finding(BaseModel):
    """One thing that is wrong."""

    severity: Literal["error", "warning"]
    """A warning is what the node takes, and an operator should know."""
    path: str
    """Of the key, as in `Players.1.PublicKey`; empty for the file itself."""
    message: str


def error(path: str, message: str) -> Finding:
    return Finding(severity="error", path=path, message=message)


def warning(path: str, message: str) -> Finding:
    return Finding(severity="warning", path=path, message=message)


def table(config: Table, name: str) -> Table:
    """A section, empty where there is none or it is no table; `_sections` says so."""
    found = config.get(name)
    return found if isinstance(found, dict) else {}


def has(config: Table, name: str) -> bool:
    """Whether there is such a section, with something in it or not."""
    return isinstance(config.get(name), dict)


def templated(value: object) -> bool:
    return isinstance(value, str) and bool(TEMPLATE.search(value))


def text_there(section: Table, path: str, key: str) -> Iterator[Finding]:
    """A string has to be there, and not be empty."""
    value = section.get(key)
    if value is None:
        yield error(f"{path}.{key}", "is missing")
    elif not isinstance(value, str):
        yield error(f"{path}.{key}", "is not a string")
    elif not value.strip():
        yield error(f"{path}.{key}", "is empty")


def whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def known_text(section: Table, key: str) -> str | None:
    """A string that is there and is no template."""
    value = section.get(key)
    return value if isinstance(value, str) and value.strip() and not templated(value) else None
