"""A network on each cloud, finished: every pod reads its own key and no other, uses the bucket as far as it has to, and
the walks that say so would say otherwise if any one part of it were missing."""

import pytest

from tests.engine import mantis
from tests.engine.worlds import Worlds
from tests.wiring import buckets, mutations, walk
from tests.wiring.deployment import Deployment, pods

EVERYWHERE = (
    *("account", "alias", "bucket", "class", "driver", "file", "grant", "identity"),
    *("object", "secret", "surplus", "url", "volume"),
)
KINDS = {
    "aws": (*EVERYWHERE, "association", "network", "trust"),
    "azure": (*EVERYWHERE, "credential", "key", "network"),
    "gcp": (*EVERYWHERE, "key"),
}
NOBODYS = ("faucet", "may not sync", "another clientId: mantis-staging-key")
"""What no pod misses: the key of a faucet that is off; Secrets of Kubernetes, which no mount makes here; and the client
id of the identity by which Azure's storage account, and no pod, uses its key."""
MINER, PASSIVE, BACKUP = "StatefulSet/miner-", "StatefulSet/passive-", "CronJob/backup"


@pytest.fixture(scope="module", params=mantis.STACKS)
def cloud(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def deployment(cloud: str, worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    stack, platform = mantis.STACKS[cloud]
    sandbox = mantis.network(cloud, worlds, tmp_path_factory.mktemp(f"mantis-{cloud}"))
    return Deployment(sandbox.resources(stack), sandbox.resources(platform), sandbox.manifests(stack))


def test_each_miner_mounts_a_key_and_nobody_reads_what_it_does_not_mount(deployment: Deployment) -> None:
    assert {pod.name for pod in pods(deployment.manifests) if pod.mounts} == {
        pod.name for pod in pods(deployment.manifests) if pod.name.startswith(MINER)
    }
    assert walk.problems(deployment) == []


def test_nodes_read_the_bucket_and_the_backup_alone_writes(deployment: Deployment) -> None:
    told = {pod.name: buckets.writes(pod) for pod in pods(deployment.manifests) if buckets.urls(pod)}
    assert {name for name, writes in told.items() if writes} == {BACKUP}
    readers = {name for name, writes in told.items() if not writes}
    assert readers == {p.name for p in pods(deployment.manifests) if p.name.startswith((MINER, PASSIVE))}
    assert buckets.problems(deployment) == []


def test_a_walk_fails_whatever_one_thing_is_taken_away_or_changed(cloud: str, deployment: Deployment) -> None:
    made = [*mutations.mutations(cloud, deployment), *buckets.mutations(cloud, deployment)]
    assert {mutation.kind for mutation in made} == set(KINDS[cloud])
    unseen = [one.what for one in made if not seen(one.mutant())]
    assert [what for what in unseen if not any(nobodys in what for nobodys in NOBODYS)] == []


def seen(mutant: Deployment) -> bool:
    return bool(walk.problems(mutant) or buckets.problems(mutant))
