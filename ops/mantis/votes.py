"""Who signs a clique chain: more than half of its signers decide (EIP-225), by the blocks that they make."""

import asyncio
import json
import time

from .. import output
from ..errors import Unhealthy, Unreachable
from ..stacks import MantisNetwork
from ..workloads.cluster import Cluster
from ..workloads.tasks import Task
from . import miners

_LOOK_SECONDS = 5.0


async def signers(cluster: Cluster, task: Task) -> list[str]:
    """The accounts that sign, as this miner sees the chain."""
    try:
        found = miners.read(await miners.ask(cluster, task, "JSON.stringify(clique.getSigners())"))
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, list):
        raise Unreachable(f"{task.name} did not say who signs.")
    return [str(each).lower() for each in found]


async def propose(cluster: Cluster, network: MantisNetwork, name: str, signs: bool, patience: float) -> str:
    """Lets every signer that runs vote, and waits until the chain has decided. Returns what came of it in a sentence.
    Raises `BadInput`, `Unhealthy` and `Unreachable`."""
    account = miners.account(network, name)
    able = await miners.running(cluster, network)
    witness = next(iter(able.values()))
    now = await signers(cluster, witness)
    if (account in now) is signs:
        return f"{name} {'signs' if signs else 'does not sign'} already."
    voters = {each: task for each, task in able.items() if each in now}
    if 2 * len(voters) <= len(now):
        raise Unhealthy(f"{len(voters)} of {len(now)} signers run: more than half have to vote. Nobody was asked.")
    for voter in voters.values():
        await miners.ask(cluster, voter, f'clique.propose("{account}", {json.dumps(signs)})')
        output.note(f"- {voter.name} votes.")
    return await _decided(cluster, witness, name, account, signs, patience)


async def _decided(cluster: Cluster, witness: Task, name: str, account: str, signs: bool, patience: float) -> str:
    end = time.monotonic() + patience
    while (account in await signers(cluster, witness)) is not signs:
        if time.monotonic() > end:
            raise Unhealthy(f"The votes stand, and are not in blocks yet after {patience:g} seconds: ask again later.")
        await asyncio.sleep(_LOOK_SECONDS)
    return f"{name} {'signs' if signs else 'signs no more'}."
