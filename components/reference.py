"""How one team's stack takes another's platform."""

import pulumi
from pydantic import TypeAdapter, ValidationError

from .clouds.contract.platform import CONTRACT_VERSION, PlatformContract

_CONTRACT = TypeAdapter(PlatformContract)


def platform(reference: str) -> PlatformContract:
    """The contract that the platform stack `reference` exports, as plain values: components look at its cloud and its
    zones before they make anything.

    `reference` is the stack's name, for one of this project, or `organization/project/stack`.
    Raises `RunError`, in one sentence, when the stack is not there, was never deployed, is of another version or does
    not hold what a platform must.
    """
    name = reference if "/" in reference else f"{pulumi.get_organization()}/{pulumi.get_project()}/{reference}"
    contract = _read(name)
    # Shows the dependency where people look for it: in the plan, the state and the console.
    pulumi.StackReference(reference, stack_name=name)
    return contract


def _read(name: str) -> PlatformContract:
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


def _validate(name: str, raw: object) -> PlatformContract:
    version = raw.get("contract") if isinstance(raw, dict) else None
    if version != CONTRACT_VERSION:
        raise pulumi.RunError(
            f"Stack {name!r} exports version {version} of the platform contract, this program needs "
            f"{CONTRACT_VERSION}: deploy the platform again with the same release of Nodeyard."
        )
    try:
        return _CONTRACT.validate_python(raw)
    except ValidationError as error:
        paths = ", ".join(sorted({".".join(map(str, detail["loc"])) for detail in error.errors()}))
        raise pulumi.RunError(f"The output `platform` of stack {name!r} is not a platform contract: {paths}") from None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
