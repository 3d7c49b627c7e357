"""How a command ends."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn

from chain_store.backups import NoRoom
from chain_store.bucket import Failed
from chain_store.manifests import Corrupt
from chain_store.tree import Unkeepable

_TOLD_TO_STOP = 128 + signal.SIGTERM


class Failure(Exception):
    """The command did not do what it is for. The message says why."""


def run(work: Coroutine[Any, Any, None]) -> NoReturn:
    """Runs a command to its end, and ends the process. What it cannot do is one line, and exit code 1. SIGTERM ends it
    in order."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    # It has a line for each request.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    code = _code(work)
    logging.shutdown()
    # At once: where the interpreter is taken down first, a thread of the bucket's client may abort the process, and a
    # backup that was made has failed (PyO3/pyo3-async-runtimes#40).
    os._exit(code)


def _code(work: Coroutine[Any, Any, None]) -> int:
    log = logging.getLogger("chain_tools")
    try:
        asyncio.run(_until_told(work))
    except (Failure, Failed, Corrupt, NoRoom, Unkeepable, OSError) as failed:
        log.error("%s", failed)
        return 1
    except asyncio.CancelledError:
        return _TOLD_TO_STOP
    except Exception:
        log.exception("an error of the program itself")
        return 1
    return 0


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    """The first process of a container has no handler of SIGTERM unless it makes one."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task
