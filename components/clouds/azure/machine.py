"""Machines on Azure: one virtual machine, to which its data disk is attached."""

from collections.abc import Iterator

import pulumi
import pulumi_tls as tls
from pulumi import Output, ResourceOptions
from pulumi_azure_native import compute, managedidentity, network

from ...errors import InputError, Problem
from ..contract import machine as contract
from ..contract.machine import MachineSpec
from ..contract.platform import PlatformContract
from ..naming import AZURE_IDENTITY, AZURE_MACHINE, AZURE_NETWORK_PART
from ..own import own
from ..standing import standing_name
from . import arm_id, zones
from .firewall import spec_of
from .log_group import LogGroup
from .machine_boot import IMAGE_TAG, LUN
from .machine_image import image_reference
from .machine_logs import agent, collection_rule
from .machine_plan import machine_problems
from .platform_section import azure_of
from .roles import Role, grant
from .user_data import encode

USER = "nodeyard"
"""Azure makes no Linux machine without a user. Nobody can log in as this one."""

REPLACING = [
    "evictionPolicy",
    "hardwareProfile",
    "networkProfile",
    "osProfile",
    "priority",
    "securityProfile",
    "storageProfile",
    "zones",
]
"""Most of it Azure refuses to change (PropertyChangeNotAllowed), which the provider does not know
(pulumi-azure-native#577). A size it would change, within limits: never between machines with and without a local disk,
and a running one only where its host has the other size too."""


