"""Who is who on a network: what follows from its keys, and how each node is run.

Everything here is computed when keys are known. A node's configuration goes by the genesis miners, and by its own key:
a miner that comes later changes no other node's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi import Output, ResourceOptions

from . import keys as derived
from .clients.contract import Bootstrap, Chain, GenesisPlan, Node, Role
from .keepsakes import KeptGenesis, keep_genesis, kept_genesis, key, made_genesis
from .network import FUNDS, Task
from .secrets import FAUCET
from .settings import Settings

_LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Keyed:
    """Somebody with a key."""

    key: Output[str]
    """The private half, which is a secret."""
    public_id: Output[str]
    account: Output[str]


def keyed(network: Settings, opts: ResourceOptions) -> dict[str, Keyed]:
    """Everybody with a key, by name. Makes the keys, or keeps them as they were."""
    told: Mapping[str, Any] = network.args["keys"]
    return {name: _keyed(key(network.key_name(name), told.get(name, {}).get("value"), opts)) for name in network.keyed}


def _keyed(private: Output[str]) -> Keyed:
    """The public half is no secret, though it is made of one."""
    public = Output.unsecret(private.apply(derived.public_id))
    return Keyed(key=private, public_id=public, account=public.apply(derived.address_of))


def genesis(network: Settings, owners: Mapping[str, Keyed], opts: ResourceOptions) -> Output[KeptGenesis]:
    """The first block, and what is kept of earlier ones. Makes a Stash for each."""
    kept = [
        keep_genesis(network.genesis_name(one), _genesis(network, owners, one), opts, protect=one == network.generation)
        for one in network.generations
    ]
    return kept[-1]


def _genesis(network: Settings, owners: Mapping[str, Keyed], generation: int) -> Output[KeptGenesis]:
    """What was kept of a generation, or else a new one.

    What was kept waits for its keys, too, as the state says that it does. Otherwise a plan with `--target` could come
    to it first: Pulumi's engine takes its keys over from the state then, and refuses the program's own as duplicates.
    """
    before = kept_genesis(network.genesis_name(generation))
    signers = network.first_miners(before.miners) if before else network.bootstrap
    miners = [owners[miner.name].account for miner in signers]

    def made(known: Mapping[str, Any]) -> KeptGenesis:
        plan = _plan(network, known["miners"], known["faucet"])
        return before or made_genesis(network.args["client"], plan, network.genesis_inputs)

    return Output.all(miners=miners, faucet=owners[FAUCET].account).apply(made)


def _plan(network: Settings, miners: list[str], faucet: str) -> GenesisPlan:
    return GenesisPlan(
        chain_id=network.args["chain_id"],
        consensus=network.consensus,
        period=network.period,
        gas_limit=network.args["genesis"]["gas_limit"],
        difficulty=network.difficulty,
        signers=miners,
        alloc={**dict.fromkeys([*miners, faucet], FUNDS), **network.alloc},
        generation=network.generation,
    )


def chain(network: Settings, owners: Mapping[str, Keyed], kept: Output[KeptGenesis]) -> Output[Chain]:
    """What all nodes are told alike."""
    return Output.all(
        genesis=kept.apply(lambda one: one.genesis),
        bootstrap=[owners[miner.name].public_id for miner in network.bootstrap],
        checkpoint=[owners[node.name].public_id for node in network.checkpoint],
    ).apply(
        lambda known: Chain(
            name=network.name,
            chain_id=network.args["chain_id"],
            consensus=network.consensus,
            genesis=known["genesis"],
            bootstrap=[
                Bootstrap(name=miner.name, public_id=public_id, host=network.host(miner))
                for miner, public_id in zip(network.bootstrap, known["bootstrap"], strict=True)
            ],
            checkpoint_keys=known["checkpoint"],
            rpc_apis=network.rpc_apis,
        )
    )


def configs(network: Settings, chain: Output[Chain], owners: Mapping[str, Keyed]) -> dict[str, Output[dict[str, Any]]]:
    """How each node is run, as its chart is told, by name."""
    return {task.name: _config(network, chain, owners, task, task.role) for task in network.tasks if task.role}


def _config(
    network: Settings, chain: Output[Chain], owners: Mapping[str, Keyed], task: Task, role: Role
) -> Output[dict[str, Any]]:
    """An empty list is left out, which says the same."""
    account = owners[task.name].account if role is Role.MINER else Output.from_input("")
    # There no NetworkPolicy keeps anybody from the RPC API.
    on_host = task in network.public_miners and network.claim.way != "load-balancer"

    def rendered(known: list[Any]) -> dict[str, Any]:
        node = Node(name=task.name, role=role, address=known[1], rpc_listen=_LOOPBACK if on_host else "")
        run = network.client.node(known[0], node)
        arguments = {"arguments": list(run.arguments)} if run.arguments else {}
        return {"files": dict(run.files), **arguments}

    return Output.all(chain, account).apply(rendered)


def enode(network: Settings, owners: Mapping[str, Keyed], miner: Task, public: Output[str] | None) -> Output[str]:
    """How a miner is dialled: by its public address, where it has one."""
    host = Output.from_input(network.host(miner)) if public is None else public
    return Output.all(owners[miner.name].public_id, host).apply(
        lambda known: Bootstrap(name=miner.name, public_id=known[0], host=known[1]).enode
    )
