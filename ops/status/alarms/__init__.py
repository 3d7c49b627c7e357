"""Which alarms ring now: in a cluster those of Prometheus (`cluster`), on machines those of the cloud, by the module
here that has the cloud's name."""

from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from ...stacks import Account
from ..facts import Alarm


class Cloud(Protocol):
    """A cloud's alarms, through its command line with the operator's own credentials."""

    async def ringing(self, account: Account, names: Sequence[str]) -> list[Alarm]:
        """Those of these names that ring. Raises `Unreachable` with what the command line said."""
        ...


async def of_machines(account: Account, names: Sequence[str]) -> list[Alarm]:
    """`names` are the clouds' own, as a stack's outputs have them. Raises `Unreachable`."""
    account.endpoint("alarms")  # the clouds' command lines know none but the clouds' own
    return await cast(Cloud, import_module(f"{__name__}.{account.cloud}")).ringing(account, names)
