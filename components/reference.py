"""How one team's stack takes what another's exports, such as its platform."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import pulumi
from pydantic import GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import core_schema

from .clouds.contract.platform import CONTRACT_VERSION, PlatformContract
from .keys import notes

_CONTRACT = TypeAdapter(PlatformContract)
_MINOR = re.compile(r"\d+\.\d+")


STACK_NAME = r"[\w.-]+(/[\w.-]+/[\w.-]+)?"
"""How a stack is named: by its name in this project, or organization/project/stack."""


NAMED = "x-named"
"""Where the JSON schema of a `Taken` says what it is called."""


@dataclass(frozen=True)
class Taken:
    """Marks an input that another stack exports. In a stack's file that stack is named in its place."""

    output: str
    """The other stack's output."""
    called: str
    """What it is, as in `the platform's stack`."""
    taken_by: str
    """What takes it in a program, as in `nodeyard.reference.platform(<its stack>)`."""
    valid: Callable[[object], Any]
    """What of the output is right. It raises `ValueError`, in words that follow `is`."""
    may_lack: bool = False
    """Whether the other stack may be without the output yet. The input is left out then."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        """Of a stack's file, which names the stack."""
        return {"type": "string", "pattern": f"^{STACK_NAME}$", NAMED: self.called}

    def _read(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError(f"must be what {self.called} exports, as `{self.taken_by}` takes it")
        return self.valid(value)


def taken(annotation: Any) -> Taken | None:
    """What another stack exports for `annotation`; None where none does."""
    return next((note for note in notes(annotation) if isinstance(note, Taken)), None)


def platform(reference: str) -> PlatformContract:
    """The contract that the platform stack `reference` exports, as plain values: components look at its cloud and its
    zones before they make anything.

    `reference` is the stack's name, for one of this project, or `organization/project/stack`.
    Raises `RunError`, in one sentence, when the stack is not there, was never deployed, is of another version or does
    not hold what a platform must.
    """
    contract: PlatformContract = read(reference, PLATFORM)
    show(reference)
    return contract


def show(reference: str) -> None:
    """Registers the dependency where people look for it: in the plan, the state and the console."""
    pulumi.StackReference(reference, stack_name=_whole_name(reference))


def read(reference: str, what: Taken) -> Any:
    """What the stack `reference` exports, as plain values; None where the output may be lacking and is. Nothing is
    registered. Raises `RunError` in one sentence."""
    name = _whole_name(reference)
    try:
        # The call behind StackReference. Its answer is there at once; an Output's would only be inside an `apply`,
        # where no resource should be made.
        result = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": name}).value
    except Exception as error:
        raise pulumi.RunError(f"Cannot read {what.called} {name!r}: {_first_line(error)}") from None
    output = f"output `{what.output}` of stack {name!r}"
    if what.output in result.get("secretOutputNames", []):
        raise pulumi.RunError(f"The {output} is secret; nothing of it is.")
    raw = _in_order(result["outputs"].get(what.output))
    if raw is None and not what.may_lack:
        raise pulumi.RunError(f"There is no {output}: is it {what.called}, and has it been deployed?")
    try:
        return None if raw is None else what.valid(raw)
    except ValueError as error:
        raise pulumi.RunError(f"The {output} {error}") from None


def place(contract: PlatformContract) -> dict[str, str]:
    """Where a platform's things are, for those who look after them: the output `cloud` of every stack on it."""
    return {"cloud": contract["cloud"], "account": contract["account"], "region": contract["region"]}


def _in_order(value: Any) -> Any:
    """With its keys sorted: on the wire they have no order, and each process would find another one. What is written
    from them, such as a kubeconfig, would change from plan to plan."""
    if isinstance(value, Mapping):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return [_in_order(part) for part in value] if isinstance(value, list) else value


def _whole_name(reference: str) -> str:
    return reference if "/" in reference else f"{pulumi.get_organization()}/{pulumi.get_project()}/{reference}"


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


PLATFORM = Taken(
    output="platform",
    called="the platform's stack",
    taken_by="nodeyard.reference.platform(<its stack>)",
    valid=_valid,
)
TakenPlatform = Annotated[PlatformContract, PLATFORM]
"""What a component's argument `platform` is. In a stack's file the platform's stack is named there."""


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
