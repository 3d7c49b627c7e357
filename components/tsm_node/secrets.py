"""The player's secrets: which pod reads each, and what form its value has.

The node reads its whole configuration, and nothing else. The database's passwords are for the Job that makes the
player's role.
"""

import json
from typing import Final

from ..secret_use import SecretTable, SecretUse, by_output
from . import config_check

NODE: Final = "node"
"""The pods of the player."""
ROLE: Final = "role"
"""The pod that makes the player's role in its database."""

CONFIG: Final = "config"
METRICS_KEY: Final = "metrics_key"
DATABASE_ADMIN: Final = "database_admin"
DATABASE_ROLE: Final = "database_role"
PULL: Final = "pull"

_CONFIG_LOST: Final = (
    "It has the player's private key, and the master password that opens the key shares in its database: with another "
    "key this is another player, and with another master password no key share can be read."
)
_LOGIN_LOST: Final = "The database has the old one: with another one nobody gets in until the database has it too."
_METRICS_LOST: Final = "Its hash is in the node's configuration: with another one Prometheus is refused."


def password_problem(value: str) -> str:
    """What is wrong with a password, without naming it: the master password, and those of the database."""
    return "" if value.isprintable() and value.strip() else "must be one line of printable characters"


def config_problem(value: str) -> str:
    """What is wrong with a whole config.toml, by the paths of its keys alone."""
    errors = [found for found in config_check.check(value) if found.severity == "error"]
    return "; ".join(f"`{found.path}` {found.message}" if found.path else found.message for found in errors)


def pull_problem(value: str) -> str:
    """What is wrong with a registry's credentials (Kubernetes' `kubernetes.io/dockerconfigjson`)."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and isinstance(found.get("auths"), dict) and found["auths"]:
        return ""
    return "is no .dockerconfigjson: a JSON object whose `auths` has an entry for each registry"


SECRETS: Final[SecretTable] = {
    CONFIG: SecretUse(file=[NODE], file_name="config.toml", problem=config_problem, lost=_CONFIG_LOST),
    # Prometheus reads it from the Secret that the pods keep in the namespace.
    METRICS_KEY: SecretUse(env=[NODE], problem=password_problem, lost=_METRICS_LOST),
    DATABASE_ADMIN: SecretUse(file=[ROLE], problem=password_problem, lost=_LOGIN_LOST),
    DATABASE_ROLE: SecretUse(file=[ROLE], problem=password_problem, lost=_LOGIN_LOST),
    PULL: SecretUse(pull=[NODE], problem=pull_problem),
}
"""Every secret by its key in `TSMSecretsArgs`. Each pod reads exactly what this table gives it."""


def use_of(entry: str) -> SecretUse:
    """What an entry of the output `secrets` is. Raises `LookupError`."""
    return by_output(SECRETS)[entry]
