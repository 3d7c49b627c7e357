"""Which files of a mount a container's shell scripts read, by what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Item = dict[str, Any]


def files_read(container: Item, mounted_at: str, files: Mapping[str, str]) -> set[str]:
    """The files below `mounted_at` that the container cannot do without; `files` are those that it is given of
    ConfigMaps, by path."""
    found: set[str] = set()
    for text in texts(container, files):
        given = defaults(text) | {entry["name"]: entry.get("value", "") for entry in container.get("env") or []}
        found |= {resolved(name, given) for name in named(text, mounted_at, given)}
    return found


def resolved(name: str, given: Mapping[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda use: given.get(use[1], use[0]), name)


def texts(container: Item, files: Mapping[str, str]) -> Iterator[str]:
    """What it runs: its own command, and every script that this names."""
    command = [str(word) for word in [*(container.get("command") or []), *(container.get("args") or [])]]
    yield from command
    yield from (text for path, text in files.items() if path in " ".join(command))


def defaults(text: str) -> dict[str, str]:
    """`NAME=${NAME:-value}`, `: "${NAME:=value}"` and `NAME=value`, where nothing is to be worked out."""
    forms = (r"\$\{(\w+):[-=]([^{}$]*)\}", r"^(\w+)=([\w./-]+)$")
    return {name: value for form in forms for name, value in re.findall(form, text, re.MULTILINE)}


def named(text: str, mounted_at: str, given: Mapping[str, str]) -> Iterator[str]:
    """What stands behind the directory, however that is spelled; what is looked for with `-f` may be missing."""
    variables = [name for name, value in given.items() if value.rstrip("/") == mounted_at.rstrip("/")]
    directory = "|".join([re.escape(mounted_at.rstrip("/")), *(rf"\$\{{?{name}\}}?" for name in variables)])
    uses = set(re.findall(rf"(?:{directory})/([\w.${{}}-]+)", text))
    optional = set(re.findall(rf"-f \"?(?:{directory})/([\w.${{}}-]+)", text))
    for use in uses - optional:
        yield from arguments(text, int(use[1:])) if re.fullmatch(r"\$\d", use) else words(text, use, given)


def words(text: str, use: str, given: Mapping[str, str]) -> list[str]:
    """Where it is the variable of a loop, what the loop goes through."""
    variable = re.sub(r"\W", "", use)
    loop = re.search(rf"for {variable} in (.+); do", text)
    return resolved(loop[1], given).split() if loop else [use]


def arguments(text: str, place: int) -> Iterator[str]:
    """The words given at that place to the functions that read a file by it."""
    for function, body in re.findall(r"^(\w+)\(\) \{(.*?)^\}", text, re.MULTILINE | re.DOTALL):
        if re.search(rf"/\${place}\b", body):
            calls = re.findall(rf"^\s*{function} (.+)$", text, re.MULTILINE)
            yield from (call.split()[place - 1].strip('"') for call in calls)
