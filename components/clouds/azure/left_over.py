"""What an earlier stack left on Azure."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from pulumi import InvokeOptions
from pulumi_azure_native import compute, dbforpostgresql, keyvault, network

from ..absent import found
from ..contract.left_over import Kind, Wanted
from ..contract.platform import PlatformContract
from ..naming import AZURE_ADDRESS, AZURE_CONTAINER, AZURE_DISK, KEY_VAULT_SECRET
from .database import server_name
from .platform_section import azure_of
from .snapshot import NOT_THERE


def left_over(
    wanted: Sequence[Wanted], platform: PlatformContract, asked: InvokeOptions
) -> Mapping[Wanted, Sequence[str]]:
    """The ARM ids of what is there. Azure's provider lists nothing: every name is asked for by itself.

    A secret that was deleted and can still be recovered is not seen: Azure Resource Manager knows it no more.
    """
    azure = azure_of(platform)
    group = azure["resource_group"]
    ask: Mapping[Kind, Callable[[str], Any]] = {
        "disk": lambda name: compute.get_disk(resource_group_name=group, disk_name=AZURE_DISK.fit(name), opts=asked),
        "address": lambda name: network.get_public_ip_address(
            resource_group_name=group, public_ip_address_name=AZURE_ADDRESS.fit(name), opts=asked
        ),
        "secret": lambda name: keyvault.get_secret(
            resource_group_name=group,
            vault_name=azure["key_vault"],
            secret_name=KEY_VAULT_SECRET.fit(name),
            opts=asked,
        ),
        "bucket": lambda name: _container(name, platform, asked),
        "database": lambda name: dbforpostgresql.get_server(
            resource_group_name=group, server_name=server_name(name, platform), opts=asked
        ),
    }
    answers = {one: found(partial(ask[one.kind], one.name), NOT_THERE) for one in wanted}
    return {one: [str(answer.id)] for one, answer in answers.items() if answer is not None}


def _container(name: str, platform: PlatformContract, asked: InvokeOptions) -> Any:
    from pulumi_azure_native import storage  # it takes a second, and most stacks have no bucket

    from .bucket import account_name

    return storage.get_blob_container(
        resource_group_name=azure_of(platform)["resource_group"],
        account_name=account_name(name, platform),
        container_name=AZURE_CONTAINER.fit(name),
        opts=asked,
    )
