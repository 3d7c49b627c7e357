"""The Secrets Store driver where the platform releases it itself, on EKS and GKE: what a release can get wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.harness import Kubernetes, Sandbox
from tests.cluster.test_secrets_store import App

WRONG_AUDIENCE = {
    "aws": 'token for audience "pods.eks.amazonaws.com" not found',
    "gcp": "unable to fetch SA token from driver: no token has audience value of idPool",
}


@pytest.fixture(scope="module", params=["aws", "gcp"])
def cloud_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def app(sandbox: Sandbox, kubernetes: Kubernetes, request: pytest.FixtureRequest) -> Iterator[App]:
    yield App(sandbox, kubernetes, request.node.originalname.removeprefix("test_").replace("_", "-")[:55].strip("-"))
    sandbox.cloud.secrets_store()


def test_a_provider_without_tolerations_does_not_reach_a_tainted_node(app: App) -> None:
    provider = app.cloud.cloud
    app.cloud.release(f"secrets-store-csi-driver-provider-{provider}", {})
    app.secret_provider_class()
    app.start()
    app.stays("ContainerCreating", f'provider not found: provider "{provider}"')


def test_a_driver_with_tokens_for_somebody_else_mounts_nothing(app: App) -> None:
    app.cloud.secrets_store(tokenRequests=[{"audience": "sts.amazonaws.com"}])
    app.secret_provider_class()
    app.start()
    app.stays("ContainerCreating", WRONG_AUDIENCE[app.cloud.cloud])


def test_a_driver_that_may_not_sync_makes_no_secret(app: App) -> None:
    app.cloud.secrets_store(syncSecret={"enabled": False})
    app.secret_provider_class()
    app.start()
    app.stays("CreateContainerConfigError", "secrets is forbidden")
