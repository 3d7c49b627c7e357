"""What every component's input is made of.

A component declares its input once, in its `args.py`: a TypedDict with a docstring under each key and constraints in
`Annotated`. From that come the type that users write, the schema of the stack files, that of the Pulumi package, and
the check that runs before anything is registered.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from types import UnionType
from typing import Annotated, Any, NotRequired, TypeVar, Union, get_args, get_origin

from pulumi import Output
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import core_schema
from typing_extensions import TypedDict

from .keccak import keccak256
from .keys import unreadable
from .words import camel

T = TypeVar("T")

INPUT = ConfigDict(
    extra="forbid",
    strict=True,  # `true` is no number and `1` no switch
    use_attribute_docstrings=True,
    arbitrary_types_allowed=True,
    alias_generator=camel,
    validate_by_name=True,
)
"""How each part of an input is read. The aliases are for the schema of files; `asking` reads Python's spelling."""


def declared(cls: type[T]) -> type[T]:
    """Marks a TypedDict as part of an input.

    Pulumi's analyzer, which makes the package's schema, refuses `Annotated`. It is shown the types alone, and pydantic
    the constraints too.

    Raises `TypeError` for what no reader of an input would find its way through.
    """
    constrained: dict[str, Any] = cls.__annotations__
    for key, annotation in constrained.items():
        if problem := unreadable(annotation):
            raise TypeError(f"{cls.__name__}.{key} {problem}")
    plain = {key: _plain(annotation) for key, annotation in constrained.items()}

    def schema(source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        cls.__annotations__ = constrained
        try:
            return handler(source)
        finally:
            cls.__annotations__ = plain

    parts: dict[str, Any] = {
        "__pydantic_config__": INPUT,
        "__get_pydantic_core_schema__": staticmethod(schema),
        "__constrained__": constrained,
    }
    for name, value in parts.items():
        setattr(cls, name, value)
    cls.__annotations__ = plain
    return cls


def _plain(annotation: Any) -> Any:
    """An annotation without what `Annotated` adds to it, at any depth."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _plain(parts[0])
    plain = tuple(_plain(part) for part in parts)
    if plain == parts:
        return annotation
    return NotRequired[plain[0]] if origin is NotRequired else _rebuilt(origin, plain)


def _rebuilt(origin: Any, parts: tuple[Any, ...]) -> Any:
    return Union[parts] if origin in (Union, UnionType) else origin[parts]  # noqa: UP007


# --- types that several inputs share ---


@dataclass(frozen=True)
class Matching:
    """A text of a certain form. `meaning` says in words what that is."""

    pattern: str
    meaning: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        return {**handler(schema), "pattern": f"^({self.pattern})$"}

    def _check(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            raise ValueError(f"must be {self.meaning}")
        return value


@dataclass(frozen=True)
class Default:
    """What a key is when it is not given. It stands last in its `Annotated`."""

    value: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_default_schema(handler(source), default=self.value, validate_default=True)


class _Secret:
    """Takes what Pulumi takes for a text, and never says what it was."""

    secret = True

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self._take)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        return {"type": "string", "writeOnly": True}

    def _take(self, value: Any) -> Any:
        if isinstance(value, Output | Awaitable):
            return value
        if not isinstance(value, str):
            raise ValueError("must be a string")
        if not value.strip():
            raise ValueError("is empty")
        return value


SecretValue = Annotated[str | Awaitable[str] | Output[str], _Secret()]
"""The value of a secret, as a Pulumi secret. It has no place in a stack file's `nodeyard:stack`."""


@dataclass(frozen=True)
class Later:
    """Takes what Pulumi takes for a text, which may be known only when something is made. `read` reads a text that is
    known: it raises `ValueError` for a wrong one."""

    read: Callable[[str], str]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self._take)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        return {"type": "string"}

    def _take(self, value: Any) -> Any:
        if isinstance(value, Output | Awaitable):
            return value
        if not isinstance(value, str):
            raise ValueError("must be a string")
        return self.read(value)


def _ipv4(value: str) -> str:
    try:
        written = str(IPv4Network(value))
    except ValueError as error:
        raise ValueError(f"must be a range of IPv4 addresses like 10.40.0.0/16: {error}") from None
    if written != value:  # clouds and charts take no other spelling, and one range is compared as a text
        raise ValueError(f"must be written as {written}")
    return value


def _ipv4_address(value: str) -> str:
    try:
        IPv4Address(value)
    except ValueError:
        raise ValueError("must be an IPv4 address like 10.40.0.9") from None
    return value


def _distinct(values: list[Any]) -> list[Any]:
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"names {', '.join(twice)} more than once")
    return values


