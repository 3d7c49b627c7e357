"""`placement: machine`: one machine for each node."""

from typing import Any, cast

from pulumi import Input, Output, ResourceOptions

from ..clouds.contract.firewall import Firewall, FirewallSpec, IngressRule
from ..clouds.contract.log_group import LogGroup, LogGroupSpec
from ..clouds.contract.machine import MachineSpec
from ..clouds.contract.telemetry import TelemetrySpec
from .boot import LOG_FILES, BootSpec, DataDisk, user_data
from .images import IMAGES, MachineImage
from .networks import CORE_PORT, ENCODER_PORT, LAUNCHER_PORT
from .nodes import METRICS_NAMESPACE, EdgeNode, Fleet, boot_choices
from .placed import Placed, disk_of, secret_of
from .watch import alarms, panels

PORTS = {LAUNCHER_PORT: "edge launcher", CORE_PORT: "edge core", ENCODER_PORT: "edge encoder"}


def exposed(name: str, fleet: Fleet, opts: ResourceOptions) -> list[Firewall]:
    """What opens the fleet's interfaces, if anything does."""
    if fleet.args.get("expose") != "vpc":
        return []
    cidrs = list(fleet.args.get("expose_cidrs", ()))
    rules = [IngressRule(port, "tcp", f"Theta {what} RPC", cidrs) for port, what in PORTS.items()]
    return [fleet.cloud.Firewall(f"{name}-expose", FirewallSpec(ingress=rules), fleet.platform, opts)]


def log_of(name: str, fleet: Fleet, opts: ResourceOptions) -> LogGroup:
    """The fleet's: each line in it says whose it is. One for each node would end at the fiftieth on Google Cloud, which
    takes no more exclusion filters ("Quotas and limits" of Cloud Logging)."""
    return fleet.cloud.LogGroup(name, LogGroupSpec(days=fleet.args.get("log_days", 90)), fleet.platform, opts)


def place(node: EdgeNode, fleet: Fleet, logs: LogGroup, firewalls: list[Firewall], opts: ResourceOptions) -> Placed:
    """The node's disk and password, its machine and what is watched of it."""
    cloud, platform = fleet.cloud, fleet.platform
    disk, secret = disk_of(node, fleet, "", opts), secret_of(node, fleet, opts)
    # A list, whose order the user data has.
    made = Output.all(disk.disk_id, secret.secret_id, logs.log_group)
    machine = cloud.Machine(
        node.name,
        MachineSpec(
            zone=node.zone,
            instance_type=node.instance_type,
            image=fleet.args.get("machine_image") or _image(fleet).lookup,
            user_data=made.apply(lambda ids: _user_data(node, fleet, *ids)),
            container_image=node.image,
            disk=disk,
            secrets=[secret],
            log_group=logs,
            log_files=LOG_FILES,
            metrics_namespace=METRICS_NAMESPACE,
            root_disk_gib=fleet.args.get("root_disk_gib") or _image(fleet).root_disk_gib,
            spot=fleet.spot,
            gpu=fleet.gpu,
            firewalls=firewalls,
        ),
        platform,
        opts,
    )
    watched = TelemetrySpec(
        node=node.name,
        machine=machine,
        disk=disk,
        namespace=METRICS_NAMESPACE,
        panels=panels(gpu=fleet.gpu),
        alarms=alarms(spot=fleet.spot),
        notify=fleet.args.get("notify"),
    )
    telemetry = cloud.Telemetry(node.name, watched, platform, opts)
    return Placed(
        node=node,
        disk=disk,
        secret=secret,
        machine_id=machine.machine_id,
        session=machine.session,
        logs=logs.log_group,
        dashboard=telemetry.dashboard,
        alarms=cast(Input[list[str]], telemetry.alarms),
    )


def _image(fleet: Fleet) -> MachineImage:
    """The cloud's own. One that the operator names instead is taken to be no larger, or comes with `root_disk_gib`."""
    return IMAGES[fleet.platform["cloud"], fleet.gpu]


def _user_data(node: EdgeNode, fleet: Fleet, disk: str, secret: str, log_group: str) -> str:
    boot = fleet.cloud.machine_boot(fleet.platform, node.name)
    choices: dict[str, Any] = boot_choices(fleet.args, fleet.platform)
    return user_data(
        BootSpec(
            node=node.name,
            cloud=fleet.platform["cloud"],
            region=fleet.platform["region"],
            network=fleet.args["network"],
            gpu=fleet.gpu,
            disk=DataDisk(tuple(boot.disk_paths(disk)), disk if boot.attaches_disk else ""),
            secret=boot.secret_reference(secret),
            identity=boot.identity,
            image_source=boot.image_source,
            log_group=log_group,
            metrics_namespace=METRICS_NAMESPACE,
            **choices,
        )
    )
