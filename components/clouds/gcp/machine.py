"""Machines on Google Cloud: a stateful managed instance group of one."""

from collections.abc import Iterator

import pulumi_gcp as gcp
from pulumi import Input, Output, ResourceOptions

from ...errors import InputError, Problem
from ..contract import machine as contract
from ..contract.firewall import FirewallSpec, IngressRule
from ..contract.machine import MachineSpec
from ..contract.platform import PlatformContract
from ..naming import GCP_RESOURCE
from .firewall import Firewall
from .instance_type import ATTACHED, accelerator
from .machine_boot import DEVICE, IMAGE_ATTRIBUTE
from .machine_image import image_id
from .machine_plan import machine_problems
from .machine_rights import MachineRights
from .user_data import encode

IAP = "35.235.240.0/20"
"""Where Identity-Aware Proxy comes from ("Using IAP for TCP forwarding"): Google's own, and not the internet."""


class Machine(contract.Machine):
    """One machine, kept by a managed instance group, with its data disk, and never two.

    Makes: the machine's service account and rights (`nodeyard:gcp:MachineRights`); `gcp:compute:InstanceTemplate`;
    `gcp:compute:InstanceGroupManager`, zonal, which makes no machine by itself; `gcp:compute:PerInstanceConfig`, which
    is the machine: it has a name of its own in the group, the data disk, which no end of the machine deletes, and the
    container image in its metadata; a `Firewall` for sessions; and for a family of images a `pulumi:index:Stash`.

    Another instance type, image, user data or root disk is another template, and that replaces group and machine: the
    old one is deleted, and only when it is gone the new one is made, under the same name, with the same disk. Another
    container image changes the machine's metadata in place. The group itself updates nothing (update policy
    OPPORTUNISTIC): what a plan does not show does not happen. A disk that is attached for writing is attached to no
    other machine: Compute Engine itself refuses a second one.

    A machine that stops or dies is repaired by the group, under its name and with its disk: Compute Engine starts it on
    another host (one with GPUs may take an hour to be given up), or the group makes it anew; a spot machine comes back
    when there is capacity. A disk is attached to a machine and not to a host, so that nobody ever detaches one by
    force: who must part them deletes the machine, after `gcloud compute instances describe` says that it is not RUNNING
    (`gcloud compute instance-groups managed delete-instances`), and `pulumi up` makes it anew.

    Shielded: virtual TPM and integrity monitoring, and Secure Boot where no GPU's driver must be loaded. No external
    address; SSH only through Identity-Aware Proxy, by OS Login and not by the project's keys: an operator needs
    roles/iap.tunnelResourceAccessor, roles/compute.osAdminLogin, roles/compute.viewer, and roles/iam.serviceAccountUser
    on the machine's account ("Set up OS Login"). On a platform older than this, iap.googleapis.com must be switched on.

    Raises `InputError` for a zone without a subnet, for an instance type that cannot attach our disks, runs another
    architecture or has no GPU where one is asked for, and for an image that is no image's id nor a family.
    """

    instance_name: str

    def __init__(self, name: str, spec: MachineSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:Machine", name, None, opts)
        if problems := list(_problems(spec, platform)):
            raise InputError(f"Machine {name!r} cannot be made on Google Cloud.", problems)
        rights = MachineRights(name, platform["account"], spec.secrets, ResourceOptions(parent=self))
        template = self._template(name, spec, platform, rights.email)
        group = self._group(name, spec, template)
        self.instance_name = GCP_RESOURCE.fit(name)
        gcp.compute.PerInstanceConfig(
            name,
            name=self.instance_name,
            zone=spec.zone,
            instance_group_manager=group.name,
            preserved_state={
                "disks": [{"device_name": DEVICE, "source": spec.disk.disk_id, "delete_rule": "NEVER"}],
                "metadata": {IMAGE_ATTRIBUTE: spec.container_image},
            },
            # Metadata needs no more, and more shall never come of it.
            minimal_action="REFRESH",
            most_disruptive_allowed_action="REFRESH",
            # The provider waits until the machine is gone.
            remove_instance_on_destroy=True,
            opts=ResourceOptions(parent=self, depends_on=[rights], delete_before_replace=True, replace_with=[group]),
        )
        where = f"--zone {spec.zone} --project {platform['account']}"
        self.instance, self.group = Output.from_input(""), group.name
        self.session = Output.from_input(f"gcloud compute ssh {self.instance_name} {where} --tunnel-through-iap")
        self.register_outputs({"group": self.group, "session": self.session})

    def _template(
        self, name: str, spec: MachineSpec, platform: PlatformContract, account: Input[str]
    ) -> gcp.compute.InstanceTemplate:
        session = FirewallSpec(ingress=[IngressRule(22, "tcp", "SSH through Identity-Aware Proxy", [IAP])])
        firewalls = [Firewall(f"{name}-session", session, platform, ResourceOptions(parent=self)), *spec.firewalls]
        return gcp.compute.InstanceTemplate(
            name,
            machine_type=spec.instance_type,
            disks=[_root_disk(spec, platform, image_id(name, spec.image, self))],
            network_interfaces=[{"subnetwork": _subnet(spec, platform)}],
            tags=[firewall.firewall_id for firewall in firewalls],
            # What it may do is its account's roles; the scopes must only not stand in their way.
            service_account={"email": account, "scopes": ["https://www.googleapis.com/auth/cloud-platform"]},
            metadata={
                "user-data": Output.from_input(spec.user_data).apply(encode),
                "enable-oslogin": "TRUE",
                "block-project-ssh-keys": "TRUE",
                "serial-port-enable": "FALSE",
            },
            shielded_instance_config={
                # Only what is signed is loaded then, and Google does not say of which images the driver is.
                "enable_secure_boot": not spec.gpu,
                "enable_vtpm": True,
                "enable_integrity_monitoring": True,
            },
            guest_accelerators=_gpus(spec),
            scheduling=_scheduling(spec),
            opts=ResourceOptions(parent=self),
        )

    def _group(
        self, name: str, spec: MachineSpec, template: gcp.compute.InstanceTemplate
    ) -> gcp.compute.InstanceGroupManager:
        # Without a target size: it is 0 until the machine is made and 1 from then on.
        return gcp.compute.InstanceGroupManager(
            name,
            name=GCP_RESOURCE.fit(name),
            zone=spec.zone,
            base_instance_name=GCP_RESOURCE.fit(name),
            versions=[{"name": "only", "instance_template": template.id}],
            update_policy={
                "type": "OPPORTUNISTIC",
                "minimal_action": "REPLACE",
                # Should anybody start an update by hand: the old one goes before the new one comes.
                "replacement_method": "RECREATE",
                "max_surge_fixed": 0,
                "max_unavailable_fixed": 1,
            },
            # Made anew for another template. An update would send the group's fingerprint as it was before the machine
            # changed it, and Compute Engine refuses that (412): Pulumi looks at nothing before it updates.
            opts=ResourceOptions(parent=self, delete_before_replace=True, replacement_trigger=template.id),
        )


def _root_disk(
    spec: MachineSpec, platform: PlatformContract, image: Input[str]
) -> gcp.compute.InstanceTemplateDiskArgsDict:
    disk: gcp.compute.InstanceTemplateDiskArgsDict = {
        "boot": True,
        "auto_delete": True,
        "source_image": image,
        "disk_type": "pd-balanced",
        "disk_size_gb": spec.root_disk_gib,
    }
    if platform["kms_key"]:
        disk["disk_encryption_key"] = {"kms_key_self_link": platform["kms_key"]}
    return disk


def _gpus(spec: MachineSpec) -> list[gcp.compute.InstanceTemplateGuestAcceleratorArgsDict]:
    """An N1 has those that are attached to it; the others bring theirs."""
    found = accelerator(spec.instance_type)
    if not (spec.gpu and found and ATTACHED.match(spec.instance_type)):
        return []
    return [{"type": found.type, "count": found.count}]


def _scheduling(spec: MachineSpec) -> gcp.compute.InstanceTemplateSchedulingArgsDict:
    if spec.spot:
        return {
            "provisioning_model": "SPOT",
            # The default. What Compute Engine answers and a program does not say, would be another template each time.
            "instance_termination_action": "STOP",
            "preemptible": True,
            "automatic_restart": False,
            "on_host_maintenance": "TERMINATE",
        }
    # A machine with a GPU cannot move to another host while it runs.
    maintenance = "TERMINATE" if spec.gpu else "MIGRATE"
    return {"provisioning_model": "STANDARD", "automatic_restart": True, "on_host_maintenance": maintenance}


def _subnet(spec: MachineSpec, platform: PlatformContract) -> str:
    return next(subnet["id"] for subnet in platform["private_subnets"] if subnet["zone"] == spec.zone)


def _problems(spec: MachineSpec, platform: PlatformContract) -> Iterator[Problem]:
    zones = [subnet["zone"] for subnet in platform["private_subnets"]]
    if spec.zone not in zones:
        yield "zone", f"there is no subnet in {spec.zone!r}; there are in {', '.join(zones)}"
    yield from machine_problems(spec.plan)
