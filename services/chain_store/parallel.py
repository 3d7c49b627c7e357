"""A few things at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
AT_ONCE = 4
"""Each holds one chunk in memory."""


async def each(work: Callable[[Item], Awaitable[Result]], items: Iterable[Item]) -> list[Result]:
    """The results, in the order of the items. The first that fails ends the others, and is raised."""
    results: dict[int, Result] = {}
    waiting = iter(enumerate(items))

    async def worker() -> None:
        for place, item in waiting:
            results[place] = await work(item)

    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(AT_ONCE):
                workers.create_task(worker())
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
    return [results[place] for place in sorted(results)]
