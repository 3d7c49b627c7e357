"""What each cloud's secret store can be asked."""

from typing import Protocol

from pydantic import SecretStr

from ..errors import BadInput
from ..stacks import Account


class Store(Protocol):
    """A cloud's secret store. Never reads a value: whoever fills secrets need not be able to see them."""

    def filled(self, secret: str) -> bool:
        """Whether there is a value that a machine or a pod would get."""
        ...

    def put(self, secret: str, value: SecretStr) -> None:
        """Makes `value` the current one."""
        ...


def store_of(account: Account) -> Store:
    """The store of the account's cloud, whose SDK is imported only now."""
    try:
        match account.cloud:
            case "aws":
                from .aws import SecretsManager

                return SecretsManager(account.region)
            case "azure":
                from .azure import KeyVault

                return KeyVault()
            case "gcp":
                from .gcp import SecretManager

                return SecretManager()
    except ModuleNotFoundError as error:
        raise BadInput(f"The SDK of {account.cloud} is not installed ({error}): pip install '.[ops]'.") from None
