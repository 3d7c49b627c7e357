"""The replicas' secrets: how they reach L1. There is no key among them."""

from typing import Final

from ..metis.secrets import endpoint_problem
from ..secret_use import SecretUse, by_output

REPLICA: Final = "replica"
"""The pods."""

SECRETS: Final = {
    "l1_rpc_endpoint": SecretUse(env=[REPLICA], problem=endpoint_problem),
    "l1_beacon_endpoint": SecretUse(env=[REPLICA], problem=endpoint_problem),
}
"""Every secret by its key in `ReplicaSecretsArgs`."""


def use_of(entry: str) -> SecretUse:
    """What an entry of the output `secrets` is. Raises `LookupError`."""
    return by_output(SECRETS)[entry]
