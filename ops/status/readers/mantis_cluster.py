"""A network of Ethereum Classic's kind: where each node is, and how far."""

import asyncio
from collections.abc import Mapping
from typing import Final

from ...mantis import addresses, heads
from ...workloads.tasks import Release
from .. import pods
from ..asked import Asked
from ..facts import Facts
from ..pods import Seen

PLACES: Final[Mapping[str, int]] = {}


async def read(asked: Asked) -> Facts:
    network = asked.deployed().mantis()
    seen, found = await asyncio.gather(pods.look(asked), addresses.read(Release(network.release, network.namespace)))
    for each in seen:
        found.tell(each.part, each.task, network)

    async def ask(each: Seen) -> None:
        # The other client has nothing in its pod that could be asked there.
        if network.client == "core-geth" and each.task.name in network.nodes:
            await heads.ask(each.part, each.running, asked.timeout)

    await pods.ask(seen, ask, asked.timeout)
    heads.compare([each.part for each in seen])
    return Facts(parts=[each.part for each in seen], notes=list(found.notes))
