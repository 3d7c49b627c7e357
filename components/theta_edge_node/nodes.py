"""The nodes of a fleet: what each one is, and what can be wrong with them before anything is made."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import clouds
from ..clouds.contract.cloud import Cloud
from ..clouds.contract.machine import MachinePlan
from ..clouds.contract.platform import PlatformContract
from ..errors import InputError, Problem
from .args import EdgeNodeArgs, ThetaEdgeNodeArgs
from .boot import BootSpec, DataDisk, image_problem
from .boot.spec import Cloud as CloudName
from .images import IMAGES
from .instance_types import DEFAULTS, instance_type_problem

METRICS_NAMESPACE = "Nodeyard/Theta"

LONGEST_NAME = 39
"""Of a node with its fleet's: a StatefulSet's pods carry its name, `-edge` and a revision's hash in one label of 63
characters."""

MOST_RESOLVERS = 3
"""Of a pod (Kubernetes' "DNS for Services and Pods")."""

_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_PATHS = {
    "instance_type": "nodes.{node}.instance_type",
    "container_image": "nodes.{node}.image",
    "image": "machine_image",
    "log_days": "log_days",
    "notify": "notify",
}
"""Where each key of a machine's plan stands in the arguments."""
_OF_MACHINES = ("machine_image", "user", "read_only_root")
_MADE_LATER = ("disk", "secret", "log_group", "identity")
"""What a boot is told of things that are not made yet when the input is checked."""


@dataclass(frozen=True, kw_only=True)
class EdgeNode:
    """One node, with what it shares with its fleet."""

    key: str
    """Its name in the fleet."""
    name: str
    """Its name in the account: of its machine, disk and metrics."""
    zone: str
    instance_type: str
    image: str
    args: EdgeNodeArgs


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """What all nodes share: the arguments, and where they stand."""

    args: ThetaEdgeNodeArgs
    cloud: Cloud
    platform: PlatformContract

    @property
    def gpu(self) -> bool:
        return self.args.get("gpu", True)

    @property
    def spot(self) -> bool:
        return self.args.get("capacity") == "spot"


def zone_of(key: str, zones: Sequence[str]) -> str:
    """The zone of a node, by its name alone, so that no other node moves it: `edge-1`, `edge-2`, ... take turns; a name
    without a number falls where its hash does."""
    number = re.search(r"\d+$", key)
    turn = int(number[0]) - 1 if number else int(hashlib.sha256(key.encode()).hexdigest(), 16)
    return zones[turn % len(zones)]


def nodes_of(name: str, fleet: Fleet) -> list[EdgeNode]:
    """Every node of the fleet, by name."""
    args = fleet.args
    zones = args.get("zones") or _zones(fleet.platform)
    return [
        EdgeNode(
            key=key,
            name=f"{name}-{key}",
            zone=node.get("zone") or zone_of(key, zones),
            instance_type=_instance_type(args, node),
            image=node.get("image") or args["image"],
            args=node,
        )
        for key, node in sorted(args["nodes"].items())
    ]


def _zones(platform: PlatformContract) -> list[str]:
    """Private subnets where the network has them; a default network has public ones only."""
    return sorted({subnet["zone"] for subnet in platform["private_subnets"] or platform["public_subnets"]})


def check(name: str, args: ThetaEdgeNodeArgs) -> None:
    """Raises `InputError` with everything that is wrong with the arguments."""
    if problems := [*_fleet_problems(args), *_shared_disk_problems(args), *_nodes_problems(name, args)]:
        raise InputError(f"ThetaEdgeNode {name!r} has bad input.", problems)


def check_place(name: str, fleet: Fleet) -> None:
    """Raises `InputError` for zones in which the network, which AWS had to be asked for, has no subnet."""
    there = _zones(fleet.platform)
    named = [("zones", zone) for zone in fleet.args.get("zones") or ()]
    named += [(f"nodes.{key}.zone", node.get("zone") or "") for key, node in fleet.args["nodes"].items()]
    reason = f"has no subnet; there are in {', '.join(there)}"
    if problems := [(path, f"{zone!r} {reason}") for path, zone in named if zone and zone not in there]:
        raise InputError(f"ThetaEdgeNode {name!r} has bad input.", problems)


def cloud_of(args: ThetaEdgeNodeArgs) -> CloudName:
    return args["platform"]["cloud"] if "platform" in args else args["site"]["cloud"]


def _instance_type(args: ThetaEdgeNodeArgs, node: EdgeNodeArgs) -> str:
    fallback = DEFAULTS[cloud_of(args), args.get("gpu", True)]
    return node.get("instance_type") or args.get("instance_type") or fallback


def _fleet_problems(args: ThetaEdgeNodeArgs) -> Iterator[Problem]:
    if ("platform" in args) == ("site" in args):
        yield "platform", "give a platform or a site, one of the two"
        return
    if "site" in args and not args.get("zones"):
        yield "zones", "name the zones that offer the instance type: without a platform they are not known"
    if not args["nodes"]:
        yield "nodes", "name at least one"
    if problem := image_problem(args["image"]):
        yield "image", problem
    yield from _boot_problems(args)
    if args.get("placement") == "cluster":
        yield from _cluster_problems(args)
    else:
        yield from _machine_problems(args)


def _machine_problems(args: ThetaEdgeNodeArgs) -> Iterator[Problem]:
    """What the cloud itself would refuse; of what the nodes share, once."""
    name, gpu = cloud_of(args), args.get("gpu", True)
    found: dict[str, str] = {}
    for key, node in args["nodes"].items():
        plan = MachinePlan(
            instance_type=_instance_type(args, node),
            image=args.get("machine_image") or IMAGES[name, gpu].lookup,
            container_image=node.get("image") or args["image"],
            log_days=args.get("log_days", 90),
            notify=args.get("notify"),
        )
        for where, reason in clouds.named(name).machine_problems(plan):
            found[_PATHS[where].format(node=key)] = reason
    yield from found.items()
    least, given = IMAGES[name, gpu].disk_gib, args.get("root_disk_gib")
    if given and given < least and not args.get("machine_image"):
        yield (
            "root_disk_gib",
            f"the machine's image comes from a disk of {least} GiB, and boots from none of {given}",
        )


def _boot_problems(args: ThetaEdgeNodeArgs) -> Iterator[Problem]:
    """What a machine's boot would refuse, asked before there is one."""
    platform = args.get("platform")
    try:
        BootSpec(
            node="node",
            cloud=cloud_of(args),
            region=(platform or args["site"])["region"],
            network=args["network"],
            gpu=False,
            disk=DataDisk(()),
            secret="",
            image_source="-",
            log_group="-",
            metrics_namespace=METRICS_NAMESPACE,
            **boot_choices(args, platform),
        )
    except InputError as error:
        yield from (problem for problem in error.problems if problem[0] not in _MADE_LATER)


def boot_choices(args: ThetaEdgeNodeArgs, platform: PlatformContract | None) -> dict[str, Any]:
    """The part of a `BootSpec` that the operator chooses, and the network's ranges."""
    chosen: dict[str, Any] = {
        "expose": args.get("expose", "loopback"),
        "expose_cidrs": tuple(args.get("expose_cidrs", ())),
        "network_cidrs": network_cidrs(platform) if platform else (),
        "user": args.get("user") or "",
        "read_only_root": args.get("read_only_root", False),
        "spot": args.get("capacity") == "spot",
    }
    return chosen | ({"resolvers": tuple(resolvers)} if (resolvers := args.get("resolvers")) else {})


def network_cidrs(platform: PlatformContract) -> tuple[str, ...]:
    return (*platform["private_cidrs"], *platform["peered_cidrs"])


def _cluster_problems(args: ThetaEdgeNodeArgs) -> Iterator[Problem]:
    platform = args.get("platform")
    if platform is None or not platform["cluster_name"]:
        yield "placement", "a cluster is a platform's: give one"
        return
    if not platform["network_policy"]:
        yield "platform", "enforces no NetworkPolicies: nothing would keep edge jobs from private networks"
    if args.get("namespace") not in platform["namespaces"]:
        namespace = args.get("namespace") or ""
        yield "namespace", f"the platform made no namespace {namespace!r} for a team: add it to its `access`"
    if problem := clouds.named(platform["cloud"]).release_problem(args.get("release_version") or ""):
        yield "release_version", problem
    if not args.get("probe_image"):
        yield "probe_image", "is required in a cluster"
    for key in _OF_MACHINES:
        if args.get(key):
            yield key, "is an option of machines"
    if len(args.get("resolvers") or ()) > MOST_RESOLVERS:
        yield "resolvers", f"a pod has no more than {MOST_RESOLVERS}"
    # The policy alone opens nothing: the cloud's own firewall stands before the cluster's nodes.
    if args.get("expose") == "vpc":
        yield "expose", "is an option of machines: `kubectl port-forward` reaches a pod"


def _shared_disk_problems(args: ThetaEdgeNodeArgs) -> Iterator[Problem]:
    for key in ("existing_disk", "seed_from"):
        named = Counter(node.get(key) for node in args["nodes"].values())
        for source, times in named.items():
            if source and times > 1:
                yield f"nodes.*.{key}", f"{source} is named by {times} nodes: one identity, one disk"


def _nodes_problems(name: str, args: ThetaEdgeNodeArgs) -> Iterator[Problem]:
    for key, node in args["nodes"].items():
        path = f"nodes.{key}"
        if not _NAME.fullmatch(f"{name}-{key}") or len(f"{name}-{key}") > LONGEST_NAME:
            reason = f"has other characters than a-z, 0-9 and -, or more than {LONGEST_NAME}"
            yield path, f"the node's name {name}-{key} {reason}"
        if (image := node.get("image")) and (problem := image_problem(image)):
            yield f"{path}.image", problem
        if ("platform" in args) != ("site" in args):
            instance_type = _instance_type(args, node)
            cloud, gpu = cloud_of(args), args.get("gpu", True)
            if problem := instance_type_problem(cloud, instance_type, gpu=gpu):
                yield f"{path}.instance_type", problem
        for key_, reason in _identity_problems(node):
            yield f"{path}.{key_}", reason


def _identity_problems(node: EdgeNodeArgs) -> Iterator[Problem]:
    """A disk's identity and its password belong together, and there is one of each."""
    disk, seed, password = node.get("existing_disk"), node.get("seed_from"), _sources(node)
    if len(password) > 1:
        yield "password", f"has one source, not {' and '.join(password)}"
    if disk and seed:
        yield "seed_from", "is of a disk that is made, and existing_disk adopts one"
    if disk and not node.get("zone"):
        yield "zone", "is required with existing_disk: that of the disk"
    if (disk or seed) and not password:
        reason = "is required for a disk that holds an identity already: a new one would not open its key"
        yield "password", reason


def _sources(node: EdgeNodeArgs) -> list[str]:
    given: Mapping[str, object] = node.get("password", {})
    return [key for key in ("value", "existing", "external") if given.get(key)]
