"""The same component on three clouds, through Pulumi's real engine: each platform, and Metis on it.

The tests start from one deployment for each cloud. Those that change nothing share a copy of it, the others have each
its own. `test_metis.py` asks AWS much more.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.harness import CHECKOUT, Sandbox, changes
from tests.engine.worlds import Worlds

TENANT = "kubernetes:core/v1:ConfigMapPatch"
"""By which the platform knows that it is there."""
PROTECTED_ON = {
    "aws": {TENANT: 1, "aws:ec2/eip:Eip": 2, "aws:ebs/volume:Volume": 3, "aws:secretsmanager/secret:Secret": 6},
    "azure": {
        TENANT: 1,
        "azure-native:network:PublicIPAddress": 2,
        "azure-native:compute:Disk": 3,
        "azure-native:dataprotection:BackupInstance": 2,
        "azure-native:keyvault:Secret": 6,
    },
    "gcp": {
        TENANT: 1,
        "gcp:compute/address:Address": 2,
        "gcp:compute/disk:Disk": 3,
        "gcp:secretmanager/secret:Secret": 6,
    },
}


WAYS_OUT = {
    "aws": {
        *("aws:ec2/natGateway:NatGateway", "aws:ec2/internetGateway:InternetGateway", "aws:ec2/route:Route"),
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
    },
    "azure": {"azure-native:network:NatGateway", "azure-native:network:PublicIPAddress"},
    "gcp": {"gcp:compute/routerNat:RouterNat", "gcp:compute/router:Router", "gcp:compute/address:Address"},
}


@dataclass(frozen=True)
class Deployed:
    cloud: str
    stack: str
    sandbox: Sandbox

    @property
    def platform(self) -> str:
        return f"platform-{self.cloud}"

    def resources(self, stack: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sandbox.export(stack)["deployment"].get("resources", [])
        return found

    def made(self, stack: str) -> dict[str, str]:
        """The ids of what the stack made, by URN. A provider is a way to a cloud, and nothing there."""
        custom = [one for one in self.resources(stack) if one["custom"]]
        return {one["urn"]: one["id"] for one in custom if not one["type"].startswith("pulumi:providers:")}

    def protected(self, stack: str) -> dict[str, str]:
        """The ids of what outlives a destroy, by URN."""
        return {r["urn"]: r["id"] for r in self.resources(stack) if r.get("protect") and r["custom"]}


def deploy(cloud: str, worlds: Worlds, home: Path) -> Deployed:
    """Metis on Sepolia, up on its platform."""
    stack = "metis-sepolia" if cloud == "aws" else f"metis-sepolia-{cloud}"
    return Deployed(cloud, stack, worlds.shipped(stack, home))


@pytest.fixture(scope="module", params=["aws", "azure", "gcp"])
def cloud(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def untouched(cloud: str, worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    return deploy(cloud, worlds, tmp_path_factory.mktemp(cloud))


@pytest.fixture
def deployed(cloud: str, worlds: Worlds, tmp_path: Path) -> Deployed:
    return deploy(cloud, worlds, tmp_path)


def test_a_second_up_of_platform_and_metis_changes_nothing(untouched: Deployed) -> None:
    for stack in (untouched.platform, untouched.stack):
        assert set(untouched.sandbox.preview(stack)["changeSummary"]) == {"same"}


def test_a_refresh_finds_nothing_changed(untouched: Deployed) -> None:
    for stack in (untouched.platform, untouched.stack):
        untouched.sandbox.ok("refresh", "--stack", stack, "--yes", "--expect-no-changes")


def test_the_contract_is_plain(untouched: Deployed) -> None:
    contract = untouched.sandbox.outputs(untouched.platform)["platform"]
    assert contract["cloud"] == untouched.cloud
    assert len(contract["public_subnets"]) == len(contract["private_subnets"]) == 3
    assert contract["egress_addresses"]
    assert contract["cluster_endpoint"].startswith("https://")
    assert "-----BEGIN" not in contract["cluster_ca"], "base64, as a kubeconfig wants it"


def test_peers_reach_each_process_under_an_address_of_its_own(untouched: Deployed) -> None:
    outputs = untouched.sandbox.outputs(untouched.stack)
    assert len({*outputs["addresses"].values()}) == 2
    same = outputs["egressAddresses"] == outputs["addresses"]
    # On Azure a load balancer holds the address, and what goes out goes through the zone's NAT gateway.
    assert same == (untouched.cloud != "azure")
    if untouched.cloud == "azure":
        known = untouched.sandbox.outputs(untouched.platform)["platform"]["egress_addresses"]
        assert set(outputs["egressAddresses"].values()) <= set(known)
    assert outputs["missing"] == ["the sequencer's own address"]


def test_the_release_is_of_the_same_chart_with_the_same_processes(untouched: Deployed) -> None:
    kinds = Counter(item["kind"] for item in untouched.sandbox.manifests(f"/{untouched.stack}"))
    assert kinds["StatefulSet"] == 4
    assert kinds["Deployment"] == (2 if untouched.cloud == "gcp" else 0), "the claimants of the addresses"


UNIQUE = {"aws": "id", "azure": "uniqueId", "gcp": "diskId"}
"""What no later disk has again. A disk's id is a name on Azure and Google Cloud."""


