"""ARM ids: how they are made, and what they say."""

import re
from collections.abc import Iterator

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
GROUP = "/subscriptions/{account}/resourceGroups/{resourceGroupName}"
ID = re.compile(r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+(/providers/[^\s]+)?", re.IGNORECASE)


def within_group(path: str) -> str:
    """The template of an id, given what follows the resource group: `Microsoft.Network/natGateways/{name}`."""
    return f"{GROUP}/providers/{path}"


def type_of(id_: str) -> str:
    """`Microsoft.Network/virtualNetworks/subnets`, of a subnet's id."""
    provider, *rest = id_.rpartition("/providers/")[2].split("/")
    return "/".join([provider, *rest[::2]])


def above(id_: str) -> Iterator[str]:
    """What an id lies in: a resource group, a parent, or what it is attached to."""
    where, provider, path = id_.rpartition("/providers/")
    if not provider:
        return
    parts = path.split("/")
    if len(parts) > 3:
        yield f"{where}/providers/{'/'.join(parts[:-2])}"
    elif "/resourceGroups/" in where:
        yield where
