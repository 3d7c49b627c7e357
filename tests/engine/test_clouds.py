"""The same component on three clouds, through Pulumi's real engine: each platform, and Metis on it.

The tests of one cloud share a deployment, in this order. `test_metis.py` asks AWS much more.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from tests.engine.harness import CHECKOUT, Sandbox

PROTECTED_ON = {
    "aws": {"aws:ec2/eip:Eip": 2, "aws:ebs/volume:Volume": 3, "aws:secretsmanager/secret:Secret": 6},
    "azure": {
        "azure-native:network:PublicIPAddress": 2,
        "azure-native:compute:Disk": 3,
        "azure-native:dataprotection:BackupInstance": 2,
        "azure-native:keyvault:Secret": 6,
    },
    "gcp": {"gcp:compute/address:Address": 2, "gcp:compute/disk:Disk": 3, "gcp:secretmanager/secret:Secret": 6},
}


@dataclass(frozen=True)
class Deployed:
    cloud: str
    sandbox: Sandbox

    @property
    def platform(self) -> str:
        return f"platform-{self.cloud}"

    @property
    def stack(self) -> str:
        return "metis-sepolia" if self.cloud == "aws" else f"metis-sepolia-{self.cloud}"

    def resources(self, stack: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sandbox.export(stack)["deployment"]["resources"]
        return found

    def protected(self, stack: str) -> dict[str, str]:
        """The ids of what outlives a destroy, by URN."""
        return {r["urn"]: r["id"] for r in self.resources(stack) if r.get("protect") and r["custom"]}


@pytest.fixture(scope="module", params=["aws", "azure", "gcp"])
def deployed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Metis on Sepolia, brought up on its platform, which the sandbox brings up before it."""
    made = Deployed(request.param, Sandbox(tmp_path_factory.mktemp(request.param)))
    made.sandbox.up(made.stack)
    return made


def test_a_second_up_of_platform_and_metis_changes_nothing(deployed: Deployed) -> None:
    for stack in (deployed.platform, deployed.stack):
        assert set(deployed.sandbox.preview(stack)["changeSummary"]) == {"same"}


def test_a_refresh_finds_nothing_changed(deployed: Deployed) -> None:
    for stack in (deployed.platform, deployed.stack):
        deployed.sandbox.ok("refresh", "--stack", stack, "--yes", "--expect-no-changes")


def test_the_contract_is_plain(deployed: Deployed) -> None:
    contract = deployed.sandbox.outputs(deployed.platform)["platform"]
    assert contract["cloud"] == deployed.cloud
    assert len(contract["public_subnets"]) == len(contract["private_subnets"]) == 3
    assert contract["egress_addresses"]
    assert contract["cluster_endpoint"].startswith("https://")
    assert "-----BEGIN" not in contract["cluster_ca"], "base64, as a kubeconfig wants it"


def test_peers_reach_each_process_under_an_address_of_its_own(deployed: Deployed) -> None:
    outputs = deployed.sandbox.outputs(deployed.stack)
    assert len({*outputs["addresses"].values()}) == 2
    same = outputs["egressAddresses"] == outputs["addresses"]
    # On Azure a load balancer holds the address, and what goes out goes through the zone's NAT gateway.
    assert same == (deployed.cloud != "azure")
    if deployed.cloud == "azure":
        known = deployed.sandbox.outputs(deployed.platform)["platform"]["egress_addresses"]
        assert set(outputs["egressAddresses"].values()) <= set(known)
    assert outputs["missing"] == ["the sequencer's own address"]


def test_the_release_is_of_the_same_chart_with_the_same_processes(deployed: Deployed) -> None:
    kinds = Counter(item["kind"] for item in deployed.sandbox.manifests(f"/{deployed.stack}"))
    assert kinds["StatefulSet"] == 4
    assert kinds["Deployment"] == (2 if deployed.cloud == "gcp" else 0), "the claimants of the addresses"


