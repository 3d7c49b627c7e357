"""What pods may do to their namespace's Leases: the platform says it, on every cloud, and a team's role cannot."""

from typing import Any

import pytest

from tests.unit import gcp_world, test_platform
from tests.unit.azure import world as azure_world
from tests.unit.recording import Recording

RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
NAMESPACES = {
    "aws": ["metis-mainnet", "metis-sepolia"],
    "azure": ["metis-mainnet"],
    "gcp": ["metis-mainnet", "metis-sepolia"],
}


@pytest.fixture(scope="module")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    return {
        "aws": test_platform.deploy(),
        "azure": azure_world.deploy(tmp_path_factory.mktemp("azure"))[1],
        "gcp": gcp_world.deploy(),
    }


@pytest.fixture(params=NAMESPACES)
def cloud(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def platform(cloud: str, platforms: dict[str, Recording]) -> Recording:
    return platforms[cloud]


def bindings(platform: Recording) -> list[dict[str, Any]]:
    """Of the only Roles that there are: teams' rights are ClusterRoles."""
    found = [binding.inputs for binding in platform.of(f"{RBAC}:RoleBinding")]
    return [binding for binding in found if binding["roleRef"]["kind"] == "Role"]


def test_each_teams_namespace_has_a_role_to_hold_leases_and_no_other(cloud: str, platform: Recording) -> None:
    roles = [role.inputs["metadata"] for role in platform.of(f"{RBAC}:Role")]
    assert sorted(roles, key=lambda metadata: str(metadata["namespace"])) == [
        {"name": "nodeyard-lease-holder", "namespace": namespace} for namespace in NAMESPACES[cloud]
    ]


def test_who_holds_leases_reads_makes_and_changes_them_and_may_do_nothing_else(platform: Recording) -> None:
    for role in platform.of(f"{RBAC}:Role"):
        assert role.inputs["rules"] == [
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]}
        ]


def test_a_namespaces_own_service_accounts_have_the_right_and_nobody_else(cloud: str, platform: Recording) -> None:
    bound = {binding["metadata"]["namespace"]: binding for binding in bindings(platform)}
    assert sorted(bound) == NAMESPACES[cloud]
    for namespace, binding in bound.items():
        assert binding["roleRef"]["name"] == "nodeyard-lease-holder"
        group = {"kind": "Group", "name": f"system:serviceaccounts:{namespace}"}
        assert binding["subjects"] == [{**group, "apiGroup": "rbac.authorization.k8s.io"}]


def test_a_namespace_is_there_before_the_right_in_it(cloud: str, platform: Recording) -> None:
    for namespace in NAMESPACES[cloud]:
        made = platform.one("kubernetes:core/v1:Namespace", namespace)
        for kind in ("Role", "RoleBinding"):
            assert made.urn in platform.one(f"{RBAC}:{kind}", f"nodeyard-lease-holder-{namespace}").depends_on


def test_a_platform_without_teams_gives_no_pod_a_right() -> None:
    platform = test_platform.deploy(access={})
    assert not [resource for resource in platform.resources if resource.type in (f"{RBAC}:Role", f"{RBAC}:RoleBinding")]
