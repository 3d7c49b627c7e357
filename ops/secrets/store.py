"""What each cloud's secret store can be asked."""

from importlib import import_module
from typing import Protocol, cast

from pydantic import SecretStr

from ..errors import BadInput
from ..stacks import Account


class Store(Protocol):
    """A cloud's secret store. Whoever fills secrets need not be able to see them: filling reads no value."""

    def filled(self, secret: str) -> bool:
        """Whether there is a value that a machine or a pod would get."""
        ...

    def put(self, secret: str, value: SecretStr) -> None:
        """Makes `value` the current one."""
        ...

    def get(self, secret: str) -> SecretStr:
        """The current value: of what a command itself works with, as the token of a node manager."""
        ...


def store_of(account: Account) -> Store:
    """The store of the account's cloud. The module here that has the cloud's name knows it, and imports the cloud's SDK
    only now."""
    try:
        return cast(Store, import_module(f"{__package__}.{account.cloud}").store(account))
    except ModuleNotFoundError as error:
        raise BadInput(f"The SDK of {account.cloud} is not installed ({error}): pip install '.[ops]'.") from None
