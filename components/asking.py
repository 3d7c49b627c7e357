"""How an input is asked: the form of each key, the rules across keys, and everything that is wrong told at once."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar

from pulumi import Output
from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from .errors import Path, Problem, refuse, segments
from .inputs import INPUT
from .keys import at, fields, unknown_key

A = TypeVar("A")
S = TypeVar("S")


class _Waits(Exception):
    """A rule needs what is malformed."""


class _Part(dict[str, Any]):
    """A part of an input of which something is malformed: a rule that asks for that waits until it is right."""

    def __init__(self, content: Mapping[str, Any], malformed: set[str]) -> None:
        super().__init__(content)
        self._malformed = malformed

    def __missing__(self, key: str) -> Any:
        raise _Waits

    def __contains__(self, key: object) -> bool:
        self._ask(key)
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._ask(key)
        return super().get(key, default)

    def _ask(self, key: object) -> None:
        if key in self._malformed:
            raise _Waits


Rule = Callable[[A], Iterable[Problem]]
"""What is wrong with an input across its keys."""


def about(made_of: Callable[[A], S], rules: Iterable[Rule[S]]) -> list[Rule[A]]:
    """Rules of an input, of rules about what is made of the input, such as a component's settings."""

    def asked(rule: Rule[S]) -> Rule[A]:
        return lambda args: rule(made_of(args))

    return [asked(rule) for rule in rules]


def checked(what: str, args_type: type[A], args: A, *rules: Rule[A]) -> A:
    """`args` as they are meant: words as enums, and so on. Raises one `InputError`, which begins with `what`, for
    everything that is wrong with the form of each key, and by `rules`."""
    read, problems = _read(args_type, args)
    for rule in rules:
        with suppress(_Waits):
            problems.extend(rule(read))  # what a rule has found before it waits counts
    refuse(f"{what} has bad input.", problems)
    return read


def _read(args_type: Any, args: A) -> tuple[A, list[Problem]]:
    try:
        read: A = read_alone(args_type, args)
        return read, []
    except ValidationError as error:
        details = error.errors(include_url=False)
    problems = [(_path(detail), _reason(detail, args_type)) for detail in details]
    paths = [segments(path) for path, _ in problems]
    return _whole(args_type, args, paths), list(dict.fromkeys(problems))


def read_alone(annotation: Any, value: Any) -> Any:
    """`value` as it is meant where `annotation` stands. Raises `ValueError` when it is malformed."""
    return _reader(annotation).validate_python(value, by_alias=False, by_name=True)


def _whole(annotation: Any, value: Any, malformed: Iterable[Path]) -> Any:
    """What of `value` is as it should be, read as it is meant."""
    paths = list(malformed)
    if not paths:
        return read_alone(annotation, value)
    if () in paths or not isinstance(value, Mapping):
        return _Part({}, set(fields(annotation)))
    wrong = {str(path[0]) for path in paths if len(path) == 1 or not isinstance(value.get(path[0]), Mapping)}
    within = {key: [path[1:] for path in paths if path[0] == key] for key in value}
    right = {key: _whole(at(annotation, key), value[key], within[key]) for key in value if key not in wrong}
    return _Part({**_defaults(annotation, {*value, *wrong}), **right}, wrong)


def _defaults(annotation: Any, given: set[str]) -> dict[str, Any]:
    found = {key: _reader(inner).get_default_value() for key, inner in fields(annotation).items() if key not in given}
    return {key: default.value for key, default in found.items() if default}


_readers: dict[int, tuple[Any, TypeAdapter[Any]]] = {}
"""By the id of the annotation, which need not be hashable. It is kept here, so that no other one gets its id."""


def _reader(annotation: Any) -> TypeAdapter[Any]:
    if id(annotation) not in _readers:
        _readers[id(annotation)] = annotation, _made(annotation)
    return _readers[id(annotation)][1]


def _made(annotation: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(annotation, config=INPUT)
    except PydanticUserError:  # a TypedDict brings its own
        return TypeAdapter(annotation)


def _path(detail: ErrorDetails) -> Path:
    """Of what is malformed. A key that is no text has no path, and is told where it stands."""
    if detail["type"] == "invalid_key":
        return detail["loc"][:-1]
    if not _is_of_key(detail):
        return detail["loc"]
    return detail["loc"][: -1 if isinstance(detail["input"], str) else -2]


def _is_of_key(detail: ErrorDetails) -> bool:
    """Whether it is said of a name that the user chose. pydantic adds `[key]` to such a path then, which may also be
    what a variable is called."""
    path = detail["loc"]
    return len(path) > 1 and path[-1] == "[key]" and path[-2] in (detail["input"], str(detail["input"]))


def _reason(detail: ErrorDetails, args_type: Any) -> str:
    """In words that help, and without the value: it may be a secret."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(_path(detail), args_type)
    if kind == "invalid_key" or (kind == "string_type" and _is_of_key(detail)):
        return f"must have strings for keys: one is of type {type(value).__name__}"
    if kind == "value_error":  # our own words
        return str(detail["msg"]).removeprefix("Value error, ")
    if isinstance(value, Output):
        return "must be a plain value, which is known before anything is made: it is an Output"
    return _REASONS[kind](value, context) if kind in _REASONS else str(detail["msg"])


def _unknown(path: Path, args_type: Any) -> str:
    for part in path[:-1]:
        args_type = at(args_type, part)
    return unknown_key(str(path[-1]), fields(args_type))


UNQUOTED: Final = "must be a string: put quotes around it"
"""What is told of a text that was read as something else."""


def _text(value: Any, _: Any) -> str:
    if isinstance(value, bool | int | float):
        return UNQUOTED
    return "must be a string"


def _number(value: Any, _: Any) -> str:
    return "must be a whole number" + (", without quotes" if isinstance(value, str) else "")


def _switch(value: Any, _: Any) -> str:
    return "must be true or false" + (", without quotes" if isinstance(value, str) else "")


def _collection(_: Any, context: Any) -> str:
    return "must be a list" if context["class"] == "Sequence" else "must hold keys and their values"


_REASONS: Mapping[str, Callable[[Any, Any], str]] = {
    "missing": lambda *_: "is required",
    "string_type": _text,
    "int_type": _number,
    "bool_type": _switch,
    "greater_than_equal": lambda _, context: f"must be {context['ge']} or more",
    "less_than_equal": lambda _, context: f"must be {context['le']} or less",
    "dict_type": lambda *_: "must hold keys and their values",
    "mapping_type": lambda *_: "must hold keys and their values",
    "is_instance_of": _collection,
    "list_type": lambda *_: "must be a list",
    "sequence_str": lambda *_: "must be a list",
    "too_short": lambda _, context: f"must have {context['min_length']} or more entries",
    "too_long": lambda _, context: f"must have {context['max_length']} or fewer entries",
}
