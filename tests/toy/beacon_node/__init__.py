"""BeaconNode: a toy node with one pod."""

from .args import BeaconNodeArgs
from .component import BeaconNode
from .settings import resolve

__all__ = ["BeaconNode", "BeaconNodeArgs", "resolve"]
