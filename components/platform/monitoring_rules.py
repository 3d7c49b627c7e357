"""What is wrong with a platform's monitoring, by the keys of the platform's arguments."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ..asking import Rule
from ..clouds.contract.monitoring import NAMESPACE, PODS
from ..clouds.contract.network import ZONES
from ..clouds.contract.node_pool import NodePoolSpec
from ..clouds.contract.node_room import Room, total
from ..clouds.contract.platform import PlatformContract, without_cluster
from ..errors import Path, Problem, below
from ..ingress import ingress_problems
from ..live import LASTING, live
from .monitoring import KIND_KEYS
from .monitoring_args import GrafanaArgs, ReceiverArgs
from .settings import TYPE, Settings

SYSTEM_PODS: Final = Room(millicpu=1000, mib=1536)
"""What the cluster's own add-ons ask of the system nodes together, besides their agents: the DNS, the controllers of
drivers and of load balancers. No cloud publishes all of it: this is our allowance."""


def _receivers(platform: Settings) -> Mapping[str, ReceiverArgs]:
    return platform.args["monitoring"]["receivers"] if "monitoring" in platform.args else {}


def _grafana(platform: Settings) -> GrafanaArgs:
    return platform.args["monitoring"]["grafana"] if "monitoring" in platform.args else {}


def receivers(platform: Settings) -> Iterator[Problem]:
    """Keys that a receiver's kind needs, and keys of other kinds."""
    for name, told in _receivers(platform).items():
        given: Mapping[str, Any] = told
        keys = KIND_KEYS[told["kind"]]
        path: Path = ("monitoring", "receivers", name)
        for key in (keys.holds, *keys.required):
            if key not in given:
                yield (*path, key), f"is required with `kind: {told['kind']}`"
        for key in given.keys() - {"kind", "severities", keys.holds, *keys.settings}:
            yield (*path, key), f"does not go with `kind: {told['kind']}`"


def watchdog(platform: Settings) -> Iterator[Problem]:
    """One that calls nobody."""
    told = platform.args["monitoring"].get("watchdog") if "monitoring" in platform.args else None
    if told is not None and "url" not in told:
        yield ("monitoring", "watchdog", "url"), "is required"


def sign_in(platform: Settings) -> Iterator[Problem]:
    """A provider that could not send anybody back, or that has no secret."""
    grafana = _grafana(platform)
    if "sign_in" not in grafana:
        return
    path: Path = ("monitoring", "grafana", "sign_in")
    if "ingress" not in grafana:
        yield path, "needs `ingress`: the provider sends people back to a host"
    if "client_secret" not in grafana["sign_in"]:
        yield (*path, "client_secret"), "is required"


def front(platform: Settings) -> Iterator[Problem]:
    """What the cloud's ingress controller could not do, or one of the operator's own."""
    spec = platform.monitoring.ingress if platform.monitoring else None
    given, grafana = _grafana(platform).get("callers"), ("monitoring", "grafana")
    if spec:
        yield from below(grafana, ingress_problems(spec, given, platform.cloud, _as_it_will_be(platform)))
    elif given:
        yield (*grafana, "callers"), "are of an `ingress`, which is not given"


def _as_it_will_be(platform: Settings) -> PlatformContract:
    """What an ingress is asked about of a platform that is not made yet."""
    known = without_cluster(
        cloud=platform.args["cloud"],
        account=platform.account or "",
        region=platform.region,
        network_id="",
        public_subnets=[],
        private_subnets=[],
        private_cidrs=[platform.cidr],
    )
    return {**known, "peered_cidrs": list(platform.peered_cidrs)}


def namespace(platform: Settings) -> Iterator[Problem]:
    """A team in the monitoring's own namespace, which could read its Secrets and silence its alerts."""
    for team, access in platform.access.items():
        if platform.monitoring and NAMESPACE in access.namespaces:
            place = list(access.namespaces).index(NAMESPACE)
            yield ("access", team, "namespaces", place), f"{NAMESPACE} is where `monitoring` runs: no team may be there"


def system_nodes(platform: Settings) -> Iterator[Problem]:
    """Too few nodes, or too small ones."""
    if not platform.monitoring:
        return
    nodes = platform.args["system_nodes"]
    if nodes["node_count"] < ZONES:
        yield (
            ("system_nodes", "node_count"),
            f"must be {ZONES} or more with `monitoring`, a node in each zone: a volume stays in its zone, and its pod "
            "waits until that zone has a node",
        )
        return
    each = platform.cloud.node_room(
        NodePoolSpec(instance_type=platform.instance_type, zone="", release_version=platform.release_version)
    )
    wanted = total(PODS.values()) + SYSTEM_PODS
    if each is None:
        return
    together = total([each] * nodes["node_count"])
    largest = max(PODS.values(), key=lambda pod: pod.mib)
    if not together.holds(wanted) or not each.holds(largest):
        yield (
            ("system_nodes", "instance_type"),
            f"{nodes['node_count']} of {platform.instance_type} have {together} for pods, {each} each: with "
            f"`monitoring` their pods ask for {wanted}, the largest one for {largest}",
        )


def volumes(platform: Settings) -> Iterator[Problem]:
    """Other sizes than those of the volumes that are up. The claims come of templates, which never change."""
    before = live().component(TYPE, platform.name).get(LASTING, {}).get("volumes", {})
    now = platform.monitoring.volumes if platform.monitoring else {}
    for key, gib in now.items():
        if key in before and int(before[key]) != gib:
            yield (
                ("monitoring", key),
                f"the volume has {int(before[key])} GiB, and its claim does not change: take `monitoring` out, `up`, "
                "and put it in again. The old volumes stay, with what is in them",
            )


MONITORING_RULES: Sequence[Rule[Settings]] = [receivers, watchdog, sign_in, front, namespace, system_nodes, volumes]
