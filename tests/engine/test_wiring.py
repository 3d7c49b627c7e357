"""Metis on each cloud, finished: every pod reads exactly the secrets that it mounts, and the walk that says so would
say otherwise if any one part of it were missing."""

import pytest

from sandbox.controlplane import clouds
from tests.engine import metis
from tests.engine.worlds import Worlds
from tests.wiring.deployment import Deployment
from tests.wiring.mutations import mutations
from tests.wiring.scripts import files_read
from tests.wiring.walk import mounts_of, problems, walks

STACKS = {
    "aws": (metis.STACK, metis.PLATFORM),
    "azure": ("metis-sepolia-azure", "platform-azure"),
    "gcp": ("metis-sepolia-gcp", "platform-gcp"),
}
EVERYWHERE = (
    *("class", "object", "alias", "sync", "secret", "account", "volume", "key", "file", "grant", "surplus"),
    "driver",
)
KINDS = {
    "aws": (*EVERYWHERE, "association", "trust"),
    "azure": (*EVERYWHERE, "identity", "credential", "network"),
    "gcp": (*EVERYWHERE, "identity"),
}
PODS = {"l2geth", "l1dtl", "themis", "exporter"}
CLAIMANTS = {"l2geth-address", "themis-address"}
"""On Google Cloud pods beside these claim their addresses; they read nothing."""


@pytest.fixture(scope="module", params=STACKS)
def cloud(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def deployment(cloud: str, worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    stack, platform = STACKS[cloud]
    home = tmp_path_factory.mktemp(f"wiring-{cloud}")
    sandbox = metis.mainnet(worlds, home) if stack == metis.STACK else worlds.shipped(stack, home)
    return Deployment(sandbox.resources(stack), sandbox.resources(platform), sandbox.manifests(stack))


def test_every_pod_may_read_exactly_the_secrets_that_it_mounts_and_all_that_it_names_is_there(
    deployment: Deployment,
) -> None:
    assert problems(deployment) == []


def test_the_walk_comes_past_every_pod_and_sees_what_its_scripts_read(cloud: str, deployment: Deployment) -> None:
    (cluster,) = clouds.clusters(deployment.view)
    assert cluster.cloud == cloud
    walked = {walk.pod.account.removeprefix(f"{STACKS[cloud][0]}-"): walk for walk in walks(deployment, cluster)}
    assert set(walked) == PODS | (CLAIMANTS if cloud == "gcp" else set())
    read = {
        (name, file)
        for name, walk in walked.items()
        for volume in walk.pod.mounts
        for container in walk.pod.containers
        for mount in mounts_of(container, volume["name"])
        for file in files_read(container, mount["mountPath"], walk.config_files(container))
    }
    assert read == {("themis", file) for file in ("nodeKey", "privValidatorKey", "persistentPeers")}


def test_the_walk_fails_whatever_one_thing_is_taken_away_or_changed(cloud: str, deployment: Deployment) -> None:
    made = list(mutations(cloud, deployment))
    assert {mutation.kind for mutation in made} == set(KINDS[cloud])
    found = [(mutation, problems(mutation.mutant())) for mutation in made]
    assert [(mutation.kind, mutation.what) for mutation, said in found if not said] == []
    assert all("and does not mount it" in " ".join(said) for mutation, said in found if mutation.kind == "surplus")
