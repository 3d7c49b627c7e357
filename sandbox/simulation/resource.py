"""What a table says of one resource type: what its cloud does that no SDK's metadata tells."""

import hashlib
import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .values import UNKNOWN, Unforeseen
from .world import World


class CloudError(Exception):
    """A refusal with the code that the cloud documents for it."""

    def __init__(self, code: str, message: str, failed: Any = None):
        super().__init__(f"{code}: {message}" if code else message)
        self.code = code
        #: The object as it is now, when it was made or changed but does not work.
        self.failed = failed


@dataclass
class Instance:
    """One resource while it is made or changed. Whatever is derived from its id stays the same in every update."""

    type: str
    inputs: Mapping[str, Any]
    world: World
    region: str = ""
    account: str = ""
    id: str = ""
    name: str = ""
    arn: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        value = self.inputs.get(name)
        return default if value is None else value

    def find(self, identifier: str) -> Mapping[str, Any]:
        """The properties of what an id, an ARN or a name stands for: it exists, or is not known yet."""
        if UNKNOWN in identifier:
            return Unforeseen()
        return self.world.identified(identifier)[0].properties

    def hex(self, label: str = "", length: int = 17) -> str:
        return hashlib.sha256(f"{self.id}/{label}".encode()).hexdigest()[:length]

    def address(self, label: str = "", network: str = "10.0") -> str:
        a, b = bytes.fromhex(self.hex(label, 4))
        return f"{network}.{a}.{1 + b % 254}"

    @property
    def random(self) -> random.Random:
        return random.Random(self.id)


Template = str | Callable[["Instance"], str]


@dataclass(frozen=True)
class Resource:
    """One type. Its templates know inputs, defaults, {name}, {region}, {account}, {id}, fresh {hex} and {uuid}."""

    id: Template = "{name}"
    arn: Template = ""
    #: What its provider imports it by, where that is not its id.
    imported: Template = ""
    #: The property that holds the physical name; one is made up when the program gives none.
    name: str = ""
    name_limit: int = 63
    name_prefix: str = ""
    #: What there may be only one of, when that is not the name.
    unique: Template = ""
    #: Where the name, or what is unique, may exist once.
    scope: Template = "{region}"
    #: Whether the cloud takes the same once more, as an update of what is there.
    puts: bool = False
    #: Error codes: there is one already; something else still uses it.
    taken: str = "AlreadyExists"
    in_use: str = ""
    #: The types whose use keeps it from being deleted; every type, where none is named.
    held_by: tuple[str, ...] = ()
    #: The property that forbids deletion, and the code that says so.
    guard: tuple[str, str] = ("", "")
    #: Properties that cannot change in place, as paths without indices.
    replaces: tuple[str, ...] = ()
    #: Properties that are secret.
    secrets: tuple[str, ...] = ()
    #: The values a property may have, where the SDK says only "a string"; paths without indices.
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Properties that may name what was made outside the sandbox; the table says why.
    external: tuple[str, ...] = ()
    #: What the cloud answers for properties the program left out.
    defaults: Mapping[str, Any] = field(default_factory=dict)
    #: What the cloud computes, from the instance.
    outputs: Callable[[Instance], Mapping[str, Any]] = lambda instance: {}
    #: Paths of what the cloud adds inside a property that the program gives: a preview does not know them yet.
    later: tuple[str, ...] = ()
    #: What it uses besides the ids and ARNs among its inputs.
    uses: Callable[[Instance], Iterable["Reference"]] = lambda instance: ()
    #: What the cloud refuses when it is made or changed, and when it is deleted, from the instance: raises CloudError.
    refuses: Callable[[Instance], None] = lambda instance: None
    keeps: Callable[[Instance], None] = lambda instance: None
    #: What else happens in the cloud once it is made, and once it is deleted.
    made: Callable[[Instance], None] = lambda instance: None
    deleted: Callable[[Instance], None] = lambda instance: None


@dataclass(frozen=True)
class Reference:
    """A use of another object: by an identifier, with what the cloud says when there is none."""

    identifier: str
    code: str
    message: str


SUFFIX = "-0123456"
"""As long as what Pulumi adds to a name of its own making."""


def autoname(logical: str, limit: int, seed: bytes) -> str:
    """A physical name as Pulumi makes it: the logical name, a dash and seven hexadecimal digits."""
    suffix = f"{random.Random(seed).getrandbits(28):07x}"
    return f"{logical[: limit - len(SUFFIX)]}-{suffix}"


def autonamed(name: str) -> bool:
    return re.fullmatch(r".*-[0-9a-f]{7}", name) is not None
