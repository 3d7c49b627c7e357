"""How a node without any inbound port is reached: through its cloud's own session, or at an address that is given."""

from importlib import import_module
from typing import cast

from ..stacks import Account, ThetaNode
from .contract import Answer, Call, Line, LineByLine, NoAnswer, Way, unreached
from .kubernetes import Pod

__all__ = ["Answer", "Call", "Line", "LineByLine", "NoAnswer", "Way", "unreached", "way_of"]


def way_of(account: Account, node: ThetaNode) -> Way:
    """The way that leads to a node of this account: to its pod, or to its machine. The module here that has the cloud's
    name knows the way to a machine."""
    if node.pod:
        return Pod()
    return cast(Way, import_module(f"{__name__}.{account.cloud}").way(account))
