"""`python manage.py RATE [LEAVE_OUT] -- OPTIONS`: the manager, with a clock that runs fast or slow and a shorter lease.

`no-fence` leaves the fence out: the tests must see that.
"""

import asyncio
import sys
from contextlib import AbstractAsyncContextManager

from chain_store.clock import SystemClock
from nodeos_manager.__main__ import log_as_json, manage
from nodeos_manager.options import arguments
from nodeos_manager.production import keeper
from nodeos_manager.production.right import Timing

TIMING = Timing(duration=10.0, renew=1.0, fence=4.0, kill=1.5)
"""A third shorter than what is shipped."""


class OtherRate(SystemClock):
    """Runs `rate` seconds a second. Its wall clock is kept by NTP."""

    def __init__(self, rate: float) -> None:
        self._rate = rate

    def monotonic(self) -> float:
        return super().monotonic() * self._rate

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / self._rate)

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        return super().timeout(seconds / self._rate)


async def _no_fence(self: keeper.Keeper) -> None:
    while True:
        self._looked_at = self._clock.monotonic()
        await asyncio.sleep(1.0)


def main() -> None:
    ours, options = sys.argv[1 : sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1 :]
    if "no-fence" in ours:
        keeper.Keeper._fence = _no_fence
    log_as_json()
    asyncio.run(manage(arguments(options), OtherRate(float(ours[0])), TIMING))


if __name__ == "__main__":
    main()
