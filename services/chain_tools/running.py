"""How a command ends."""

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from typing import Any

import typer

from chain_store.backups import NoRoom
from chain_store.bucket import Failed
from chain_store.manifests import Corrupt
from chain_store.tree import Unkeepable

_TOLD_TO_STOP = 128 + signal.SIGTERM


class Failure(Exception):
    """The command did not do what it is for. The message says why."""


def run(work: Coroutine[Any, Any, None]) -> None:
    """Runs a command to its end. What it cannot do is one line, and exit code 1. SIGTERM ends it in order."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    # It has a line for each request.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    try:
        asyncio.run(_until_told(work))
    except (Failure, Failed, Corrupt, NoRoom, Unkeepable, OSError) as failed:
        logging.getLogger("chain_tools").error("%s", failed)
        raise typer.Exit(1) from failed
    except asyncio.CancelledError as told:
        raise typer.Exit(_TOLD_TO_STOP) from told


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    """The first process of a container has no handler of SIGTERM unless it makes one."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task
