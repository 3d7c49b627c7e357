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

SECRETS: Final[Mapping[str, SecretUse]] = {
    CONFIG: SecretUse(file=[NODE]),
    "database_admin": SecretUse(file=[ROLE]),
    "database_role": SecretUse(file=[ROLE]),
    "pull": SecretUse(pull=[NODE]),
}
"""Every secret by its key in `TSMSecretsArgs`. Each pod reads exactly what this table gives it."""
