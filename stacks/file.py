"""How a stack's file says what a component is told.

The file has the component's own keys, in the file's spelling, with two differences: what another stack exports, such as
the platform, is named by that stack, and values of secrets stand apart. Both follow from the component's declaration;
no key is declared here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pulumi

import nodeyard
from nodeyard import reference
from nodeyard.asking import UNQUOTED, read_alone
from nodeyard.errors import InputError, Path, Problem, refuse, segments
from nodeyard.keys import at, fields, is_list, is_mapping, is_secret, respelled, unknown_key
from nodeyard.reference import taken
from nodeyard.words import camel

from .configuration import INVALID, KIND, NAME, SECRETS_KEY, STACK_KEY, Configuration

A = TypeVar("A")


@dataclass(frozen=True)
class StackFile(Generic[A]):
    """The file of one kind of stack."""

    args_type: type[A]
    """What its component is told."""
    resolve: Callable[[str, A], object]
    """How the component asks what it is told: it raises `InputError`, and registers nothing."""
    is_named: bool = True
    """Whether the stack makes anything that has a name."""

    def __post_init__(self) -> None:
        places = secret_keys(self.args_type)
        if shared := sorted({".".join(map(str, place)) for place in places if places.count(place) > 1}):
            raise TypeError(
                f"{self.args_type.__name__} has two secrets that would stand at {SECRETS_KEY}.{', '.join(shared)}"
            )

    @property
    def component(self) -> str:
        """The folder of the component in the package; empty for a stack that makes none."""
        package, _, inner = self.args_type.__module__.partition(".")
        return inner.partition(".")[0] if package == nodeyard.__name__ else ""

    def args(self, configuration: Configuration) -> A:
        """What the component is told, in Python's spelling, each value of a secret marked as one.

        Raises `InputError` with everything that is wrong, as the file spells it.
        """
        problems = list(configuration.problems)
        ours = (KIND, NAME) if self.is_named else (KIND,)
        stack = {key: value for key, value in configuration.stack.items() if key not in ours}
        args: Any = _renamed(self.args_type, stack, (STACK_KEY,), problems)
        references = list(_take(self.args_type, args, (STACK_KEY,), problems))
        places = dict(_placed(self.args_type, args, configuration.secrets, problems))
        try:
            self.resolve(configuration.name, args)
        except InputError as error:
            known = {path for path, _ in problems}
            found = [_in_file(self.args_type, problem) for problem in error.found]
            if NAME in configuration.stack:
                found = [((*path, NAME) if path == (STACK_KEY,) else path, reason) for path, reason in found]
            problems += [problem for problem in found if problem[0] not in known]
        refuse(INVALID, problems)
        for name in dict.fromkeys(references):
            reference.show(name)
        for path, value in places.items():
            _put(args, path, pulumi.Output.secret(value))
        told: A = args
        return told

    @contextmanager
    def spelling(self) -> Iterator[None]:
        """Within, an `InputError` of the component is told as the file spells it: some questions only the cloud can
        answer, and they are asked while the component is made."""
        try:
            yield
        except InputError as error:
            raise InputError(error.what, [self._late(problem) for problem in error.found]) from None

    def _late(self, problem: Problem) -> Problem:
        """What is told of the file's key; of a key that only a part of the component has, its reason alone."""
        path, reason = problem
        ours = fields(self.args_type).keys() & segments(path)[:1]
        return _in_file(self.args_type, problem) if ours else ((), reason)


def secret_keys(args_type: Any) -> list[Path]:
    """Where values of secrets may stand below `nodeyard:secrets`; a `*` stands for any name."""
    return [_secret_place(_spelled(args_type, path)) for path in _secret_paths(args_type)]


# --- from the file's spelling to Python's ---


def _renamed(annotation: Any, value: Any, path: Path, problems: list[Problem]) -> Any:
    """`value` with every declared key in Python's spelling. Names, such as those of variables, stay as they are."""
    if isinstance(value, list) and is_list(annotation):
        return [_renamed(at(annotation, place), item, (*path, place), problems) for place, item in enumerate(value)]
    if isinstance(value, dict) and is_mapping(annotation):
        return {key: _renamed(at(annotation, key), item, (*path, key), problems) for key, item in value.items()}
    if not isinstance(value, dict) or not fields(annotation):
        return _spelled_out(annotation, value)
    known = {camel(key): key for key in fields(annotation)}
    renamed = {}
    for key, item in value.items():
        here = (*path, key)
        if key not in known:
            shown = [name for name, own in known.items() if not is_secret(fields(annotation)[own])]
            problems.append((here, unknown_key(key, shown)))
        elif is_secret(at(annotation, known[key])):
            problems.append((here, "is a secret, and would stand in clear in the state: " + _give(here)))
        else:
            renamed[known[key]] = _renamed(at(annotation, known[key]), item, here, problems)
    return renamed


def _spelled_out(annotation: Any, value: Any) -> Any:
    """What may stand for a mapping, such as a number of nodes, as the mapping that it stands for."""
    with suppress(ValueError):
        return read_alone(annotation, value) if is_mapping(annotation) else value
    return value


