"""Secrets through the CSI driver: mounted and synced as it would, and every way in which that fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.harness import (
    Item,
    Kubernetes,
    Sandbox,
    phase,
    secret_provider_class,
    until,
    waiting,
)
from tests.cluster.worlds.azure import AzureWorld
from tests.cluster.worlds.base import EVERY_TAINT

ACCOUNT = "app"


@pytest.fixture(scope="module")
def cloud_name(every_cloud: str) -> str:
    return every_cloud


class App:
    """A namespace with one pod that mounts one secret, and reads it from its environment too."""

    def __init__(self, sandbox: Sandbox, kubernetes: Kubernetes, namespace: str):
        self.sandbox, self.kubernetes = sandbox, kubernetes
        self.cloud = sandbox.cloud
        self.namespace = kubernetes.namespace(namespace)
        self.name = f"{namespace}/key"
        self.secret = self.cloud.secret(self.name)
        self.cloud.identity(namespace, ACCOUNT, [self.secret])
        metadata = {"name": ACCOUNT, "namespace": namespace}
        kubernetes.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})

    def secret_provider_class(self, *, env: tuple[str, ...] = ("KEY",), **spec: object) -> Item:
        found = secret_provider_class(self.cloud, "app", self.namespace, ACCOUNT, {"KEY": self.secret}, env=env, **spec)
        self.kubernetes.apply(found)
        return found

    def start(self, **changes: object) -> None:
        reference = {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "app", "key": "KEY"}}}
        attributes = {"secretProviderClass": "app"}
        csi = {"driver": "secrets-store.csi.k8s.io", "readOnly": True, "volumeAttributes": attributes}
        spec = {
            "serviceAccountName": ACCOUNT,
            "nodeSelector": {"node.metis.io": "l2geth"},
            "tolerations": EVERY_TAINT,
            "containers": [{"name": "app", "image": "images.invalid/app", "env": [reference]}],
            "volumes": [{"name": "secrets", "csi": csi}],
        }
        metadata = {"name": "app", "namespace": self.namespace}
        self.kubernetes.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec | changes})

    def stays(self, status: str, because: str) -> None:
        pod = self.kubernetes.pending("app", self.namespace, because)
        until(lambda: waiting(self.kubernetes.pod("app", self.namespace)), "the status of the containers")
        assert pod["spec"]["nodeName"]
        assert waiting(self.kubernetes.pod("app", self.namespace)) == {status}

    def runs(self) -> None:
        self.kubernetes.running("app", self.namespace)

    @property
    def synced(self) -> Item | None:
        return self.kubernetes.client.find("Secret", "app", self.namespace)


@pytest.fixture
def app(sandbox: Sandbox, kubernetes: Kubernetes, request: pytest.FixtureRequest) -> Iterator[App]:
    name = request.node.name.removeprefix("test_").replace("_", "-").replace("[", "-").replace("]", "")
    yield App(sandbox, kubernetes, name[:55].strip("-"))
    sandbox.cloud.secrets_store()


def test_a_mounted_secret_is_synced_for_the_environment_and_the_pod_runs(app: App) -> None:
    app.secret_provider_class()
    app.start()
    app.runs()
    assert app.synced is not None
    assert app.synced["data"] == {"KEY": "YSBzZWNyZXQgdmFsdWU="}


def test_a_class_that_is_missing_leaves_the_pod_creating(app: App) -> None:
    app.start()
    app.stays("ContainerCreating", 'secretproviderclasses.secrets-store.csi.x-k8s.io "app" not found')
    app.secret_provider_class()
    app.runs()


def test_a_class_in_another_namespace_does_not_count(app: App, kubernetes: Kubernetes) -> None:
    other = kubernetes.namespace("another")
    kubernetes.apply(secret_provider_class(app.cloud, "app", other, ACCOUNT, {"KEY": app.secret}))
    app.start()
    app.stays("ContainerCreating", f"failed to get secretproviderclass {app.namespace}/app")


def test_a_provider_of_another_cloud_is_not_found(app: App) -> None:
    other = "aws" if app.cloud.cloud == "azure" else "azure"
    app.secret_provider_class(provider=other)
    app.start()
    app.stays("ContainerCreating", f'provider not found: provider "{other}"')


def test_a_wrong_alias_in_secret_objects_leaves_the_secret_unmade(app: App) -> None:
    data = [{"objectName": "KEI", "key": "KEY"}]
    app.secret_provider_class(secretObjects=[{"secretName": "app", "type": "Opaque", "data": data}])
    app.start()
    app.stays("CreateContainerConfigError", "file matching objectName KEI not found in the pod")
    assert app.synced is None


def test_credentials_that_are_no_json_make_no_secret_and_hold_up_no_other_pod(app: App) -> None:
    """The API server takes a Secret of this type with valid JSON only."""
    data = [{"objectName": "KEY", "key": ".dockerconfigjson"}]
    app.secret_provider_class(
        secretObjects=[{"secretName": "app", "type": "kubernetes.io/dockerconfigjson", "data": data}]
    )
    app.start(containers=[{"name": "app", "image": "images.invalid/app"}])
    app.runs()
    until(lambda: "data[.dockerconfigjson]: Invalid value" in app.kubernetes.why("app", app.namespace), "the reason")
    assert app.synced is None


def test_a_missing_grant_is_refused_in_the_clouds_words(app: App) -> None:
    app.cloud.identity(app.namespace, ACCOUNT, [app.cloud.secret(f"{app.name}-of-another")])
    app.secret_provider_class()
    app.start()
    app.stays("ContainerCreating", app.cloud.words.refused)
    app.cloud.identity(app.namespace, ACCOUNT, [app.secret])
    app.runs()


def test_a_secret_without_a_value_keeps_its_pod_waiting_until_it_has_one(app: App) -> None:
    app.cloud.secret(app.name, None)
    app.secret_provider_class()
    app.start()
    app.stays("ContainerCreating", app.cloud.words.empty)
    app.cloud.secret(app.name, "now it has one")
    app.runs()


def test_a_secret_that_does_not_exist_is_not_found(app: App) -> None:
    app.cloud.remove_secret(app.secret)
    app.secret_provider_class()
    app.start()
    app.stays("ContainerCreating", app.cloud.words.missing)


def test_another_service_account_has_no_identity(app: App) -> None:
    app.secret_provider_class()
    app.start(serviceAccountName="default")
    app.stays("ContainerCreating", app.cloud.words.stranger)


def test_whoever_is_trusted_for_another_account_is_not_let_in(app: App) -> None:
    app.cloud.identity(app.namespace, ACCOUNT, [app.secret], trusted="somebody-else")
    app.secret_provider_class()
    app.start()
    not_assumed = "pods.eks.amazonaws.com is not authorized to perform: sts:AssumeRole"
    app.stays("ContainerCreating", not_assumed if app.cloud.cloud == "aws" else app.cloud.words.stranger)


def test_a_class_that_does_not_ask_for_workload_identity_mounts_nothing(app: App) -> None:
    found = app.secret_provider_class()
    found["spec"]["parameters"] = app.cloud.without_identity(found["spec"]["parameters"])
    app.kubernetes.client.delete(found)
    app.kubernetes.apply(found)
    app.start()
    app.stays("ContainerCreating", app.cloud.words.no_identity)


def test_a_driver_that_is_not_there_or_does_not_reach_a_tainted_node_mounts_nothing(app: App) -> None:
    if isinstance(app.cloud, AzureWorld):
        app.cloud.cluster(addonProfiles={})  # AKS brings it, with all its tolerations, or it does not
    else:
        app.cloud.secrets_store(linux={"tolerations": []})
    app.secret_provider_class()
    app.start()
    app.stays("ContainerCreating", "secrets-store.csi.k8s.io not found in the list of registered CSI drivers")


def test_a_secret_that_nobody_reads_from_the_environment_need_not_be_synced(app: App) -> None:
    app.secret_provider_class(env=())
    app.start(containers=[{"name": "app", "image": "images.invalid/app"}])
    app.runs()
    assert app.synced is None


def test_a_pod_waits_for_the_config_map_that_it_mounts(app: App) -> None:
    app.secret_provider_class()
    app.start(volumes=[{"name": "files", "configMap": {"name": "files"}}], containers=[{"name": "app", "image": "x"}])
    app.stays("ContainerCreating", 'configmap "files" not found')
    metadata = {"name": "files", "namespace": app.namespace}
    app.kubernetes.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {}})
    app.runs()
    assert phase(app.kubernetes.pod("app", app.namespace)) == "Running"
