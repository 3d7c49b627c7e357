"""What a network keeps for good: the key of each miner, and the first block of its chain.

Keys are in the stack's encrypted state, protected. The genesis is no secret. It is computed once, of the keys of the
miners of that time, and later miners are not in it.
"""

from collections.abc import Mapping
from typing import Final

from pulumi import Output, ResourceOptions
from pydantic import BaseModel

from ..kept_values import first_told, generated_hexadecimal, given_once, protected, told_before
from ..live import live
from .clients import of as client_of
from .clients.contract import ClientName, GenesisPlan
from .secrets import KEY_DIGITS

GENERATED: Final = "random:index/randomPassword:RandomPassword"
"""The type of a key that was made."""


class KeptGenesis(BaseModel):
    """A genesis, and what it was made of."""

    genesis: str
    """Its text, in the client's own form."""
    genesis_hash: str
    """Of the first block."""
    miners: int
    """How many miners are in it: the first ones."""
    inputs: Mapping[str, str]
    """What else of the input it was made of, by key."""


def kept_genesis(name: str) -> KeptGenesis | None:
    """The genesis that an earlier `up` kept under `name`."""
    text = told_before(name)
    return KeptGenesis.model_validate_json(text) if text else None


def made_genesis(client: ClientName, plan: GenesisPlan, inputs: Mapping[str, str]) -> KeptGenesis:
    """A new one."""
    maker = client_of(client)
    text = maker.genesis(plan)
    return KeptGenesis(
        genesis=text, genesis_hash=maker.genesis_hash(text), miners=len(plan.signers), inputs=dict(inputs)
    )


def keep_genesis(
    name: str, genesis: Output[KeptGenesis], opts: ResourceOptions, *, protect: bool
) -> Output[KeptGenesis]:
    """The genesis that was kept under `name`; `genesis`, unless there was one. Makes: `pulumi:index:Stash`, of which
    the last one is protected: an older one may go without anybody's help."""
    told = genesis.apply(KeptGenesis.model_dump_json)
    kept = first_told(name, told, protected(opts) if protect else opts)
    return kept.apply(KeptGenesis.model_validate_json)


def is_kept(name: str) -> bool:
    """Whether an earlier `up` made or was given a key under `name`, though that `up` may have come no further."""
    return bool(live().component(GENERATED, name) or told_before(name))


def key(name: str, given: Output[str] | str | None, opts: ResourceOptions) -> Output[str]:
    """A key as it was first made or given. Makes: `random:index:RandomPassword` or `pulumi:index:Stash`, protected."""
    if given is None:
        return generated_hexadecimal(name, KEY_DIGITS, opts)
    refusal = f"{name}: another key is given. The network knows the node, and its account, by the first one"
    return given_once(name, given, refusal, opts).apply(str.strip)
