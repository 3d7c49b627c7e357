"""Secrets on AWS: which value is there now, and how a mount's files become Kubernetes Secrets."""

import json
from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.contract.identity import IdentitySpec
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.contract.secret import SecretSpec
from nodeyard.clouds.contract.secret_mount import SecretFile, SecretMountSpec
from sandbox.simulation import world_of
from tests.unit.examples import ACCOUNT, REGION, platform
from tests.unit.recording import record
from tests.unit.worlds import plant, with_platform

AWS = clouds.named(CloudName.AWS)
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
CLASS = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"
ARN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:it/key-a1b2c3"


def secret(*versions: str, **changes: Any) -> dict[str, Any]:
    """What is told of a secret that is there with these versions, or of one that is made."""
    mocks, told = with_platform(platform()), {}
    if not changes:
        plant(mocks, "aws:secretsmanager/secret:Secret", ARN, REGION, arn=ARN)
        for version in versions:
            plant(mocks, VERSION, f"{ARN}|{version}", ARN)

    def program() -> None:
        spec = SecretSpec(name="it/key", **(changes or {"existing": ARN}))
        it = AWS.Secret("it", spec, platform(), ResourceOptions())
        pulumi.Output.all(has_value=it.has_value, version=it.version).apply(told.update)

    record(program, mocks)
    if changes.get("value"):
        [made] = world_of(mocks.home).find(VERSION)
        told["made"] = made.id.partition("|")[2]
    return told


def test_the_version_is_that_of_the_value_that_an_operator_put_there() -> None:
    assert secret("first") == {"has_value": True, "version": "first"}
    assert secret() == {"has_value": False, "version": ""}


def test_a_version_that_was_current_before_is_not_the_one_that_is(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = [
        {"versionId": "old", "versionStages": ["AWSPREVIOUS"], "createdTime": "", "lastAccessedDate": ""},
        {"versionId": "new", "versionStages": ["AWSCURRENT"], "createdTime": "", "lastAccessedDate": ""},
    ]
    from sandbox.simulation.tables.aws import functions

    ask = "aws:secretsmanager/getSecretVersions:getSecretVersions"
    before = functions.FUNCTIONS[ask]
    monkeypatch.setitem(functions.FUNCTIONS, ask, lambda instance: {**before(instance), "versions": answer})
    assert secret("any")["version"] == "new"


def test_the_version_of_a_value_that_is_given_is_the_one_that_is_made() -> None:
    told = secret(value="a-value-of-nobody")
    assert told["version"] == told["made"] != ""


def mount(**files: dict[str, bool]) -> tuple[dict[str, Any], dict[str, Any]]:
    mocks, told = with_platform(platform()), {}

    def program() -> None:
        options = ResourceOptions()
        secrets = [AWS.Secret(alias, SecretSpec(name=alias, value="v"), platform(), options) for alias in files]
        identity = AWS.Identity(
            "it", IdentitySpec(namespace="metis-mainnet", service_account="it"), platform(), options
        )
        pairs = zip(secrets, files.items(), strict=True)
        of = [SecretFile(secret, alias, **marks) for secret, (alias, marks) in pairs]
        it = AWS.SecretMount(
            "it", SecretMountSpec(namespace="metis-mainnet", files=of, identity=identity), platform(), options
        )
        pulumi.Output.all(env=it.synced_secret_name, pull=it.pull_secret_name).apply(told.update)

    recording = record(program, mocks)
    return recording.one(CLASS).inputs["spec"], told


def test_a_registrys_credentials_become_a_secret_of_their_own_which_the_kubelet_reads() -> None:
    spec, told = mount(registry={"pull": True}, key={"env": True}, file={})
    assert spec["secretObjects"] == [
        {"secretName": "it", "type": "Opaque", "data": [{"objectName": "key", "key": "key"}]},
        {
            "secretName": "it-pull",
            "type": "kubernetes.io/dockerconfigjson",
            "data": [{"objectName": "registry", "key": ".dockerconfigjson"}],
        },
    ]
    assert told == {"env": "it", "pull": "it-pull"}
    assert [item["objectAlias"] for item in json.loads(spec["parameters"]["objects"])] == ["registry", "key", "file"]


def test_a_mount_of_files_alone_makes_no_secret() -> None:
    spec, told = mount(file={})
    assert "secretObjects" not in spec
    assert told == {"env": "", "pull": ""}


def test_two_registries_credentials_do_not_fit_into_one_secret() -> None:
    with pytest.raises(ValueError, match="one and two cannot be one registry's credentials"):
        mount(one={"pull": True}, two={"pull": True})
