"""What the containers of a release ask of their node: as a chart has it, as an operator says it, and whether the node
has it.

A chart's `values.yaml` is the one home of what its containers ask for by default.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NotRequired

import yaml
from typing_extensions import TypedDict

from .clouds.contract.node_room import Room
from .errors import Problem
from .inputs import AsWritten, Matching, declared
from .workload import CHARTS

_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "": 1}
_CPU = re.compile(r"(?P<cores>\d+(\.\d{1,3})?)|(?P<milli>\d+)m")
_MEMORY = re.compile(rf"(?P<number>\d+)(?P<unit>{'|'.join(_UNITS)})")

Cpu = Annotated[str, AsWritten, Matching(r"(?=.*[1-9])(\d+m|\d+(\.\d{1,3})?)", "an amount of CPU like 2 or 500m")]
Memory = Annotated[
    str, AsWritten, Matching(r"0*[1-9]\d*(Ki|Mi|Gi|Ti|k|M|G|T)", "an amount of memory with its unit, like 512Mi or 8Gi")
]


@declared
class AmountsArgs(TypedDict):
    """Amounts of processor and memory, as Kubernetes writes them."""

    cpu: NotRequired[Cpu]
    """Of vCPUs: 2, or 500m for a half."""
    memory: NotRequired[Memory]
    """With its unit: 512Mi, 8Gi."""


@declared
class ResourcesArgs(TypedDict):
    """What a container asks of its node, and what it may take. What is not given stays as it is by default."""

    requests: NotRequired[AmountsArgs]
    """What the scheduler sets aside for it."""
    limits: NotRequired[AmountsArgs]
    """What it never gets more of. A process that takes more memory is killed."""


Resources = Mapping[str, Mapping[str, str]]
"""`requests` and `limits`, each with `cpu` and `memory`, as a chart takes them."""


@cache
def chart_defaults(chart: str) -> Mapping[str, Any]:
    """The values of one of our charts where nothing else is said."""
    values: Mapping[str, Any] = yaml.safe_load((Path(CHARTS) / chart / "values.yaml").read_text())
    return values


def overlaid(default: Resources, given: Any) -> dict[str, dict[str, str]]:
    """`default` with what is given in its place."""
    kinds = ("requests", "limits")
    return {kind: {**default.get(kind, {}), **given.get(kind, {})} for kind in kinds}


def amount(amounts: Mapping[str, str]) -> Room:
    """`cpu` and `memory` in numbers. Parts of a MiB count as a whole one."""
    return Room(millicpu=_millicpu(amounts.get("cpu", "0")), mib=_mib(amounts.get("memory", "0")))


def room_values(room: Room) -> dict[str, str]:
    """The same in words of Kubernetes."""
    return {"cpu": f"{room.millicpu}m", "memory": f"{room.mib}Mi"}


def rest_of(room: Room, asked: Room, told: Resources) -> dict[str, str]:
    """The limits of a container that may take all of a node that nobody else on the node asks for. `asked` is by all of
    them, and `told` what the container is told. Where they do not fit, a rule says so."""
    own = amount(told["requests"])
    left = room - asked + own
    return room_values(Room(millicpu=max(left.millicpu, own.millicpu), mib=max(left.mib, own.mib)))


def limit_problems(resources: Resources) -> Iterator[Problem]:
    """Limits below what is asked for, which the API server refuses."""
    asked, limits = amount(resources["requests"]), amount(resources["limits"])
    for key, least, most in (("cpu", asked.millicpu, limits.millicpu), ("memory", asked.mib, limits.mib)):
        if key in resources["limits"] and most < least:
            told = f"is less than the {resources['requests'][key]} that it asks for"
            yield ("limits", key), f"{told}: give `requests.{key}` too"


def too_small(instance_type: str, room: Room, asked: Room) -> str:
    """What is wrong with a node that has `room` for pods that ask for `asked`; empty when nothing is."""
    if room.holds(asked):
        return ""
    return (
        f"{instance_type!r} is too small: its node has {room} for its pods, after what the kubelet and the cluster's "
        f"own agents take, and they ask for {asked}"
    )


def unknown_size(what: str, instance_type: str, asked: Room) -> str:
    """What `up` warns of where nobody can say whether the pods fit."""
    return (
        f"{instance_type!r} does not tell its size by its name: {what} needs {asked} besides what the kubelet and the "
        "cluster's own agents take, and its pods wait forever on a smaller one."
    )


def _millicpu(written: str) -> int:
    found = _CPU.fullmatch(str(written))
    if found is None:
        raise ValueError(f"{written!r} is no amount of CPU")
    return int(found["milli"]) if found["milli"] else round(float(found["cores"]) * 1000)


def _mib(written: str) -> int:
    found = _MEMORY.fullmatch(str(written))
    if found is None:
        raise ValueError(f"{written!r} is no amount of memory")
    return -(-int(found["number"]) * _UNITS[found["unit"]] // 2**20)
