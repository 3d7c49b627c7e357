"""TSMNetwork: every player of a Builder Vault TSM in one cluster, for tests."""

from .args import TSMNetworkArgs
from .component import TSMNetwork

__all__ = ["TSMNetwork", "TSMNetworkArgs"]
