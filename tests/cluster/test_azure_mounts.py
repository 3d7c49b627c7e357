"""What only the Azure provider, Entra ID and Key Vault ask, on a world without a control plane."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.controlplane import clouds
from sandbox.controlplane.clouds import BalancerFailed, Identity, Mount, MountFailed
from tests.cluster.worlds.azure import CREDENTIAL, GROUP, ROLES, SECRETS_USER, VAULT, AzureWorld, guid, issuer
from tests.cluster.worlds.base import Item

AUDIENCE = "api://AzureADTokenExchange"
PRINCIPAL = guid("ns-app", "principal")
READER = f"{ROLES}/21090545-7ca7-4776-b22c-e363652d74d2"
OFFICER = f"{ROLES}/b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
NOT_LET_IN = "AADSTS70021: No matching federated identity record found"
FORBIDDEN = "InnerError: ForbiddenByRbac"


@pytest.fixture
def azure(tmp_path: Path) -> AzureWorld:
    """A secret, and a pod that may read it."""
    world = AzureWorld(tmp_path)
    world.cluster()
    world.identity("ns", "app", [world.secret("key")])
    return world


def mounted(azure: AzureWorld, audiences: tuple[str, ...] = (AUDIENCE,), **parameters: Any) -> dict[str, str]:
    (cluster,) = clouds.clusters(azure.world)
    given: Item = azure.provider_class("ns", "app", {"KEY": f"{VAULT}/secrets/key"})["parameters"]
    mount = Mount({**given, **parameters}, Identity("ns", "app"), audiences)
    return clouds.mounted(azure.world, cluster, mount)


def grants(azure: AzureWorld, *roles: tuple[str, str]) -> None:
    azure.identity("ns", "app", [])
    for role, scope in roles:
        azure.assign(PRINCIPAL, role, scope)


def test_what_may_be_read_is_mounted_under_its_alias(azure: AzureWorld) -> None:
    assert mounted(azure) == {"KEY": "a secret value"}


@pytest.mark.parametrize(
    ("parameters", "because"),
    [
        ({"keyvaultName": ""}, "keyvaultName is not provided"),
        ({"tenantId": ""}, "tenantId is not provided"),
        ({"objects": ""}, "objects is not set"),
        ({"usePodIdentity": "maybe"}, 'strconv.ParseBool: parsing "maybe": invalid syntax'),
        ({"usePodIdentity": "true", "useVMManagedIdentity": "true"}, "only one identity mode can be enabled at a time"),
        ({"clientID": "another"}, "AADSTS700016: Application with identifier 'another' was not found"),
        ({"tenantId": "another"}, "was not found in the directory 'another'"),
        ({"keyvaultName": "another"}, "lookup another.vault.azure.net: no such host"),
        ({"objects": "array: [[]]"}, "objects is not an `array` of strings"),
        ({"objects": "array: ['objectName: key']"}, "Invalid vaultObjectTypes. Should be secret, key, or cert"),
        (
            {"objects": "array: ['{objectName: key, objectType: secret, objectAlias: ../x}']"},
            "file name must not contain '..'",
        ),
        (
            {"objects": "array: ['{objectName: key, objectType: secret, filePermission: \"0999\"}']"},
            "file permission must be a valid octal number",
        ),
    ],
)
def test_a_class_that_asks_wrongly_is_refused_in_the_providers_words(
    azure: AzureWorld, parameters: dict[str, str], because: str
) -> None:
    with pytest.raises(MountFailed) as refused:
        mounted(azure, **parameters)
    assert because in str(refused.value)


@pytest.mark.parametrize(
    ("audiences", "because"), [((), "service account tokens not found"), (("sts",), f"token for audience {AUDIENCE}")]
)
def test_without_a_token_for_entra_nobody_is_let_in(
    azure: AzureWorld, audiences: tuple[str, ...], because: str
) -> None:
    with pytest.raises(MountFailed, match=because):
        mounted(azure, audiences)


@pytest.mark.parametrize(
    "believed",
    [
        {"issuer": issuer("another")},
        {"subject": "system:serviceaccount:another:app"},
        {"audiences": ["sts.amazonaws.com"]},
    ],
)
def test_a_federated_credential_counts_for_its_issuer_subject_and_audience_only(
    azure: AzureWorld, believed: Item
) -> None:
    (credential,) = azure.world.find(CREDENTIAL)
    credential.properties |= believed
    azure.world.put(credential, {credential.id}, [])
    with pytest.raises(MountFailed, match=NOT_LET_IN):
        mounted(azure)


def test_a_federated_credential_of_another_identity_does_not_count(azure: AzureWorld) -> None:
    (credential,) = azure.world.find(CREDENTIAL)
    azure.world.delete(credential)
    azure.identity("ns", "another", [], trusted="app")
    with pytest.raises(MountFailed, match=NOT_LET_IN):
        mounted(azure)


@pytest.mark.parametrize("scope", [f"{VAULT}/secrets/key", VAULT, VAULT.upper(), VAULT.partition("/providers")[0]])
@pytest.mark.parametrize("role", [SECRETS_USER, OFFICER])
def test_a_role_counts_at_the_secret_and_everywhere_above_it(azure: AzureWorld, scope: str, role: str) -> None:
    grants(azure, (role, scope))
    assert mounted(azure) == {"KEY": "a secret value"}


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (READER, VAULT),
        (SECRETS_USER, f"{VAULT}/secrets/key2"),
        (SECRETS_USER, f"{VAULT}/secrets/ke"),
        (f"{ROLES}/00000000-0000-0000-0000-000000000000", VAULT),
    ],
)
def test_another_role_or_another_secrets_does_not_count(azure: AzureWorld, role: str, scope: str) -> None:
    grants(azure, (role, scope))
    with pytest.raises(MountFailed, match=FORBIDDEN):
        mounted(azure)


def test_a_role_of_somebody_else_does_not_count(azure: AzureWorld) -> None:
    grants(azure)
    azure.assign(guid("ns-another", "principal"), SECRETS_USER, VAULT)
    with pytest.raises(MountFailed, match=FORBIDDEN):
        mounted(azure)


@pytest.mark.parametrize(("denied", "let_in"), [([], True), (["Microsoft.KeyVault/vaults/secrets/getSecret/*"], False)])
def test_a_role_of_ones_own_counts_by_its_data_actions(azure: AzureWorld, denied: list[str], let_in: bool) -> None:
    role = f"{ROLES}/99999999-0000-0000-0000-000000000000"
    permission = {"dataActions": ["Microsoft.KeyVault/*/getSecret/action"], "notDataActions": denied}
    azure.put("azure-native:authorization:RoleDefinition", role, permissions=[permission])
    grants(azure, (role, VAULT))
    (cluster,) = clouds.clusters(azure.world)
    mount = Mount(azure.provider_class("ns", "app", {})["parameters"], Identity("ns", "app"), [AUDIENCE])
    (secret,) = clouds.secrets(azure.world, cluster)
    assert clouds.reader(azure.world, cluster, mount)(secret) == let_in


def test_a_condition_that_is_not_understood_allows_nothing(azure: AzureWorld) -> None:
    for item in azure.world.find("azure-native:authorization:RoleAssignment"):
        item.properties["condition"] = "@Resource[...]"
        azure.world.put(item, {item.id}, [])
    with pytest.raises(MountFailed, match=FORBIDDEN):
        mounted(azure)


def test_a_vault_with_access_policies_knows_no_roles(azure: AzureWorld) -> None:
    policies = {"enableRbacAuthorization": False}
    azure.put("azure-native:keyvault:Vault", VAULT, "platform", name="platform", properties=policies)
    with pytest.raises(MountFailed, match="does not have secrets get permission on key vault"):
        mounted(azure)


# --- load balancers


def service(**annotations: str) -> Item:
    names = {name.replace("_", "-"): value for name, value in annotations.items()}
    prefix = "service.beta.kubernetes.io/azure-"
    return {"metadata": {"uid": "u", "annotations": {prefix + name: value for name, value in names.items()}}}


def test_a_service_gets_the_address_that_it_names_from_the_group_that_it_names(azure: AzureWorld) -> None:
    (cluster,) = clouds.clusters(azure.world)
    azure.address("themis", "20.1.2.3")
    named = service(pip_name="themis", load_balancer_resource_group=GROUP)
    assert clouds.ingress(azure.world, cluster, named) == {"ip": "20.1.2.3"}
    with pytest.raises(BalancerFailed, match=r"failed to find PIP l2geth in resource group platform-azure"):
        clouds.ingress(azure.world, cluster, service(pip_name="l2geth", load_balancer_resource_group=GROUP))
    # Without a group it is looked for among the nodes.
    with pytest.raises(BalancerFailed, match=r"failed to find PIP themis in resource group MC_platform-azure_platform"):
        clouds.ingress(azure.world, cluster, service(pip_name="themis"))


def test_a_service_that_names_no_address_gets_one(azure: AzureWorld) -> None:
    (cluster,) = clouds.clusters(azure.world)
    assert clouds.ingress(azure.world, cluster, service())["ip"].startswith("20.")


def test_a_private_service_gets_the_address_of_the_network_that_it_names(azure: AzureWorld) -> None:
    (cluster,) = clouds.clusters(azure.world)
    named = service(load_balancer_internal="true", load_balancer_ipv4="10.40.64.10")
    assert clouds.ingress(azure.world, cluster, named) == {"ip": "10.40.64.10"}