UNIQUE = {"aws": "id", "azure": "uniqueId", "gcp": "diskId"}
"""What no later disk has again. A disk's id is a name on Azure and Google Cloud."""


def test_themis_is_told_what_no_other_disk_ever_is(deployed: Deployed) -> None:
    """A disk of the same name, made from a snapshot, holds an old signing state."""
    types = PROTECTED_ON[deployed.cloud]
    made = [r for r in deployed.resources(deployed.stack) if r["urn"].endswith(f"::{deployed.stack}-themis")]
    (disk,) = [r for r in made if r["type"] in types and r["type"].lower().endswith((":volume", ":disk"))]
    (themis,) = [
        item
        for item in deployed.sandbox.manifests(f"/{deployed.stack}")
        if item["kind"] == "StatefulSet" and item["metadata"]["name"].endswith("-themis")
    ]
    (init,) = [c for c in themis["spec"]["template"]["spec"]["initContainers"] if c["name"] == "init-themis"]
    told = {env["name"]: env.get("value") for env in init["env"]}
    assert told["VOLUME_ID"] == disk["outputs"][UNIQUE[deployed.cloud]]


def test_mainnet_goes_there_by_two_lines(deployed: Deployed) -> None:
    """The platform, and its nodes' release: zones and instance types follow."""
    sepolia = yaml.safe_load((CHECKOUT / f"configs/Pulumi.{deployed.stack}.yaml").read_text())["config"]
    for key in ("platform", "releaseVersion"):
        value = sepolia["nodeyard:stack"][key]
        deployed.sandbox.configure("metis-mainnet", "--path", f"nodeyard:stack.{key}", str(value))
    assert set(deployed.sandbox.preview("metis-mainnet")["changeSummary"]) == {"create"}


def test_destroying_metis_stops_before_anything_is_deleted(deployed: Deployed) -> None:
    assert (
        Counter(urn.split("::")[2].split("$")[-1] for urn in deployed.protected(deployed.stack))
        == (PROTECTED_ON[deployed.cloud])
    )
    before = len(deployed.resources(deployed.stack))
    result = deployed.sandbox.run("destroy", "--stack", deployed.stack, "--yes")
    assert result.returncode != 0
    assert "cannot be deleted" in result.stdout
    assert len(deployed.resources(deployed.stack)) == before


def test_what_is_protected_survives_a_destroy_of_metis_and_is_found_again(deployed: Deployed) -> None:
    before = deployed.protected(deployed.stack)
    deployed.sandbox.ok("destroy", "--stack", deployed.stack, "--yes", "--exclude-protected")
    assert deployed.protected(deployed.stack) == before
    deployed.sandbox.up(deployed.stack)
    assert deployed.protected(deployed.stack) == before
    assert set(deployed.sandbox.preview(deployed.stack)["changeSummary"]) == {"same"}


def test_destroying_the_platform_stops_and_names_what_is_protected(deployed: Deployed) -> None:
    before = len(deployed.resources(deployed.platform))
    result = deployed.sandbox.run("destroy", "--stack", deployed.platform, "--yes")
    assert result.returncode != 0
    assert "cannot be deleted" in result.stdout
    assert len(deployed.resources(deployed.platform)) == before


def test_a_platform_without_metis_keeps_its_cluster_keys_and_addresses(deployed: Deployed) -> None:
    """The last test of this deployment."""
    deployed.sandbox.ok("destroy", "--stack", deployed.stack, "--yes", "--exclude-protected")
    before = deployed.protected(deployed.platform)
    deployed.sandbox.ok("destroy", "--stack", deployed.platform, "--yes", "--exclude-protected")
    assert deployed.protected(deployed.platform) == before
    deployed.sandbox.up(deployed.platform)
    assert deployed.protected(deployed.platform) == before
    assert set(deployed.sandbox.preview(deployed.platform)["changeSummary"]) == {"same"}
