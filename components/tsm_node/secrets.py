"""The player's secrets: which pod reads each.

The node reads its whole configuration, and nothing else. The database's passwords are for the Job that makes the
player's role.
"""

from collections.abc import Mapping
from typing import Final

from ..pods import SecretUse

NODE: Final = "node"
"""The pods of the player."""
ROLE: Final = "role"
"""The pod that makes the player's role in its database."""

CONFIG: Final = "config"
METRICS_KEY: Final = "metrics_key"
DATABASE_ADMIN: Final = "database_admin"
DATABASE_ROLE: Final = "database_role"
PULL: Final = "pull"

SECRETS: Final[Mapping[str, SecretUse]] = {
    CONFIG: SecretUse(file=[NODE], file_name="config.toml"),
    # Prometheus reads it from the Secret that the pods keep in the namespace.
    METRICS_KEY: SecretUse(env=[NODE]),
    DATABASE_ADMIN: SecretUse(file=[ROLE]),
    DATABASE_ROLE: SecretUse(file=[ROLE]),
    PULL: SecretUse(pull=[NODE]),
}
"""Every secret by its key in `TSMSecretsArgs`. Each pod reads exactly what this table gives it."""
