"""What an ARM id tells: `/subscriptions/<subscription>/resourceGroups/<group>/providers/<type>/<name>...`."""


def subscription(id_: str) -> str:
    return id_.split("/")[2]


def resource_group(id_: str) -> str:
    """Empty for what is no ARM id."""
    return next(iter(id_.split("/")[4:]), "")


def name(id_: str) -> str:
    """The last part."""
    return id_.rsplit("/", 1)[-1]


def top(id_: str) -> str:
    """The name of what lies in the resource group itself, as a vault's in the id of its secret."""
    return id_.split("/")[8]


def in_group(subscription: str, group: str, path: str) -> str:
    """The id of what lies at `path` (`Microsoft.Network/publicIPAddresses/a`) in a resource group."""
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{path}"
