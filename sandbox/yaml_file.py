"""YAML that only passes through: what it means is for its next reader to say.

Pulumi reads YAML by Go's rules, Python's YAML by older ones, in which `y` is a boolean and `1:30` a number. So nothing
is interpreted here: a scalar stays the text that somebody wrote, with or without its quotes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


class Unreadable(Exception):
    """What is wrong with a file, with its path and lines."""


class Plain(str):
    """A scalar without quotes, which need not be a string to its next reader.

    It equals the same text in quotes: Pulumi sets them as it likes when it writes a stack file.
    """


def read(file: Path) -> dict[str, Any]:
    """The mapping that the file holds; its values are mappings, lists and texts."""
    return parsed(file.read_text(), file)


def parsed(text: str, file: Path) -> dict[str, Any]:
    """Raises `Unreadable` for text that is no mapping; `file` is what it calls the text."""
    try:
        node = yaml.compose(text, yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise Unreadable(f"{file}{line}: {error.problem or error.context}") from None
    except yaml.YAMLError as error:  # a character that YAML does not have
        raise Unreadable(f"{file}: {' '.join(str(error).split())}") from None
    if node is None or node.tag == "tag:yaml.org,2002:null":
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise Unreadable(f"{file}:{node.start_mark.line + 1}: keys and values are needed here")
    if wrong := list(wrong_keys(node)):
        raise Unreadable("\n".join(f"{file}:{line}: {reason}" for line, reason in wrong))
    value: dict[str, Any] = value_of(node)
    return value


def value_of(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {value_of(key): value_of(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [value_of(item) for item in node.value]
    if not isinstance(node, yaml.ScalarNode):
        raise TypeError(node)
    # A tag that is not what its text would have been given is one that somebody wrote.
    unquoted = not node.style and node.tag == tag_of(node.value)
    return Plain(node.value) if unquoted else node.value


def wrong_keys(node: yaml.Node) -> Iterator[tuple[int, str]]:
    """(line, reason) of every key that is no text, or that its mapping already has."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from wrong_keys(item)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                yield line, "a key must be a text"
            elif key.value in lines:
                yield line, f"the key {key.value!r} is already there in line {lines[key.value]}"
            else:
                lines[key.value] = line
            yield from wrong_keys(value)


def text_of(data: Any) -> str:
    """As text that Go reads as it would have read the first."""
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, width=float("inf"), allow_unicode=True)


class Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def tag_of(text: str) -> str:
    return str(RESOLVER.resolve(yaml.ScalarNode, text, (True, False)))  # type: ignore[no-untyped-call]


RESOLVER = yaml.resolver.Resolver()
Dumper.add_representer(Plain, lambda dumper, text: dumper.represent_scalar(tag_of(text), str(text), ""))
Dumper.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, '"'))
