"""Who signs a clique chain: more than half of its signers decide (EIP-225), by the blocks that they make.

core-geth's miners are asked in their pods: a miner has no RPC but a socket there.
"""

import asyncio
import json
import time
from collections.abc import Mapping

from .. import output
from ..errors import BadInput, Unhealthy, Unreachable
from ..stacks import MantisNetwork
from ..workloads.cluster import Cluster
from ..workloads.tasks import Task

_ATTACH = ("geth", "attach", "--datadir", "/run/node/console", "--exec")
_SOCKET = "/run/node/geth.ipc"
"""As the chart's start script has them: the console keeps its history in memory, since the rest is read-only."""
_LOOK_SECONDS = 5.0


def console(script: str) -> list[str]:
    """The command by which a node's console runs a script, in the node's pod."""
    return [*_ATTACH, script, _SOCKET]


async def signers(cluster: Cluster, task: Task) -> list[str]:
    """The accounts that sign, as this miner sees the chain."""
    try:
        found = json.loads(await _ask(cluster, task, "JSON.stringify(clique.getSigners())", is_text=True))
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise Unreachable(f"{task.name} did not say who signs.")
    return [str(each).lower() for each in found]


async def propose(cluster: Cluster, network: MantisNetwork, name: str, signs: bool, patience: float) -> str:
    """Lets every signer that runs vote, and waits until the chain has decided. Returns what came of it in a sentence.
    Raises `BadInput`, `Unhealthy` and `Unreachable`."""
    account = _account(network, name)
    miners = await _miners(cluster, network)
    witness = next(iter(miners.values()))
    now = await signers(cluster, witness)
    if (account in now) is signs:
        return f"{name} {'signs' if signs else 'does not sign'} already."
    voters = {each: task for each, task in miners.items() if each in now}
    if 2 * len(voters) <= len(now):
        raise Unhealthy(f"{len(voters)} of {len(now)} signers run: more than half have to vote. Nobody was asked.")
    for voter in voters.values():
        await _ask(cluster, voter, f'clique.propose("{account}", {json.dumps(signs)})')
        output.note(f"- {voter.name} votes.")
    return await _decided(cluster, witness, name, account, signs, patience)


async def _decided(cluster: Cluster, witness: Task, name: str, account: str, signs: bool, patience: float) -> str:
    end = time.monotonic() + patience
    while (account in await signers(cluster, witness)) is not signs:
        if time.monotonic() > end:
            raise Unhealthy(f"The votes stand, and are not in blocks yet after {patience:g} seconds: ask again later.")
        await asyncio.sleep(_LOOK_SECONDS)
    return f"{name} {'signs' if signs else 'signs no more'}."


def _account(network: MantisNetwork, name: str) -> str:
    task = network.tasks.get(name)
    if task is None or task.role != "miner" or not task.address:
        miners = ", ".join(each for each, found in network.tasks.items() if found.role == "miner")
        raise BadInput(f"{name} is no miner of this stack. It has: {miners}.")
    return task.address.lower()


async def _miners(cluster: Cluster, network: MantisNetwork) -> Mapping[str, Task]:
    """By account, those that run."""
    tasks = {task.name: task for task in await cluster.look()}
    found = {
        told.address.lower(): tasks[name]
        for name, told in network.tasks.items()
        if told.role == "miner" and told.address and name in tasks and any(pod.is_running for pod in tasks[name].pods)
    }
    if not found:
        raise Unhealthy("No miner runs: nobody can vote.")
    return found


async def _ask(cluster: Cluster, task: Task, script: str, is_text: bool = False) -> str:
    """What the miner's console prints. A text comes as JSON's."""
    printed = (await cluster.run(task.running(), console(script))).strip()
    return str(json.loads(printed)) if is_text else printed
