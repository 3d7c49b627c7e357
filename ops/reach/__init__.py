"""How a node without any inbound port is reached: through its cloud's own session, or at an address that is given."""

from ..stacks import Account
from .aws import SessionManager
from .azure import RunCommand
from .contract import Answer, Call, Line, NoAnswer, Way
from .gcp import IdentityAwareProxy

__all__ = ["Answer", "Call", "Line", "NoAnswer", "Way", "way_of"]


def way_of(account: Account) -> Way:
    """The way that leads to the nodes of this account."""
    match account.cloud:
        case "aws":
            return SessionManager(account)
        case "azure":
            return RunCommand(account)
        case "gcp":
            return IdentityAwareProxy(account)