def _give(path: Path) -> str:
    place = ".".join(map(str, _secret_place(path[1:])))
    return f"give it with `pulumi config set --secret --path '{SECRETS_KEY}.{place}'`"


def _in_file(args_type: Any, problem: Problem) -> Problem:
    """A component's problem as the file spells it, at the place where the file says it."""
    path, reason = respelled(args_type, problem)
    if reason == UNQUOTED:
        reason += " (`pulumi config set` takes --type string)"
    if path and _holds_secret(args_type, problem[0]):
        return (SECRETS_KEY, *_secret_place(path)), reason
    return (STACK_KEY, *path), reason


def _holds_secret(args_type: Any, path: str | Path) -> bool:
    annotation = args_type
    for part in segments(path):
        annotation = at(annotation, part)
    return is_secret(annotation)


# --- what other stacks export ---


def _take(annotation: Any, value: Any, path: Path, problems: list[Problem]) -> Iterator[str]:
    """Puts what a stack exports where the file names that stack, and tells the names."""
    if not isinstance(value, dict):
        return
    for key, inner in _inner(annotation, value).items():
        here = (*path, camel(key) if fields(annotation) else key)
        if what := taken(inner):
            yield from _taken(what, value, key, here, problems)
        else:
            yield from _take(inner, value[key], here, problems)


def _inner(annotation: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    """The annotations of what stands at the keys that a value has."""
    known = fields(annotation)
    if not known and not is_mapping(annotation):
        return {}
    return {key: at(annotation, key) for key in value if not known or key in known}


def _taken(
    what: reference.Taken, value: dict[str, Any], key: str, path: Path, problems: list[Problem]
) -> Iterator[str]:
    named = value.pop(key)
    if not isinstance(named, str) or not re.fullmatch(reference.STACK_NAME, named):
        problems.append((path, f"must be {what.called}: its name, or organization/project/stack"))
        return
    try:
        exported = reference.read(named, what)
    except pulumi.RunError as error:
        problems.append((path, str(error)))
        return
    if exported is not None:
        value[key] = exported
    yield named


# --- secrets ---


def _secret_paths(annotation: Any, path: Path = ()) -> Iterator[Path]:
    """Where values of secrets stand in what a component is told."""
    if is_secret(annotation):
        yield path
    for key, inner in fields(annotation).items():
        yield from _secret_paths(inner, (*path, key))
    if is_mapping(annotation):
        yield from _secret_paths(at(annotation, "*"), (*path, "*"))


def _spelled(annotation: Any, path: Path) -> Path:
    return respelled(annotation, (path, ""))[0]


def _secret_place(path: Path) -> Path:
    """Where the value at `path` stands below `nodeyard:secrets`: at the same place, without what that already says."""
    own = path[1:] if path[0] == "secrets" else path
    return own[:-1] if own[-1] == "value" else own


def _placed(
    args_type: Any, args: dict[str, Any], secrets: Mapping[str, Any], problems: list[Problem]
) -> Iterator[tuple[Path, str]]:
    """Puts the values of secrets where the component takes them, and tells where."""
    paths = {_secret_place(_spelled(args_type, path)): path for path in _secret_paths(args_type)}
    for place, value in _leaves(secrets):
        pattern = next((pattern for pattern in paths if _matches(place, pattern)), None)
        if pattern is None:
            problems.append(((SECRETS_KEY, *place), _stray_secret(place, list(paths))))
            continue
        names = iter(part for part, wanted in zip(place, pattern, strict=True) if wanted == "*")
        path = tuple(next(names) if part == "*" else part for part in paths[pattern])
        if stranger := _stranger(args_type, args, path):
            problems.append(((SECRETS_KEY, *place), f"{stranger} is none of this stack's {path[0]}"))
            continue
        _put(args, path, value)
        yield path, value


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if not isinstance(value, dict) or (path and not value):  # an empty mapping is no value, which somebody has to tell
        yield path, value
        return
    for key, inner in value.items():
        yield from _leaves(inner, (*path, key))


def _matches(place: Path, pattern: Path) -> bool:
    return len(place) == len(pattern) and all(
        wanted in ("*", part) for part, wanted in zip(place, pattern, strict=True)
    )


def _stray_secret(place: Path, patterns: list[Path]) -> str:
    known = [".".join(map(str, pattern)) for pattern in patterns]
    return unknown_key(".".join(map(str, place)), [key.replace("*", "<name>") for key in known])


def _stranger(args_type: Any, args: Any, path: Path) -> str:
    """The name on `path` that the file does not have."""
    annotation, value = args_type, args
    for part in path:
        if is_mapping(annotation) and isinstance(value, dict) and part not in value:
            return str(part)
        annotation, value = at(annotation, part), value.get(part, {}) if isinstance(value, dict) else {}
    return ""


def _put(args: dict[str, Any], path: Path, value: Any) -> None:
    *parents, last = path
    inner: Any = args
    for part in parents:
        inner = inner.setdefault(part, {})
        if not isinstance(inner, dict):
            return  # malformed, which is told of it
    inner[last] = value
