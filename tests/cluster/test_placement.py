"""The sequencer's chart on a real API server and a real scheduler: every object accepted, every pod on its node. The
other charts are released there by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.controlplane.client import Refused
from tests.charts.by_hand import BEFORE
from tests.cluster.by_hand import ByHand
from tests.cluster.harness import (
    CHART,
    ONCE,
    Kubernetes,
    Sandbox,
    disk,
    pod_like,
    rendered,
    sample_values,
    secret_provider_class,
    stateful_set,
)

NODE = "node.metis.io"
SECRETS = {
    "l2geth": ["seqPriv"],
    "l1dtl": ["l1RpcEndpoint", "l1BeaconEndpoint"],
    "themis": ["l1RpcEndpoint"],
    "exporter": ["l1RpcEndpoint"],
}
ZONES = {"l2geth": 0, "l1dtl": 0, "themis": 1}
ON = {"l2geth": "l2geth", "l1dtl": "l2geth", "themis": "themis", "exporter": "themis"}
OTHERS = [before for before in BEFORE if before.parents[1] != CHART]
"""What the page of each of the other charts says to make before."""


@pytest.fixture(scope="module")
def cloud_name(every_cloud: str) -> str:
    return every_cloud


@pytest.fixture(scope="module")
def metis(sandbox: Sandbox, kubernetes: Kubernetes) -> str:
    """The namespace of a sequencer: what its stack makes, and then its release."""
    cloud, namespace = sandbox.cloud, kubernetes.namespace("metis")
    for pod, index in ZONES.items():
        zone = cloud.zones[index]
        kubernetes.bind(*disk(cloud, f"metis-mainnet-{pod}", namespace, cloud.disk(pod, zone), zone))
    for pod, keys in SECRETS.items():
        ids = {key: cloud.secret(f"metis/{pod}/{key}") for key in keys}
        account = f"metis-{pod}"
        cloud.identity(namespace, account, list(ids.values()))
        kubernetes.apply(secret_provider_class(cloud, f"metis-mainnet-{pod}", namespace, account, ids, env=keys))
    kubernetes.apply(*rendered(sandbox, "metis", namespace, sample_values()))
    return namespace


@pytest.mark.parametrize("pod", ON)
def test_each_pod_runs_on_the_node_that_is_meant_for_it(kubernetes: Kubernetes, metis: str, pod: str) -> None:
    node = kubernetes.node_of(f"metis-{pod}-0", metis)
    assert node["metadata"]["labels"][NODE] == ON[pod]


@pytest.mark.parametrize("pod", ON)
def test_without_its_toleration_a_pod_stays_off_its_node(kubernetes: Kubernetes, metis: str, pod: str) -> None:
    bare = pod_like(kubernetes, f"metis-{pod}", metis, f"{pod}-intolerant")
    bare["spec"].pop("tolerations")
    bare["spec"]["hostNetwork"] = False
    for container in bare["spec"]["containers"]:
        for port in container.get("ports", []):
            port.pop("hostPort", None)
    kubernetes.apply(bare)
    kubernetes.pending(f"{pod}-intolerant", metis, "node(s) had untolerated taint(s)")


def test_a_strangers_pod_gets_onto_none_of_our_nodes(kubernetes: Kubernetes) -> None:
    namespace = kubernetes.namespace("stranger")
    spec = {"containers": [{"name": "app", "image": "images.invalid/app"}]}
    metadata = {"name": "stranger", "namespace": namespace}
    kubernetes.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    kubernetes.pending("stranger", namespace, "3 node(s) had untolerated taint(s)")


def test_themis_scaled_to_two_by_hand_does_not_run_twice(kubernetes: Kubernetes, metis: str) -> None:
    kubernetes.running("metis-themis-0", metis)
    themis = stateful_set(kubernetes, "metis-themis", metis)
    kubernetes.client.merge(themis, {"spec": {"replicas": 2}})
    kubernetes.pending("metis-themis-1", metis, ONCE)
    kubernetes.client.merge(themis, {"spec": {"replicas": 1}})


def test_a_second_release_on_the_same_claim_does_not_run(sandbox: Sandbox, kubernetes: Kubernetes, metis: str) -> None:
    kubernetes.running("metis-themis-0", metis)
    kubernetes.apply(*rendered(sandbox, "twin", metis, sample_values()))
    kubernetes.pending("twin-themis-0", metis, ONCE)


def test_a_disk_in_another_zone_keeps_its_pod_pending(sandbox: Sandbox, kubernetes: Kubernetes, metis: str) -> None:
    cloud, zone = sandbox.cloud, sandbox.cloud.zones[0]
    kubernetes.bind(*disk(cloud, "elsewhere", metis, cloud.disk("elsewhere", zone), zone))
    bare = pod_like(kubernetes, "metis-themis", metis, "far-from-its-disk")
    bare["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] = "elsewhere"
    kubernetes.apply(bare)
    kubernetes.pending("far-from-its-disk", metis, "node(s) didn't match PersistentVolume's node affinity")


def test_every_object_is_accepted_strictly(sandbox: Sandbox, kubernetes: Kubernetes, metis: str) -> None:
    for item in rendered(sandbox, "strict", metis, sample_values()):
        kubernetes.client.apply(item, "test", dry_run=True)


@pytest.mark.parametrize("field", ["envs", "volumeMount", "imagePullPolicies"])
def test_a_field_that_does_not_exist_is_refused_by_name(
    sandbox: Sandbox, kubernetes: Kubernetes, metis: str, field: str
) -> None:
    items = rendered(sandbox, "defect", metis, sample_values())
    item = next(item for item in items if item["kind"] == "StatefulSet")
    item["spec"]["template"]["spec"]["containers"][0][field] = "x"
    with pytest.raises(Refused, match=rf"containers.*\.{field}: field not declared in schema"):
        kubernetes.client.apply(item, "test")


def test_a_disk_that_does_not_exist_keeps_its_pod_waiting(sandbox: Sandbox, kubernetes: Kubernetes, metis: str) -> None:
    cloud, zone = sandbox.cloud, sandbox.cloud.zones[1]
    kubernetes.bind(*disk(cloud, "lost", metis, cloud.handle("lost", zone), zone))
    bare = pod_like(kubernetes, "metis-themis", metis, "without-its-disk")
    bare["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] = "lost"
    kubernetes.apply(bare)
    kubernetes.pending("without-its-disk", metis, sandbox.cloud.words.lost_disk)


# --- the other charts, by hand. They come last: their machines are more than the sentences above count.


@pytest.mark.parametrize("every_cloud", ["aws"], indirect=True)
@pytest.mark.parametrize("before", OTHERS, ids=lambda before: before.parents[1].name)
def test_a_release_by_hand_as_its_page_says_runs_on_the_nodes_made_for_it(
    sandbox: Sandbox, kubernetes: Kubernetes, before: Path, tmp_path: Path
) -> None:
    release = ByHand(sandbox, kubernetes, before)
    release.make_what_else_it_needs()
    said = release.run(tmp_path)
    assert f"kubectl -n {release.namespace} get pods -l app.kubernetes.io/instance={release.release}" in said
    for pod, node in release.running():
        assert pod["spec"]["nodeSelector"].items() <= node["metadata"]["labels"].items()
