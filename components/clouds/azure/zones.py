"""How Azure's zones are spelled: `eastus2-1` on a node's label and in our stack files, `1` in Azure's API."""


def number(zone: str) -> str:
    """`1` of `eastus2-1`."""
    return zone.rsplit("-", 1)[-1]


def of(region: str) -> list[str]:
    """The zones that a region can have."""
    return [f"{region}-{number}" for number in (1, 2, 3)]


def problem(zone: str, region: str) -> str:
    """What is wrong with a zone of `region`; empty when nothing is."""
    known = of(region)
    return "" if zone in known else f"{zone!r} is no zone of {region}; its nodes' labels say {', '.join(known)}"
