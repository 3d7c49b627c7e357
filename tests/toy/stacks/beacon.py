"""A beacon network: one node on a platform."""

import pulumi

from stacks.file import StackFile
from tests.toy.beacon_node import BeaconNode, BeaconNodeArgs, resolve

FILE = StackFile(BeaconNodeArgs, resolve)


def deploy(args: BeaconNodeArgs) -> None:
    """Makes one `BeaconNode`, named as the stack is."""
    node = BeaconNode(pulumi.get_stack(), args)
    pulumi.export("endpoints", node.endpoints)
    pulumi.export("secrets", node.secrets)
    pulumi.export("missing", node.missing)