def _checksummed(address: str) -> str:
    """EIP-55: which letters are capitals says whether the digits are right. All small or all capital letters say
    nothing."""
    digits = address[2:]
    if digits not in (digits.lower(), digits.upper()) and digits != checksummed(digits):
        raise ValueError("is mistyped: its capital letters are not those of its checksum (EIP-55)")
    return address


def checksummed(digits: str) -> str:
    """The 40 digits of an address as EIP-55 writes them."""
    digest = keccak256(digits.lower().encode()).hex()
    return "".join(
        digit.upper() if int(mark, 16) > 7 else digit for digit, mark in zip(digits.lower(), digest, strict=False)
    )


def _as_written(value: object) -> object:
    """A fraction stays what it is, and is refused: nobody can say whether 1.5 or 1.50 was written. So does a number of
    which Pulumi's configuration has lost digits: beyond 2**53 a double does not hold every one."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) and abs(value) < 2**53 else value


AsWritten = BeforeValidator(_as_written, json_schema_input_type=str | int | bool)
"""A text that may stand in a file without quotes where YAML reads a whole number or a switch: 150, true."""

Distinct = AfterValidator(_distinct)
"""A list in which nothing stands twice."""

Text = Annotated[str, Matching(r"\S(.*\S)?", "a text that is not empty and has no space around it")]
Cidr = Annotated[str, AfterValidator(_ipv4), Field(examples=["203.0.113.0/24"])]
IPv4 = Annotated[str, AfterValidator(_ipv4_address)]
DiskGib = Annotated[int, Field(ge=1, le=16384)]
PortNumber = Annotated[int, Field(ge=1, le=65535)]
KubernetesName = Annotated[
    str,
    Matching(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", "at most 40 of a-z, 0-9 and -, with no - at either end"),
]
NodeRelease = Annotated[
    str,
    Matching(
        r"\d+\.\d+(\.\d+([-.]\S+)?)?",
        "the nodes' release: Bottlerocket's on AWS (1.66.0-1ad6b4a4), Kubernetes' own on Azure (1.36.2), and on Google "
        "Cloud GKE's (1.35.8-gke.1225000) or a minor version, in quotes (1.35)",
    ),
]
_HOST = r"([A-Za-z0-9]+(-+[A-Za-z0-9]+)*(\.[A-Za-z0-9]+(-+[A-Za-z0-9]+)*)*|\[[0-9a-fA-F:]+\])(:[0-9]+)?"
_COMPONENT = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = rf"({_HOST}/)?{_COMPONENT}(/{_COMPONENT})*"
"""The name of an image, as the grammar of distribution's `reference` package has it: `host:port/path`."""
_TAG, _DIGEST = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", r"@sha256:[0-9a-f]{64}"

ImageReference = Annotated[
    str,
    Matching(
        rf"{_IMAGE}(:(?!latest$){_TAG}|(:{_TAG})?{_DIGEST})",
        "an image, `host:port/path` in small letters, with its tag, other than latest, or its digest",
    ),
]
EthereumAddress = Annotated[
    str, Matching(r"0x[0-9a-fA-F]{40}", "an address: 0x and 40 hexadecimal digits"), AfterValidator(_checksummed)
]
ImageByDigest = Annotated[
    str,
    # In small letters altogether: a machine's own program reads no others (boot/templates/node/image.sh).
    Matching(rf"(?=[^A-Z\[]*$){_IMAGE}(:{_TAG})?{_DIGEST}", "an image by digest"),
]
Tags = Annotated[Mapping[str, str], Default({})]
EnvName = Annotated[str, Matching(r"[A-Z_][A-Z0-9_]*", "the name of a variable: A-Z, 0-9 and _")]
Env = Mapping[EnvName, Annotated[str, AsWritten]]
"""The environment of a container."""
ObjectName = Annotated[
    str,
    Matching(r"(?=.{1,253}$)[a-z0-9]([-.a-z0-9]*[a-z0-9])?", "the name of an object of Kubernetes: a-z, 0-9, - and ."),
]
_LABEL = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
LabelName = Annotated[
    str,
    Matching(
        rf"((?=[^/]{{1,253}}/)[a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?{_LABEL}",
        "the name of a label: at most 63 of A-Z, a-z, 0-9, -, _ and ., after a domain and a / if any",
    ),
]
LabelValue = Annotated[
    str, AsWritten, Matching(rf"({_LABEL})?", "the value of a label: at most 63 of A-Z, a-z, 0-9, -, _ and .")
]


@declared
class SecretSource(TypedDict):
    """Where one secret comes from. With neither key it is made empty, and the operator puts its value there."""

    value: NotRequired[SecretValue]
    """The value, as a Pulumi secret. In a stack's file it stands under `nodeyard:secrets`."""
    existing: NotRequired[Text]
    """The id of a secret to adopt."""
