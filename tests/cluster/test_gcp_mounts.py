"""What only the Google provider, IAM and Secret Manager ask, on a world without a control plane."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from sandbox.controlplane import clouds
from sandbox.controlplane.clouds import Identity, Mount, MountFailed
from tests.cluster.worlds.base import EVERY_TAINT, Item
from tests.cluster.worlds.gcp import ACCESSOR, FEDERATED, NUMBER, POOL, PROJECT, GcpWorld

SECRET = f"projects/{PROJECT}/secrets/key"
MEMBER = f"{FEDERATED}/subject/ns/ns/sa/app"
ACCOUNT = f"app@{PROJECT}.iam.gserviceaccount.com"
KEY = f"projects/{PROJECT}/locations/us-central1/keyRings/platform/cryptoKeys/platform"
KEY_MEMBER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
AGENT = f"serviceAccount:service-{NUMBER}@gcp-sa-secretmanager.iam.gserviceaccount.com"
ENCRYPTED = {"customerManagedEncryption": {"kmsKeyName": KEY}}
DENIED = r"Permission 'secretmanager\.versions\.access' denied"


@pytest.fixture
def gcp(tmp_path: Path) -> GcpWorld:
    """A secret, and a pod that may read it."""
    world = GcpWorld(tmp_path)
    world.cluster()
    world.identity("ns", "app", [world.secret("key")])
    return world


def mounted(
    gcp: GcpWorld,
    audiences: tuple[str, ...] = (POOL,),
    annotations: Mapping[str, str] | None = None,
    **parameters: str,
) -> dict[str, str]:
    (cluster,) = clouds.clusters(gcp.world)
    given: Item = gcp.provider_class("ns", "app", {"KEY": SECRET})["parameters"]
    mount = Mount({**given, **parameters}, Identity("ns", "app", annotations=annotations or {}), audiences)
    return clouds.mounted(gcp.world, cluster, mount)


def bound(gcp: GcpWorld, *members: str, role: str = ACCESSOR, **more: object) -> None:
    """These members, and no others."""
    gcp.identity("ns", "app", [])
    for member in members:
        gcp.bind(SECRET, member, role, **more)


def test_what_may_be_read_is_mounted_under_its_path(gcp: GcpWorld) -> None:
    assert mounted(gcp) == {"KEY": "a secret value"}


@pytest.mark.parametrize(
    ("parameters", "because"),
    [
        ({"auth": "somehow"}, 'unknown auth configuration: "somehow"'),
        ({"secrets": "{"}, "failed to unmarshal secrets attribute"),
        ({"secrets": f"[{{resourceName: {SECRET}/versions/latest, path: x, mode: 4096}}]"}, "into a file's mode"),
        ({"secrets": f"[{{resourceName: {SECRET}, path: x}}]"}, "unknown resource type"),
    ],
)
def test_a_class_that_asks_wrongly_is_refused_in_the_providers_words(
    gcp: GcpWorld, parameters: dict[str, str], because: str
) -> None:
    with pytest.raises(MountFailed) as refused:
        mounted(gcp, **parameters)
    assert because in str(refused.value)


@pytest.mark.parametrize(
    ("audiences", "because"),
    [((), "unable to fetch pod token"), (("sts.amazonaws.com",), "no token has audience value of idPool")],
)
def test_without_a_token_for_the_pool_nobody_is_let_in(gcp: GcpWorld, audiences: tuple[str, ...], because: str) -> None:
    with pytest.raises(MountFailed, match=because):
        mounted(gcp, audiences)


def test_a_cluster_without_workload_identity_lets_nobody_in(gcp: GcpWorld) -> None:
    gcp.cluster(workloadIdentityConfig={})
    with pytest.raises(MountFailed, match="unable to fetch identitybindingtoken"):
        mounted(gcp)


@pytest.mark.parametrize(
    "member",
    [
        MEMBER,
        f"serviceAccount:{POOL}[ns/app]",
        FEDERATED.replace("principal:", "principalSet:") + "/namespace/ns",
        FEDERATED.replace("principal:", "principalSet:") + "/*",
    ],
)
def test_a_pod_is_bound_by_each_of_its_names(gcp: GcpWorld, member: str) -> None:
    bound(gcp, member)
    assert mounted(gcp) == {"KEY": "a secret value"}


@pytest.mark.parametrize(
    "member",
    [
        f"{FEDERATED}/subject/ns/ns/sa/app2",
        f"{FEDERATED}/subject/ns/another/sa/app",
        MEMBER.replace(NUMBER, "999999999999"),
        MEMBER.replace(NUMBER, PROJECT),
        f"serviceAccount:{POOL}[another/app]",
    ],
)
def test_another_accounts_binding_does_not_count(gcp: GcpWorld, member: str) -> None:
    bound(gcp, member)
    with pytest.raises(MountFailed, match=DENIED):
        mounted(gcp)


def test_a_binding_of_another_secret_does_not_count(gcp: GcpWorld) -> None:
    gcp.identity("ns", "app", [gcp.secret("key2")])
    with pytest.raises(MountFailed, match=DENIED):
        mounted(gcp)


def test_a_role_without_the_permission_and_a_condition_do_not_count(gcp: GcpWorld) -> None:
    bound(gcp, MEMBER, role="roles/secretmanager.viewer")
    with pytest.raises(MountFailed, match=DENIED):
        mounted(gcp)
    bound(gcp, MEMBER, condition={"expression": "true"})
    with pytest.raises(MountFailed, match=DENIED):
        mounted(gcp)


def test_a_role_of_ones_own_counts_by_its_permissions(gcp: GcpWorld) -> None:
    role = f"projects/{PROJECT}/roles/reads"
    gcp.put("gcp:projects/iAMCustomRole:IAMCustomRole", role, permissions=["secretmanager.versions.access"], name=role)
    bound(gcp, MEMBER, role=role)
    assert mounted(gcp) == {"KEY": "a secret value"}


def test_a_binding_of_the_project_counts_for_its_secrets(gcp: GcpWorld) -> None:
    bound(gcp)
    gcp.put("gcp:projects/iAMMember:IAMMember", "m", project=PROJECT, role=ACCESSOR, member=MEMBER)
    assert mounted(gcp) == {"KEY": "a secret value"}
    gcp.put("gcp:projects/iAMMember:IAMMember", "m", project="another", role=ACCESSOR, member=MEMBER)
    with pytest.raises(MountFailed, match=DENIED):
        mounted(gcp)


def test_with_the_annotation_a_pod_is_its_google_account_and_no_longer_itself(gcp: GcpWorld) -> None:
    annotated = {"iam.gke.io/gcp-service-account": ACCOUNT}
    with pytest.raises(MountFailed, match=r"Permission 'iam\.serviceAccounts\.getAccessToken' denied"):
        mounted(gcp, annotations=annotated)
    where = f"projects/{PROJECT}/serviceAccounts/{ACCOUNT}"
    act = {"serviceAccountId": where, "role": "roles/iam.workloadIdentityUser", "member": MEMBER}
    gcp.put("gcp:serviceaccount/iAMMember:IAMMember", "m", **act)
    with pytest.raises(MountFailed, match=DENIED):  # the secret is bound to the pod, not to the account
        mounted(gcp, annotations=annotated)
    bound(gcp, f"serviceAccount:{ACCOUNT}")
    assert mounted(gcp, annotations=annotated) == {"KEY": "a secret value"}


def test_a_secret_may_be_named_by_its_projects_number_and_by_a_version(gcp: GcpWorld) -> None:
    names = [f"projects/{NUMBER}/secrets/key/versions/latest", f"{SECRET}/versions/1"]
    wanted = [{"resourceName": name, "path": name[-1]} for name in names]
    assert mounted(gcp, secrets=yaml.safe_dump(wanted)) == {"t": "a secret value", "1": "a secret value"}


def test_every_secret_that_cannot_be_had_is_named_at_once(gcp: GcpWorld) -> None:
    wanted = [{"resourceName": f"projects/{PROJECT}/secrets/{name}/versions/latest", "path": name} for name in "ab"]
    with pytest.raises(MountFailed, match=r"secrets/a/versions/latest.*,.*secrets/b/versions/latest"):
        mounted(gcp, secrets=yaml.safe_dump(wanted))


def test_a_version_that_is_disabled_is_not_passed_over_for_an_older_one(gcp: GcpWorld) -> None:
    version = {
        "secret": SECRET,
        "secretData": "newer",
        "enabled": False,
        "version": "2",
        "name": f"{SECRET}/versions/2",
    }
    gcp.put("gcp:secretmanager/secretVersion:SecretVersion", f"{SECRET}/versions/2", place=SECRET, **version)
    with pytest.raises(MountFailed, match="is in DISABLED state"):
        mounted(gcp)


@pytest.mark.parametrize("replication", [{"auto": ENCRYPTED}, {"userManaged": {"replicas": [ENCRYPTED]}}])
def test_a_secret_is_read_only_while_secret_manager_may_decrypt_it(gcp: GcpWorld, replication: Item) -> None:
    gcp.put(
        "gcp:secretmanager/secret:Secret", SECRET, "key", name=f"projects/{NUMBER}/secrets/key", replication=replication
    )
    sealed = "service agent may not decrypt"
    with pytest.raises(MountFailed, match=sealed):
        mounted(gcp)
    gcp.put("gcp:kms/cryptoKey:CryptoKey", KEY)
    grant = {"cryptoKeyId": KEY, "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "member": AGENT}
    wrong = [
        {"cryptoKeyId": f"{KEY}-other"},
        {"role": "roles/cloudkms.viewer"},
        {"member": AGENT.replace("secretmanager", "pubsub")},
        {"condition": {"expression": "true"}},
    ]
    for change in wrong:
        gcp.put(KEY_MEMBER, "grant", **{**grant, **change})
        with pytest.raises(MountFailed, match=sealed):
            mounted(gcp)
    gcp.delete(KEY_MEMBER, "grant")
    gcp.put(KEY_MEMBER, "grant", **grant)
    assert mounted(gcp) == {"KEY": "a secret value"}


def test_the_provider_may_be_a_daemon_set_of_its_documented_install(gcp: GcpWorld) -> None:
    (cluster,) = clouds.clusters(gcp.world)
    assert clouds.secrets_store(gcp.world, cluster).provider is None
    pod = {"spec": {"tolerations": EVERY_TAINT}}
    metadata = {"name": "csi-secrets-store-provider-gcp", "namespace": "kube-system"}
    given = {"metadata": metadata, "spec": {"template": pod}}
    gcp.put("apps/DaemonSet", "d", place=gcp.server, **given)
    assert clouds.secrets_store(gcp.world, cluster).provider == EVERY_TAINT
