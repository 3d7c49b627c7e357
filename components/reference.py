"""How one team's stack takes another's platform."""

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import pulumi
from pydantic import GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import core_schema

from .clouds.contract.platform import CONTRACT_VERSION, PlatformContract
from .keys import notes

_CONTRACT = TypeAdapter(PlatformContract)
_MINOR = re.compile(r"\d+\.\d+")


STACK_NAME = r"[\w.-]+(/[\w.-]+/[\w.-]+)?"
"""How a platform's stack is named: by its name in this project, or organization/project/stack."""


class _Taken:
    """Reads a contract that was taken before."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        return {"type": "object"}

    def _read(self, value: Any) -> PlatformContract:
        if not isinstance(value, dict):
            raise ValueError("must be a platform's contract, as `nodeyard.reference.platform(<its stack>)` takes it")
        return _valid(value)


TakenPlatform = Annotated[PlatformContract, _Taken()]
"""What a component's argument `platform` is. In a stack's file the platform's stack is named there."""


def is_platform(annotation: Any) -> bool:
    """Whether `annotation` is a `TakenPlatform`."""
    return any(isinstance(note, _Taken) for note in notes(annotation))


def platform(reference: str) -> PlatformContract:
    """The contract that the platform stack `reference` exports, as plain values: components look at its cloud and its
    zones before they make anything.

    `reference` is the stack's name, for one of this project, or `organization/project/stack`.
    Raises `RunError`, in one sentence, when the stack is not there, was never deployed, is of another version or does
    not hold what a platform must.
    """
    contract = read(reference)
    show(reference)
    return contract


def show(reference: str) -> None:
    """Registers the dependency where people look for it: in the plan, the state and the console."""
    pulumi.StackReference(reference, stack_name=_whole_name(reference))


def read(reference: str) -> PlatformContract:
    """What `platform` returns, and nothing is registered."""
    name = _whole_name(reference)
    try:
        # The call behind StackReference. Its answer is there at once; an Output's would only be inside an `apply`,
        # where no resource should be made.
        result = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": name}).value
    except Exception as error:
        raise pulumi.RunError(f"Cannot read the platform stack {name!r}: {_first_line(error)}") from None
    if "platform" in result.get("secretOutputNames", []):
        raise pulumi.RunError(f"The output `platform` of stack {name!r} is secret; a platform holds no secret.")
    raw = result["outputs"].get("platform")
    if raw is None:
        raise pulumi.RunError(f"Stack {name!r} has no output `platform`: is it a platform, and has it been deployed?")
    return _validate(name, raw)


def place(contract: PlatformContract) -> dict[str, str]:
    """Where a platform's things are, for those who look after them: the output `cloud` of every stack on it."""
    return {"cloud": contract["cloud"], "account": contract["account"], "region": contract["region"]}


def _whole_name(reference: str) -> str:
    return reference if "/" in reference else f"{pulumi.get_organization()}/{pulumi.get_project()}/{reference}"


def _validate(name: str, raw: object) -> PlatformContract:
    try:
        return _valid(raw)
    except ValueError as error:
        raise pulumi.RunError(f"The output `platform` of stack {name!r} {error}") from None


def _valid(raw: object) -> PlatformContract:
    """A contract that everybody can rely on: of this version, whole, and with what only its cloud has."""
    version = raw.get("contract") if isinstance(raw, dict) else None
    if version != CONTRACT_VERSION:
        raise ValueError(
            f"is of version {version} of the platform contract, and this program needs {CONTRACT_VERSION}: deploy the "
            "platform again with the same release of Nodeyard"
        )
    try:
        contract = _CONTRACT.validate_python(raw)
    except ValidationError as error:
        raise _lacks(sorted({".".join(map(str, detail["loc"])) for detail in error.errors()})) from None
    if missing := list(_missing(contract)):
        raise _lacks(missing)
    return contract


def _missing(contract: PlatformContract) -> Iterator[str]:
    """What the contract's own type cannot ask: the section of its cloud, and a version of a cluster that is there."""
    if contract["cloud"] in PlatformContract.__annotations__ and contract["cloud"] not in contract:
        yield contract["cloud"]
    if contract["cluster_name"] and not _MINOR.fullmatch(contract["kubernetes_version"]):
        yield "kubernetes_version"


def _lacks(keys: Iterable[str]) -> ValueError:
    what = f"is not a platform contract: {', '.join(keys)}"
    return ValueError(f"{what}; a platform of an older release of Nodeyard lacks what came later: deploy it again")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
