"""The keys of a declared input: how its declaration is walked, and how a stack's file spells it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from types import UnionType
from typing import Annotated, Any, NotRequired, Union, get_args, get_origin

from .errors import Path, Problem, segments
from .words import camel, close_to


def fields(annotation: Any) -> dict[str, Any]:
    """The keys of a declared TypedDict, each with the annotation of its value; nothing for any other type."""
    declared: dict[str, Any] = getattr(_bare(annotation), "__constrained__", {})
    return {key: get_args(inner)[0] if get_origin(inner) is NotRequired else inner for key, inner in declared.items()}


def at(annotation: Any, part: str | int) -> Any:
    """The annotation of what stands at `part` of a value of `annotation`."""
    if known := fields(annotation):
        return known.get(str(part))
    inner = get_args(_bare(annotation))
    return inner[-1] if inner else None


def is_mapping(annotation: Any) -> bool:
    """Whether what stands there has names of the user's choice for keys."""
    return _is_of(Mapping, annotation)


def is_list(annotation: Any) -> bool:
    """Whether what stands there has places for keys."""
    return _is_of(Sequence, annotation)


def _is_of(kind: type, annotation: Any) -> bool:
    origin = get_origin(_bare(annotation))
    return isinstance(origin, type) and issubclass(origin, kind)


def unknown_key(key: str, known: Iterable[str]) -> str:
    """What is told of a key that is not among those that are `known`."""
    close = close_to(key, known)
    every = ", ".join(f"`{one}`" for one in sorted(known))
    return f"unknown key; did you mean `{close}`?" if close else f"unknown key; known are {every}"


def is_secret(annotation: Any) -> bool:
    """Whether `annotation` is a `SecretValue`."""
    return any(getattr(note, "secret", False) for note in notes(annotation))


def respelled(args_type: Any, problem: Problem) -> tuple[Path, str]:
    """A problem as a stack's file spells it: its path, and the keys in backticks of its reason. What stands in a
    mapping, such as a variable or a node, keeps its name."""
    path, reason = problem
    return _file_path(args_type, segments(path)), respelled_text(args_type, reason)


def respelled_text(args_type: Any, text: str) -> str:
    """A text with the keys in its backticks as a stack's file spells them."""
    keys = _all_keys(args_type)
    return re.sub(r"`([^`]*)`", lambda match: _respelled_keys(match[0], keys), text)


def unreadable(annotation: Any) -> str:
    """What is wrong with the declaration of a key; empty when nothing is."""
    parts = get_args(_bare(annotation))
    if get_origin(_bare(annotation)) in (Union, UnionType) and sum(bool(fields(part)) for part in parts) > 1:
        return "may be one of two declared parts, and no path says which: give each a key of its own"
    if is_list(annotation) and any(map(is_secret, [*parts, *(inner for part in parts for _, inner in _walked(part))])):
        return "is a list that holds secrets, which have no place in a file then: make it a mapping of names"
    return next((problem for part in parts if (problem := unreadable(part))), "")


def _file_path(annotation: Any, path: Path) -> Path:
    if not path:
        return ()
    part = path[0]
    spelling = camel(part) if isinstance(part, str) and part in fields(annotation) else part
    return (spelling, *_file_path(at(annotation, part), path[1:]))


def _respelled_keys(quoted: str, keys: frozenset[str]) -> str:
    return re.sub(r"\w+", lambda match: camel(match[0]) if match[0] in keys else match[0], quoted)


@cache
def _all_keys(args_type: Any) -> frozenset[str]:
    return frozenset(key for key, _ in _walked(args_type))


def _walked(annotation: Any) -> Iterator[tuple[str, Any]]:
    """Every key below `annotation`, at any depth, with its annotation."""
    for key, inner in fields(annotation).items():
        yield key, inner
        yield from _walked(inner)
    for inner in get_args(_bare(annotation)):
        yield from _walked(inner)


def _bare(annotation: Any) -> Any:
    """An annotation without `NotRequired`, `Annotated` and `None`."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Annotated, NotRequired):
        return _bare(parts[0])
    if origin in (Union, UnionType):
        inner = [part for part in parts if part is not type(None)]
        return _bare(inner[0]) if len(inner) == 1 else annotation
    return annotation


def notes(annotation: Any) -> Iterator[Any]:
    """What `Annotated` adds to an annotation, through `NotRequired` and `None`."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from parts[1:]
    if origin in (Annotated, NotRequired, Union, UnionType):
        for part in parts[:1]:
            yield from notes(part)
