"""nodeos on each cloud, finished: every pod may use the bucket that it is told of, and no other, and the walk that says
so would say otherwise if any one part of it were missing."""

import copy

import pytest

from tests.engine import nodeos
from tests.engine.worlds import Worlds
from tests.wiring import buckets, walk
from tests.wiring.deployment import Deployment, pods

STACKS = {
    "aws": ("nodeos-jungle-aws", "platform-aws"),
    "azure": ("nodeos-jungle-azure", "platform-azure"),
    "gcp": (nodeos.STACK, nodeos.PLATFORM),
}
EVERYWHERE = ("account", "bucket", "grant", "identity", "surplus", "url")
KINDS = {
    "aws": (*EVERYWHERE, "association", "network"),
    "azure": (*EVERYWHERE, "credential", "key", "network"),
    "gcp": (*EVERYWHERE, "key"),
}


@pytest.fixture(scope="module", params=STACKS)
def cloud(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def deployment(cloud: str, worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    stack, platform = STACKS[cloud]
    home = tmp_path_factory.mktemp(f"bucket-{cloud}")
    sandbox = nodeos.jungle(worlds, home) if stack == nodeos.STACK else worlds.shipped(stack, home)
    return Deployment(sandbox.resources(stack), sandbox.resources(platform), sandbox.manifests(stack))


def test_every_pod_is_told_of_the_bucket_and_may_use_it_and_no_other(deployment: Deployment) -> None:
    assert [len(buckets.urls(pod)) for pod in pods(deployment.manifests)] == [1, 1, 1, 1]
    assert buckets.problems(deployment) == []


def test_a_pod_that_only_restores_must_not_write(deployment: Deployment) -> None:
    """The block producers write: told to restore and nothing else, each has rights that it does not need."""
    manifests = copy.deepcopy(deployment.manifests)
    for one in (one for pod in pods(manifests) for one in pod.containers):
        one["env"] = [{"name": buckets.VARIABLE, "value": url} for url in buckets.told(one)]
        one["args"] = buckets.READS
    said = buckets.problems(Deployment(deployment.stack, deployment.platform, manifests))
    assert {problem.partition(":")[0] for problem in said} == {pod.name for pod in pods(manifests)}
    assert all(problem.endswith("has no need to") for problem in said)


def test_every_pod_may_read_exactly_the_secrets_that_it_mounts(deployment: Deployment) -> None:
    assert walk.problems(deployment) == []


def test_the_walk_fails_whatever_one_thing_is_taken_away_or_changed(cloud: str, deployment: Deployment) -> None:
    made = list(buckets.mutations(cloud, deployment))
    assert {mutation.kind for mutation in made} == set(KINDS[cloud])
    unseen = [(mutation.kind, mutation.what) for mutation in made if not buckets.problems(mutation.mutant())]
    assert unseen == []
