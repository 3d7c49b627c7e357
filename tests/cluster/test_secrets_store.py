"""Secrets through the CSI driver: mounted and synced as it would, and every way in which that fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.cloud import EVERY_TAINT
from tests.cluster.harness import (
    Item,
    Kubernetes,
    Sandbox,
    phase,
    secret_provider_class,
    until,
    waiting,
)

ACCOUNT = "app"


class App:
    """A namespace with one pod that mounts one secret, and reads it from its environment too."""

    def __init__(self, sandbox: Sandbox, kubernetes: Kubernetes, namespace: str):
        self.sandbox, self.kubernetes = sandbox, kubernetes
        self.cloud = sandbox.cloud
        self.namespace = kubernetes.namespace(namespace)
        self.arn = self.cloud.secret(f"{namespace}/key")
        self.cloud.identity(namespace, ACCOUNT, [self.arn])
        metadata = {"name": ACCOUNT, "namespace": namespace}
        kubernetes.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})

    def secret_provider_class(self, *, env: tuple[str, ...] = ("KEY",), **spec: object) -> Item:
        found = secret_provider_class("app", self.namespace, {"KEY": self.arn}, env=env, **spec)
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
    kubernetes.apply(secret_provider_class("app", other, {"KEY": app.arn}))
    app.start()
    app.stays("ContainerCreating", f"failed to get secretproviderclass {app.namespace}/app")


def test_a_provider_of_another_cloud_is_not_found(app: App) -> None:
    app.secret_provider_class(provider="azure")
    app.start()
    app.stays("ContainerCreating", 'provider not found: provider "azure"')


def test_a_wrong_alias_in_secret_objects_leaves_the_secret_unmade(app: App) -> None:
    data = [{"objectName": "KEI", "key": "KEY"}]
    app.secret_provider_class(secretObjects=[{"secretName": "app", "type": "Opaque", "data": data}])
    app.start()
    app.stays("CreateContainerConfigError", "file matching objectName KEI not found in the pod")
    assert app.synced is None


def test_a_missing_grant_is_refused_as_iam_would(app: App) -> None:
    app.cloud.identity(app.namespace, ACCOUNT, [f"{app.arn}-of-another"])
    app.secret_provider_class()
    app.start()
    app.stays("ContainerCreating", "is not authorized to perform: secretsmanager:GetSecretValue")
    app.cloud.identity(app.namespace, ACCOUNT, [app.arn])
    app.runs()


def test_a_secret_without_a_value_keeps_its_pod_waiting_until_it_has_one(app: App) -> None:
    name = app.arn.split(":secret:")[1].removesuffix("-abc123")
    app.cloud.secret(name, None)
    app.secret_provider_class()
    app.start()
    app.stays("ContainerCreating", "can't find the specified secret value for staging label: AWSCURRENT")
    app.cloud.secret(name, "now it has one")
    app.runs()


def test_a_secret_that_does_not_exist_is_not_found(app: App) -> None:
    app.cloud.delete("aws:secretsmanager/secret:Secret", app.arn)
    app.secret_provider_class()
    app.start()
    app.stays("ContainerCreating", "Secrets Manager can't find the specified secret.")


def test_another_service_account_has_no_identity(app: App) -> None:
    app.secret_provider_class()
    app.start(serviceAccountName="default")
    app.stays("ContainerCreating", f"no pod identity association for service account {app.namespace}/default")


def test_a_role_trusted_for_another_account_is_not_assumed(app: App) -> None:
    app.cloud.identity(app.namespace, ACCOUNT, [app.arn], trusted="somebody-else")
    app.secret_provider_class()
    app.start()
    app.stays("ContainerCreating", "pods.eks.amazonaws.com is not authorized to perform: sts:AssumeRole")


def test_without_pod_identity_the_provider_asks_for_irsa(app: App) -> None:
    found = app.secret_provider_class()
    del found["spec"]["parameters"]["usePodIdentity"]
    app.kubernetes.client.delete(found)
    app.kubernetes.apply(found)
    app.start()
    app.stays("ContainerCreating", "An IAM role must be associated with service account app")


def test_a_driver_without_tolerations_does_not_reach_a_tainted_node(app: App) -> None:
    app.cloud.secrets_store(linux={"tolerations": []})
    app.secret_provider_class()
    app.start()
    app.stays("ContainerCreating", "secrets-store.csi.k8s.io not found in the list of registered CSI drivers")


def test_a_provider_without_tolerations_does_not_reach_a_tainted_node(app: App) -> None:
    app.cloud.release("secrets-store-csi-driver-provider-aws", {})
    app.secret_provider_class()
    app.start()
    app.stays("ContainerCreating", 'provider not found: provider "aws"')


def test_a_driver_that_asks_for_no_tokens_of_pod_identity_mounts_nothing(app: App) -> None:
    app.cloud.secrets_store(tokenRequests=[{"audience": "sts.amazonaws.com"}])
    app.secret_provider_class()
    app.start()
    app.stays("ContainerCreating", 'token for audience "pods.eks.amazonaws.com" not found')


def test_a_driver_that_may_not_sync_makes_no_secret(app: App) -> None:
    app.cloud.secrets_store(syncSecret={"enabled": False})
    app.secret_provider_class()
    app.start()
    app.stays("CreateContainerConfigError", "secrets is forbidden")


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
