"""The cluster's secrets: who reads each, and what form its value has.

The forms are those of nodeos' option `signature-provider` (AntelopeIO/spring,
plugins/signature_provider_plugin/signature_provider_plugin.cpp).
"""

from collections.abc import Callable, Iterable
from typing import Final

from ..secret_use import SecretTable, SecretUse, by_output
from .keys import bls_key_bytes, private_key_bytes, public_key_bytes

SIGNATURE_PROVIDERS: Final = "signature_providers"
TOKEN: Final = "token"  # noqa: S105 a key's name

_LEAST_TOKEN: Final = 20
_FINALIZER_LOST: Final = (
    "It is the ordinal's finalizer key, and the record of its votes belongs to it: the chain counts the votes of "
    "another key only after the producer's account has signed `actfinkey`."
)
_SIGNING_LOST: Final = (
    "They sign the producers' blocks: with keys that the chain does not have for them, every turn is missed."
)
_MANAGERS_LOST: Final = (
    "Managers that run keep the old one, and refuse whoever comes with the new one, until they restart."
)


def finalizer_key(number: int) -> str:
    """The key in `NodeosSecretsArgs` of an ordinal's finalizer key."""
    return f"finalizer_key_{number}"


def signature_providers_problem(value: str) -> str:
    """What is wrong with signing keys, without naming one."""
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    for number, line in enumerate(lines, start=1):
        if line.startswith("PUB_BLS_"):
            return f"has a finalizer key in line {number}: it belongs to one ordinal alone, in its own secret"
        if problem := _pair_problem(line, public_key_bytes, private_key_bytes):
            return f"{problem} in line {number}: each is `PUBLIC=KEY:PRIVATE`"
    return "" if lines else "has no line `PUBLIC=KEY:PRIVATE`"


def finalizer_key_problem(value: str) -> str:
    """What is wrong with one ordinal's finalizer key, without naming it."""
    line = value.strip()
    if "\n" in line:
        return "has more than one line: an ordinal has one finalizer key"
    if not line.startswith("PUB_BLS_"):
        return "is no finalizer key: it is `PUB_BLS_...=KEY:PVT_BLS_...`"
    problem = _pair_problem(line, bls_key_bytes, bls_key_bytes)
    return f"{problem}: it is `PUB_BLS_...=KEY:PVT_BLS_...`" if problem else ""


def token_problem(value: str) -> str:
    """What is wrong with a token: a manager takes it as it stands in a header."""
    token = value.strip()
    right = len(token) >= _LEAST_TOKEN and token.isascii() and token.replace("-", "").replace("_", "").isalnum()
    return "" if right else f"must be {_LEAST_TOKEN} or more of letters, digits, - and _"


def secret_table(signers: Iterable[str], finalizers: Iterable[tuple[int, str]], nodes: Iterable[str]) -> SecretTable:
    """Every secret by its key in `NodeosSecretsArgs`. `signers` read the signing keys, each of `finalizers` its own
    finalizer key, and all `nodes` the token. Each pod reads exactly what this table gives it."""
    signing = list(signers)
    return {
        **(
            {SIGNATURE_PROVIDERS: SecretUse(file=signing, problem=signature_providers_problem, lost=_SIGNING_LOST)}
            if signing
            else {}
        ),
        **{
            finalizer_key(number): SecretUse(
                file=[pod], file_name="finalizerKey", problem=finalizer_key_problem, lost=_FINALIZER_LOST
            )
            for number, pod in finalizers
        },
        TOKEN: SecretUse(file=list(nodes), problem=token_problem, lost=_MANAGERS_LOST),
    }


def use_of(entry: str) -> SecretUse:
    """What an entry of the output `secrets` is. Raises `LookupError`."""
    number = entry.removeprefix("finalizerKey")
    every = secret_table(signers=[""], finalizers=[(int(number), "")] if number.isdecimal() else [], nodes=[])
    return by_output(every)[entry]


def _pair_problem(line: str, public: Callable[[str], bytes], private: Callable[[str], bytes]) -> str:
    key, equals, provider = line.partition("=KEY:")
    if not equals:
        return "has no `=KEY:`"
    for what, text, read in (("public", key, public), ("private", provider, private)):
        try:
            read(text)
        except ValueError as error:
            return f"has a {what} key that {error}"
    return ""
