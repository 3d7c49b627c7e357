"""How a node without any inbound port is reached: through its cloud's own session, or at an address that is given."""

from importlib import import_module
from typing import cast

import typer

from ..stacks import Stack, ThetaNode
from . import kubectl
from .contract import Answer, Call, Line, LineByLine, Machine, NoAnswer, Way, unreached
from .kubernetes import Pod

__all__ = ["Answer", "Call", "Line", "LineByLine", "Machine", "NoAnswer", "Way", "unreached", "way_of"]


def way_of(stack: Stack, node: ThetaNode, context: typer.Context) -> Way:
    """The way that leads to a node of the stack: to its pod, or to its machine. The module here that has the cloud's
    name knows the way to a machine."""
    if node.pod:
        kubectl.use_cluster_of(stack, context)
        return Pod()
    account = stack.account()
    account.endpoint("machines")  # the clouds' command lines know none but the clouds' own
    return cast(Way, import_module(f"{__name__}.{account.cloud}").way(account))