def test_themis_is_told_what_no_other_disk_ever_is(untouched: Deployed) -> None:
    """A disk of the same name, made from a snapshot, holds an old signing state."""
    types = PROTECTED_ON[untouched.cloud]
    made = [r for r in untouched.resources(untouched.stack) if r["urn"].endswith(f"::{untouched.stack}-themis")]
    (disk,) = [r for r in made if r["type"] in types and r["type"].lower().endswith((":volume", ":disk"))]
    (themis,) = [
        item
        for item in untouched.sandbox.manifests(f"/{untouched.stack}")
        if item["kind"] == "StatefulSet" and item["metadata"]["name"].endswith("-themis")
    ]
    (init,) = [c for c in themis["spec"]["template"]["spec"]["initContainers"] if c["name"] == "init-themis"]
    told = {env["name"]: env.get("value") for env in init["env"]}
    assert told["VOLUME_ID"] == disk["outputs"][UNIQUE[untouched.cloud]]


def test_mainnet_goes_there_by_two_lines(untouched: Deployed) -> None:
    """The platform, and its nodes' release: zones and instance types follow."""
    sepolia = yaml.safe_load((CHECKOUT / f"configs/Pulumi.{untouched.stack}.yaml").read_text())["config"]
    # Before, and not with, the preview: the sandbox brings up the platform that it finds configured.
    lines = {key: str(sepolia["nodeyard:stack"][key]) for key in ("platform", "releaseVersion")}
    untouched.sandbox.set("metis-mainnet", lines)
    assert set(untouched.sandbox.preview("metis-mainnet")["changeSummary"]) == {"create"}


def test_destroying_metis_stops_before_anything_is_deleted(untouched: Deployed) -> None:
    assert (
        Counter(urn.split("::")[2].split("$")[-1] for urn in untouched.protected(untouched.stack))
        == (PROTECTED_ON[untouched.cloud])
    )
    before = len(untouched.resources(untouched.stack))
    result = untouched.sandbox.run("destroy", "--stack", untouched.stack, "--yes")
    assert result.returncode != 0
    assert "cannot be deleted" in result.stdout
    assert len(untouched.resources(untouched.stack)) == before


def test_destroying_metis_without_a_preview_deletes_what_is_not_protected(deployed: Deployed) -> None:
    before = deployed.protected(deployed.stack)
    result = deployed.sandbox.run("destroy", "--stack", deployed.stack, "--yes", "--skip-preview")
    assert result.returncode != 0
    assert deployed.protected(deployed.stack) == before
    assert not [r for r in deployed.resources(deployed.stack) if r["type"] == "kubernetes:helm.sh/v3:Release"]


