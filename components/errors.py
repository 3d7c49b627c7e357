"""How bad input is reported: every problem at once, each with the path of its key, before anything is created."""

import re
from collections.abc import Iterable, Iterator, Mapping

import pulumi

Path = tuple[str | int, ...]
"""Where a key stands: the keys that lead to it from the outermost one, and the places in lists."""

Problem = tuple[str | Path, str]
"""The path of the offending key, and what is wrong with it. Where every key on the way is a plain word the path may be
written as one text, `firewalls[0].cidrs`. A key that the reason names stands in backticks, so that it can be spelled as
whoever asks spells it."""

_PLAIN = re.compile(r"[^\s.\[\]\"]+")
_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class InputError(pulumi.RunError):
    """Bad input. Pulumi prints a `RunError` as it is, without a stack trace."""

    def __init__(self, what: str, problems: Iterable[Problem]) -> None:
        self.what = what
        """The first line of the message."""
        self.found = list(dict.fromkeys((segments(path), reason) for path, reason in problems))
        """Every problem, its path in parts."""
        self.problems = [(spelled(path), reason) for path, reason in self.found]
        """Every problem, its path as it is told."""
        super().__init__("\n".join([what, *(_line(path, reason) for path, reason in self.problems)]))


def refuse(what: str, problems: Iterable[Problem]) -> None:
    """Raises `InputError` when there are any."""
    if found := list(problems):
        raise InputError(what, found)


def below(parent: str | Path, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Problems of something that stands at `parent`, by their paths from outside."""
    return ((segments(parent) + segments(path), reason) for path, reason in problems)


def moved(problems: Iterable[Problem], places: Mapping[str, Path]) -> Iterator[Problem]:
    """Problems of a spec, at the keys of the input that its keys are made of. A key of the same name has no need to be
    among `places`."""
    for path, reason in problems:
        first, *rest = segments(path)
        yield (*places.get(str(first), (first,)), *rest), reason


def segments(path: str | Path) -> Path:
    """A path in parts."""
    if not isinstance(path, str):
        return path
    return tuple(int(place) if place else key for key, place in _PART.findall(path))


def spelled(path: Path) -> str:
    """A path as Pulumi's own commands take it: `nodes.edge-1.zone`, `cidrs[0]`, `env["A B"]`."""
    text = "".join(_step(part) for part in path)
    return text.removeprefix(".")


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _PLAIN.fullmatch(part) else '["' + part.replace('"', '\\"') + '"]'


def _line(path: str, reason: str) -> str:
    return f"  {path}: {reason}" if path else f"  {reason}"
