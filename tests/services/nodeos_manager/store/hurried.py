"""The manager's own program, which does not wait before a backup."""

import asyncio
import sys

from nodeos_manager.__main__ import log_as_json, manage
from nodeos_manager.options import arguments
from nodeos_manager.production.right import Timing
from tests.services.nodeos_manager.store.nodes import Clock

if __name__ == "__main__":
    log_as_json()
    asyncio.run(manage(arguments(sys.argv[1:]), Clock(), Timing()))
