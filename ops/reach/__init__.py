"""How a node without any inbound port is reached: through its cloud's own session, or at an address that is given."""

from ..stacks import Account, ThetaNode
from .aws import SessionManager
from .azure import RunCommand
from .contract import Answer, Call, Line, NoAnswer, Way
from .gcp import IdentityAwareProxy
from .kubernetes import Pod

__all__ = ["Answer", "Call", "Line", "NoAnswer", "RunCommand", "Way", "way_of"]


def way_of(account: Account, node: ThetaNode) -> Way:
    """The way that leads to a node of this account: to its pod, or to its machine."""
    if node.pod:
        return Pod()
    match account.cloud:
        case "aws":
            return SessionManager(account)
        case "azure":
            return RunCommand()
        case "gcp":
            return IdentityAwareProxy(account)
