"""A whole TSM in one cluster: the instances of each player are asked as those of one."""

from .tsm_node import PLACES, read

__all__ = ["PLACES", "read"]
