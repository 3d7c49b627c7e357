"""How a node without any inbound port is reached: through its cloud's own session, or at an address that is given."""

from importlib import import_module
from typing import cast

from ..stacks import Stack, ThetaNode
from .contract import Answer, Call, Line, LineByLine, Lines, Machine, MachineWay, NoAnswer, Way, unreached
from .kubernetes import Pod

__all__ = [
    "Answer",
    "Call",
    "Line",
    "LineByLine",
    "Lines",
    "Machine",
    "MachineWay",
    "NoAnswer",
    "Way",
    "machine_way",
    "unreached",
    "way_of",
]


def way_of(stack: Stack, node: ThetaNode) -> Way:
    """The way that leads to a node of the stack: to its pod, or to its machine. The module here that has the cloud's
    name knows the way to a machine."""
    if node.pod:
        return Pod()
    return machine_way(stack)


def machine_way(stack: Stack) -> MachineWay:
    """The way that leads to the machines of the stack."""
    account = stack.account()
    account.endpoint("machines")  # the clouds' command lines know none but the clouds' own
    return cast(MachineWay, import_module(f"{__name__}.{account.cloud}").way(account))