class Machine(contract.Machine):
    """One virtual machine in the disk's zone, without a public address, with the disk attached at LUN 0.

    Makes: `azure-native:managedidentity:UserAssignedIdentity` with `azure-native:authorization:RoleAssignment`s to read
    `spec.secrets` (Key Vault Secrets User on each alone) and to send metrics of this one machine (Monitoring Metrics
    Publisher); `azure-native:network:NetworkSecurityGroup`, which lets in what `spec.firewalls` say and refuses all
    else, the network's own neighbours too, and its `NetworkInterface`; `tls:PrivateKey`, since Azure asks for a key,
    which nothing lets in; `azure-native:compute:VirtualMachine`; its Azure Monitor agent (`VirtualMachineExtension`)
    and what that collects (`azure-native:monitor:DataCollectionRule` and its association).

    Size, image, user data and spot replace the machine, the old one first; its name is fixed and a disk has one machine
    at a time, so that there are never two. The disk is detached when the machine is deleted (delete option Detach).
    The container's image is a tag of the machine, read from the metadata service: another image changes the tag alone.

    Azure moves the machine to another host when its host fails. A spot machine that is evicted is deallocated, keeps
    its disks and stays down until somebody starts it (`az vm start`), and there is no capacity as long as the eviction
    lasts: nothing here starts it again.
    A dead host that Azure does not leave: the disk stays with the machine. Only the operator takes it, and only when
    `az vm get-instance-view` says `PowerState/deallocated` or `PowerState/stopped`, or when Azure Resource Health says
    that the host is gone: `az vm disk detach --force-detach`, "a last resort", without the last writes (Azure's
    "Detach a data disk from a Linux VM"). Two running machines with one identity would be worse than none.

    A shell, with nothing let in: Run Command, which the machine's agent fetches and runs as root, a line at a time and
    each in a shell of its own; its serial console (`az serial-console connect`), once `az vm user update` has given
    some user a password. `az ssh` and Bastion come by the network: both need `spec.firewalls` to let their range in.

    A machine without a GPU is a trusted launch (Secure Boot, vTPM). With one it is not: NVIDIA's modules on the images
    with the driver already in carry no signature that Secure Boot knows. (A subscription that is registered for the
    preview TrustedLaunchByDefaultPreview makes it one all the same, and the driver does not load.)
    Raises `InputError` for a zone without a subnet, for a size without premium storage, for an image that is none, for
    a container image that is longer than a tag, and for a firewall between members.
    """

    def __init__(self, name: str, spec: MachineSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        # What the cloud is sent may be packed (EC2, Azure): beside it the plan shows what becomes of each line.
        super().__init__("nodeyard:azure:Machine", name, {"user_data": spec.user_data}, opts)
        if problems := list(_problems(spec, platform)):
            raise InputError(f"Machine {name!r} cannot be made on Azure.", problems)
        self._child, self._group = ResourceOptions(parent=self), azure_of(platform)["resource_group"]
        identity, rights = self._identity(name, spec)
        interface = self._interface(name, spec, platform)
        log_group = own(LogGroup, spec.log_group)
        rule = collection_rule(name, log_group, spec.log_files, platform, self)
        machine = self._machine(name, spec, platform, identity, interface, rights)
        grant(
            f"{name}-metrics",
            Role.METRICS_PUBLISHER,
            machine.id,
            identity.principal_id,
            # Azure deletes it with the machine, whose id the next one has too.
            ResourceOptions(parent=self, replace_with=[machine], delete_before_replace=True),
        )
        agent(name, machine, identity, rule.id, platform, self)
        self.workspace = log_group.log_group
        self.logged_as = name
        self.instance, self.group = machine.id, Output.from_input("")
        self.session = machine.id.apply(_session)
        self.register_outputs({"instance": self.instance, "session": self.session})

    def _identity(
        self, name: str, spec: MachineSpec
    ) -> tuple[managedidentity.UserAssignedIdentity, list[pulumi.Resource]]:
        identity = managedidentity.UserAssignedIdentity(
            name, resource_name_=AZURE_IDENTITY.fit(name), resource_group_name=self._group, opts=self._child
        )
        rights: list[pulumi.Resource] = [
            grant(
                f"{name}-{secret.secret_name}",
                Role.KEY_VAULT_SECRETS_USER,
                secret.secret_id,
                identity.principal_id,
                self._child,
            )
            for secret in spec.secrets
        ]
        return identity, rights

    def _interface(self, name: str, spec: MachineSpec, platform: PlatformContract) -> network.NetworkInterface:
        fitted = AZURE_NETWORK_PART.fit(name)
        closed = network.NetworkSecurityGroup(
            name,
            network_security_group_name=standing_name("azure-native:network:NetworkSecurityGroup", name, fitted),
            resource_group_name=self._group,
            security_rules=list(_rules(spec)),
            opts=self._child,
        )
        return network.NetworkInterface(
            name,
            network_interface_name=standing_name("azure-native:network:NetworkInterface", name, fitted),
            resource_group_name=self._group,
            ip_configurations=[
                {
                    "name": "private",
                    "primary": True,
                    "subnet": {"id": _subnets(platform)[spec.zone]},
                    "private_ip_allocation_method": network.IPAllocationMethod.DYNAMIC,
                }
            ],
            network_security_group={"id": closed.id},
            opts=self._child,
        )

    def _machine(
        self,
        name: str,
        spec: MachineSpec,
        platform: PlatformContract,
        identity: managedidentity.UserAssignedIdentity,
        interface: network.NetworkInterface,
        rights: list[pulumi.Resource],
    ) -> compute.VirtualMachine:
        key = tls.PrivateKey(name, algorithm="ED25519", opts=self._child)
        return compute.VirtualMachine(
            name,
            vm_name=AZURE_MACHINE.fit(name),
            resource_group_name=self._group,
            zones=[zones.number(spec.zone)],
            hardware_profile={"vm_size": spec.instance_type},
            identity={
                "type": compute.ResourceIdentityType.USER_ASSIGNED,
                "user_assigned_identities": [identity.id],
            },
            network_profile={
                "network_interfaces": [
                    {"id": interface.id, "primary": True, "delete_option": compute.DeleteOptions.DETACH}
                ]
            },
            os_profile=_os_profile(name, spec, key.public_key_openssh),
            storage_profile=_storage_profile(name, spec, platform["kms_key"]),
            security_profile=None if spec.gpu else _trusted_launch(),
            # The serial console is a way in that needs no network.
            diagnostics_profile={"boot_diagnostics": {"enabled": True}},
            priority=_priority(spec),
            eviction_policy=compute.VirtualMachineEvictionPolicyTypes.DEALLOCATE if spec.spot else None,
            # Up to the price on demand.
            billing_profile={"max_price": -1} if spec.spot else None,
            tags={IMAGE_TAG: spec.container_image},
            opts=ResourceOptions(
                parent=self, depends_on=rights, delete_before_replace=True, replace_on_changes=REPLACING
            ),
        )


def _os_profile(name: str, spec: MachineSpec, key: Output[str]) -> compute.OSProfileArgsDict:
    return {
        "computer_name": AZURE_MACHINE.fit(name),
        "admin_username": USER,
        "custom_data": Output.from_input(spec.user_data).apply(encode),
        "linux_configuration": {
            "disable_password_authentication": True,
            "provision_vm_agent": True,
            "ssh": {"public_keys": [{"path": f"/home/{USER}/.ssh/authorized_keys", "key_data": key}]},
            # The image's own updates, as on the other clouds; Azure itself changes nothing on it.
            "patch_settings": {"patch_mode": compute.LinuxVMGuestPatchMode.IMAGE_DEFAULT},
        },
    }


def _storage_profile(name: str, spec: MachineSpec, encryption_set: str) -> compute.StorageProfileArgsDict:
    root: compute.ManagedDiskParametersArgsDict = {"storage_account_type": compute.StorageAccountTypes.PREMIUM_LRS}
    if encryption_set:
        root["disk_encryption_set"] = {"id": encryption_set}
    return {
        "image_reference": image_reference(name, spec.image),
        "os_disk": {
            "create_option": compute.DiskCreateOptionTypes.FROM_IMAGE,
            "disk_size_gb": spec.root_disk_gib,
            "managed_disk": root,
            "delete_option": compute.DiskDeleteOptionTypes.DELETE,
        },
        "data_disks": [
            {
                "lun": LUN,
                "create_option": compute.DiskCreateOptionTypes.ATTACH,
                "managed_disk": {"id": spec.disk.disk_id},
                # The default is ReadOnly, which Premium SSD v2 does not have.
                "caching": compute.CachingTypes.NONE,
                "delete_option": compute.DiskDeleteOptionTypes.DETACH,
            }
        ],
    }


def _trusted_launch() -> compute.SecurityProfileArgsDict:
    return {
        "security_type": compute.SecurityTypes.TRUSTED_LAUNCH,
        "uefi_settings": {"secure_boot_enabled": True, "v_tpm_enabled": True},
    }


def _priority(spec: MachineSpec) -> compute.VirtualMachinePriorityTypes:
    return compute.VirtualMachinePriorityTypes.SPOT if spec.spot else compute.VirtualMachinePriorityTypes.REGULAR


def _rules(spec: MachineSpec) -> Iterator[network.SecurityRuleArgsDict]:
    """The last refuses what Azure's own rules would let in: the whole network, and load balancers."""
    wanted = [rule for firewall in spec.firewalls for rule in spec_of(firewall).ingress]
    for index, rule in enumerate(wanted):
        yield {
            "name": f"in-{rule.port}-{rule.protocol}-{index}",
            "description": rule.description,
            "priority": 100 + index,
            "direction": network.SecurityRuleDirection.INBOUND,
            "access": network.SecurityRuleAccess.ALLOW,
            "protocol": rule.protocol.capitalize(),
            "source_address_prefixes": list(rule.cidrs),
            "source_port_range": "*",
            "destination_address_prefix": "*",
            "destination_port_range": str(rule.port),
        }
    yield {
        "name": "nobody-else",
        "priority": 4096,
        "direction": network.SecurityRuleDirection.INBOUND,
        "access": network.SecurityRuleAccess.DENY,
        "protocol": network.SecurityRuleProtocol.ASTERISK,
        "source_address_prefix": "*",
        "source_port_range": "*",
        "destination_address_prefix": "*",
        "destination_port_range": "*",
    }


def _problems(spec: MachineSpec, platform: PlatformContract) -> Iterator[Problem]:
    subnets = _subnets(platform)
    if spec.zone not in subnets:
        yield "zone", f"the network has no subnet in {spec.zone}; it has {', '.join(subnets)}"
    yield from machine_problems(spec.plan)
    for index, firewall in enumerate(spec.firewalls):
        if spec_of(firewall).peers:
            yield f"firewalls[{index}].peers", "one machine has no members to talk to: name their ranges"


def _subnets(platform: PlatformContract) -> dict[str, str]:
    return {subnet["zone"]: subnet["id"] for subnet in platform["private_subnets"]}


def _session(machine: str) -> str:
    """A prompt, each of whose lines Run Command carries to the machine: it takes half a minute, and no way in."""
    carry = (
        f"az vm run-command invoke --command-id RunShellScript --ids {machine}"
        " --query 'value[0].message' --output tsv --scripts"
    )
    return f"while printf '{arm_id.name(machine)}# ' && read -r line; do {carry} \"$line\"; done"
