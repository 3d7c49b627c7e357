"""`placement: machine`: one machine for each node."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from pulumi import Input, Output, ResourceOptions

from .. import clouds
from ..clouds.contract.firewall import Firewall, FirewallSpec, IngressRule
from ..clouds.contract.log_group import LogGroup, LogGroupSpec
from ..clouds.contract.machine import MachineSpec
from ..clouds.contract.machine_boot import MachineBootSpec
from ..clouds.contract.platform import PlatformContract
from ..clouds.contract.telemetry import TelemetrySpec
from .boot import LOG_FILES, BootChoices, render
from .boot.metrics import NAMESPACE
from .keepsakes import keepsakes
from .networks import PORTS
from .outputs import MadeNode
from .settings import EdgeNode, Settings, network_cidrs
from .telemetry import alarms, panels


@dataclass(frozen=True)
class Shared:
    """What the machines of a fleet share."""

    logs: LogGroup
    """Each line in it says whose it is. A group for each node would end at the fiftieth on Google Cloud, which takes no
    more exclusion filters ("Quotas and limits" of Cloud Logging)."""
    firewalls: Sequence[Firewall]
    """What opens the nodes' interfaces, if anything does."""


def shared(fleet: Settings, platform: PlatformContract, opts: ResourceOptions) -> Shared:
    """Makes what the machines of a fleet share."""
    cloud, clients = clouds.of(platform), fleet.args["expose_cidrs"]
    rules = [IngressRule(port, "tcp", f"Theta edge {what} RPC", clients) for what, port in PORTS.items()]
    opened = FirewallSpec(ingress=rules)
    return Shared(
        logs=cloud.LogGroup(fleet.name, LogGroupSpec(days=fleet.args["log_days"]), platform, opts),
        firewalls=[cloud.Firewall(f"{fleet.name}-expose", opened, platform, opts)] if clients else [],
    )


def place(
    node: EdgeNode, platform: PlatformContract, schedule: Output[str] | None, its: Shared, opts: ResourceOptions
) -> MadeNode:
    """The node's disk and password, its machine and what is watched of it."""
    fleet, cloud, logs = node.fleet, clouds.of(platform), its.logs
    kept = keepsakes(node, platform, schedule, opts)
    disk, secret = kept.disk, kept.password
    # A list, whose order the user data has.
    made = Output.all(disk.disk_id, secret.secret_id, logs.log_group)
    machine = cloud.Machine(
        node.name,
        MachineSpec(
            zone=node.zone,
            instance_type=node.instance_type,
            image=fleet.machine_image,
            user_data=made.apply(lambda ids: _user_data(node, platform, *ids)),
            container_image=node.image,
            disk=disk,
            secrets=[secret],
            log_group=logs,
            log_files=LOG_FILES,
            metrics_namespace=NAMESPACE,
            root_disk_gib=fleet.root_disk_gib,
            spot=fleet.spot,
            gpu=fleet.gpu,
            firewalls=its.firewalls,
        ),
        platform,
        opts,
    )
    watched = TelemetrySpec(
        node=node.name,
        machine=machine,
        disk=disk,
        namespace=NAMESPACE,
        panels=panels(gpu=fleet.gpu),
        alarms=alarms(gpu=fleet.gpu, spot=fleet.spot),
        notify=fleet.args.get("notify"),
    )
    telemetry = cloud.Telemetry(node.name, watched, platform, opts)
    return MadeNode(
        node=node,
        kept=kept,
        instance=machine.instance,
        group=machine.group,
        session=machine.session,
        logs=logs.log_group,
        dashboard=telemetry.dashboard,
        alarms=cast(Input[list[str]], telemetry.alarms),
    )


def boot_choices(fleet: Settings, platform: PlatformContract | None) -> BootChoices:
    """How the container runs, and what it may not reach: the ranges of the network that it stands in."""
    return BootChoices(
        network=fleet.network,
        gpu=fleet.gpu,
        spot=fleet.spot,
        expose=fleet.args["expose"],
        expose_cidrs=tuple(fleet.args["expose_cidrs"]),
        network_cidrs=network_cidrs(platform) if platform else (),
        resolvers=tuple(fleet.args["resolvers"]),
        user=fleet.args.get("user", ""),
        read_only_root=fleet.args["read_only_root"],
    )


def _user_data(node: EdgeNode, platform: PlatformContract, disk: str, secret: str, log_group: str) -> str:
    spec = MachineBootSpec(
        machine=node.name,
        disk=disk,
        secret=secret,
        log_group=log_group,
        log_files=LOG_FILES,
        metrics_namespace=NAMESPACE,
        gpu=node.fleet.gpu,
    )
    boot = clouds.of(platform).machine_boot(spec, platform)
    return render(node.name, boot_choices(node.fleet, platform), boot)