def test_what_is_protected_survives_a_destroy_of_metis_and_is_found_again(deployed: Deployed) -> None:
    before = deployed.protected(deployed.stack)
    deployed.sandbox.ok("destroy", "--stack", deployed.stack, "--yes", "--exclude-protected")
    assert deployed.protected(deployed.stack) == before
    deployed.sandbox.weeks_pass()
    deployed.sandbox.up(deployed.stack)
    assert deployed.protected(deployed.stack) == before
    assert set(deployed.sandbox.preview(deployed.stack)["changeSummary"]) == {"same"}


SLIPS = {"destroy": (), "destroy of the rest": ("--exclude-protected",), "destroy unseen": ("--skip-preview",)}


def test_a_platforms_ways_out_go_after_everything_of_its_cluster(untouched: Deployed) -> None:
    """Pulumi deletes nothing that another resource depends on, itself or by its parents."""
    resources = {resource["urn"]: resource for resource in untouched.resources(untouched.platform)}
    needs = {urn: {*its.get("dependencies", []), its.get("parent")} & {*resources} for urn, its in resources.items()}
    (cluster,) = [urn for urn, its in resources.items() if its["type"] == f"nodeyard:{untouched.cloud}:Cluster"]
    out = {urn for urn, its in resources.items() if its["type"] in WAYS_OUT[untouched.cloud]}
    assert {resources[urn]["type"] for urn in out} == WAYS_OUT[untouched.cloud]
    assert out <= needs[cluster]
    of_the_cluster = {urn for urn in resources if cluster in reached(urn, needs)}
    assert len(of_the_cluster) > 20
    assert not of_the_cluster & out


def reached(urn: str, needs: dict[str, set[str]]) -> set[str]:
    """What has to be there for a resource."""
    found: set[str] = set()
    todo = [urn]
    while todo:
        new = needs[todo.pop()] - found
        found |= new
        todo += new
    return found


@pytest.mark.parametrize("flags", SLIPS.values(), ids=SLIPS)
def test_no_destroy_deletes_anything_of_a_platform_that_stacks_stand_on(
    untouched: Deployed, flags: tuple[str, ...]
) -> None:
    before = untouched.made(untouched.platform)
    result = untouched.sandbox.run("destroy", "--stack", untouched.platform, "--yes", *flags)
    assert ("cannot be deleted" in result.stdout) == ("--exclude-protected" not in flags)
    assert untouched.made(untouched.platform) == before


def test_a_platform_is_taken_down_by_its_file_and_once_nobody_stands_on_it(deployed: Deployed) -> None:
    sandbox, platform = deployed.sandbox, deployed.platform
    before, outputs = deployed.protected(platform), sandbox.outputs(platform)
    sandbox.set(platform, {"teardown": "true"})
    named = f"teardown: organization/nodeyard/{deployed.stack} still stands on it"
    assert named in sandbox.refused(platform)
    assert named in sandbox.run("up", "--stack", platform, "--yes", "--skip-preview").stdout
    assert deployed.protected(platform) == before
    assert sandbox.outputs(platform) == outputs

    sandbox.ok("destroy", "--stack", deployed.stack, "--yes", "--exclude-protected")
    assert named in sandbox.refused(platform), "its disks need the platform's key"
    sandbox.ok("state", "unprotect", "--all", "--stack", deployed.stack, "--yes")
    sandbox.ok("destroy", "--stack", deployed.stack, "--yes")

    cluster = {"aws": {"aws:eks/cluster:Cluster"}, "azure": set(), "gcp": {"gcp:container/cluster:Cluster"}}
    # The provider that asks for tenants is there since the refused `up`.
    assert changes(sandbox.preview(platform)) == {type_: {"update"} for type_ in cluster[deployed.cloud]}
    sandbox.up(platform)
    assert not deployed.protected(platform)
    assert sandbox.outputs(platform) == outputs
    if deployed.cloud == "azure":  # a disk that stays needs its encryption set
        assert "is still in use by Disk" in sandbox.run("destroy", "--stack", platform, "--yes").stdout
        return
    sandbox.ok("destroy", "--stack", platform, "--yes")
    assert not deployed.resources(platform)
