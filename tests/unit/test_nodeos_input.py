"""What a cluster of nodeos may be told, and how its writer is told what is wrong: by the file's own spelling."""

from pathlib import Path
from typing import Any

import pytest

from nodeyard.errors import InputError
from nodeyard.nodeos_bp_cluster.chain import chain_id, written
from nodeyard.nodeos_bp_cluster.keys import bls_key_bytes, private_key_bytes, public_key_bytes
from nodeyard.nodeos_bp_cluster.networks import JUNGLE4
from nodeyard.nodeos_bp_cluster.secrets import finalizer_key_problem, signature_providers_problem, token_problem
from tests.unit import nodeos_clusters
from tests.unit.examples import nodeos_config, platform
from tests.unit.nodeos_clusters import (
    FINALIZER,
    NAME,
    PRIVATE,
    PRIVATE_BLS,
    PUBLIC,
    PUBLIC_BLS,
    SIGNING,
    component,
    on_azure,
    on_google_cloud,
    settings,
)
from tests.unit.test_stack_files import Backend, S, problems

GENESIS = written({**(JUNGLE4.genesis or {}), "initial_timestamp": "2026-11-29T00:00:00"})


@pytest.fixture(autouse=True)
def _with_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform that the files name has those of nodeos."""
    contract = platform(namespaces=["nodeos-eos-mainnet", "nodeos-jungle"])
    told = {"secretNames": [], "secretOutputNames": [], "outputs": {"platform": contract}}
    answer = Backend.call
    monkeypatch.setattr(
        Backend, "call", lambda self, args: told if "StackOutputs" in args.token else answer(self, args)
    )


def refused(**changes: Any) -> dict[str, str]:
    stack = {key: value for key, value in nodeos_config(**changes).items() if value is not None}
    return problems(stack)


RULES: list[tuple[dict[str, Any], str, str]] = [
    # file change, path, words of the reason
    ({"network": "jungle"}, "network", "did you mean jungle4?"),
    ({"network": "bos"}, "network", "is gone: BOSCore's chain"),
    ({"namespace": "other"}, "namespace", "the platform made no namespace 'other'"),
    ({"producers": []}, "producers", "1 or more entries"),
    ({"producers": ["MyProducer"]}, "producers[0]", "1 to 12 of a-z, 1-5 and ."),
    ({"producers": ["abcdefghijklm"]}, "producers[0]", "1 to 12"),
    ({"producers": ["one.", "one"]}, "producers[0]", "with no . at either end"),
    ({"producers": ["one", "one"]}, "producers", "more than once"),
    ({"ordinals": 0}, "ordinals", "must be 1 to 5 nodes"),
    ({"ordinals": 6}, "ordinals", "must be 1 to 5 nodes"),
    ({"ordinals": "3"}, "ordinals", "without quotes"),
    ({"ordinals": {"nodeos-bp-5": {}}}, "ordinals.nodeos-bp-5", "nodeos-bp-0 to nodeos-bp-4"),
    ({"ordinals": {"nodeos-bp-0": {"diskGb": 1}}}, "ordinals.nodeos-bp-0.diskGb", "did you mean `diskGib`?"),
    ({"ordinals": {"nodeos-bp-0": {"mayProduce": False}}}, "ordinals", "must have one that may produce"),
    ({"ordinals": {"nodeos-bp-0": {"zone": "us-west-1a"}}}, "ordinals.nodeos-bp-0.zone", "us-east-2a"),
    (
        {"ordinals": {"nodeos-bp-0": {"seedFrom": "snap-1", "existingDisk": "vol-1"}}},
        "ordinals.nodeos-bp-0.seedFrom",
        "`existingDisk` adopts one",
    ),
    ({"ordinals": {"nodeos-bp-0": {"existingDisk": "disk-1"}}}, "ordinals.nodeos-bp-0.existingDisk", "vol-..."),
    ({"ordinals": {"nodeos-bp-0": {"seedFrom": "vol-1"}}}, "ordinals.nodeos-bp-0.seedFrom", "snap-..."),
    (
        {"ordinals": {f"nodeos-bp-{n}": {"existingDisk": "vol-0123456789abcdef0"} for n in (0, 1)}},
        "ordinals.nodeos-bp-1.existingDisk",
        "is that of nodeos-bp-0 too",
    ),
    ({"apiNodes": 6}, "apiNodes", "must be 0 to 5 nodes"),
    ({"apiNodes": {"nodeos-bp-0": {}}}, "apiNodes.nodeos-bp-0", "nodeos-api-0 to nodeos-api-4"),
    ({"apiNodes": {"nodeos-api-0": {"mayProduce": True}}}, "apiNodes.nodeos-api-0.mayProduce", "unknown key"),
    ({"activeProducer": "nodeos-bp-3"}, "activeProducer", "nodeos-bp-0, nodeos-bp-1, nodeos-bp-2"),
    ({"activeProducer": "nodeos-api-0"}, "activeProducer", "must be an ordinal"),
    ({"ordinals": 1, "failover": "automatic"}, "failover", "needs two ordinals that may produce"),
    ({"ordinals": 1, "autoRestore": "snapshot"}, "autoRestore", "by the only one that may produce"),
    ({"ordinals": 1, "backups": {"period": 86400}}, "backups", "one ordinal alone"),
    ({"failover": "auto"}, "failover", "did you mean automatic?"),
    ({"snapshots": {"period": 3600, "modulo": 7200}}, "snapshots", "give `period` or `modulo`"),
    ({"snapshots": {"period": 60}}, "snapshots.period", "must be 600 or more"),
    ({"grace": 120}, "grace", "must be 300 or more"),
    ({"instanceType": "m6i.large"}, "instanceType", "too small"),
    ({"instanceType": "big"}, "instanceType", "no instance type of AWS"),
    ({"network": "eos-mainnet", "instanceType": "t3.2xlarge"}, "instanceType", "does not tell its size"),
    ({"diskGib": 31}, "diskGib", "must be 32 or more: the state may become 16384Mi"),
    ({"resources": {"limits": {"memory": "4Gi"}}}, "resources.limits.memory", "than the 20480Mi"),
    (
        {"network": "eos-mainnet", "resources": {"requests": {"memory": "8Gi"}, "limits": {"memory": "64Gi"}}},
        "resources.limits.memory",
        "which nodeos holds in memory (database-map-mode)",
    ),
    ({"releaseVersion": "1.33.5"}, "releaseVersion", "no release of BOTTLEROCKET"),
    ({"images": {"manager": "images.invalid/nodeos"}}, "images.manager", "its tag, other than latest"),
    ({"images": None}, "images", "is required"),
    ({"peers": ["p2p.example.com"]}, "peers[0]", "a peer like p2p.example.com:9876"),
    ({"peers": ["p2p.example.com:99999"]}, "peers[0]", "above 65535"),
    ({"peerCidrs": ["0.0.0.0/0"]}, "peerCidrs[0]", "nobody there finds the pods"),
    ({"peerCidrs": ["10.99.0.0/16"]}, "peerCidrs[0]", "nor in its `peeredCidrs`"),
    ({"config": ["http-server-address = 0.0.0.0:8888"]}, "config[0]", "the manager sets it"),
    ({"config": [f"signature-provider = {PUBLIC}=KEY:x"]}, "config[0]", "give it as `secrets.signatureProviders`"),
    ({"config": ["producer-name = one"]}, "config[0]", "give it as `producers`"),
    ({"config": ["enable-stale-production = true"]}, "config[0]", "a chain of its own"),
    ({"config": ["net-threads"]}, "config[0]", "`option = value`"),
    ({"config": ["net-threads = 4 # four"]}, "config[0]", "without a comment"),
    ({"config": ["chain-state-db-size-mb = lots"]}, "config[0]", "must be a whole number"),
    ({"genesis": GENESIS}, "genesis", "jungle4 has its own"),
    ({"chainId": "0" * 64}, "chainId", "jungle4 has its own"),
    ({"network": "private"}, "genesis", "is required with `network: private`"),
    ({"network": "private", "genesis": "x"}, "genesis", "is no JSON"),
    ({"network": "private", "genesis": "[]"}, "genesis", "is no genesis.json"),
    ({"network": "private", "genesis": "{}"}, "genesis", "has no initial_timestamp"),
    (
        {"network": "private", "genesis": GENESIS.replace("EOS5", "EOS6")},
        "genesis",
        "has no initial_key that is a public key",
    ),
    (
        {"network": "private", "genesis": GENESIS.replace("max_authority_depth", "depth")},
        "genesis",
        "lacks in its initial_configuration max_authority_depth",
    ),
    (
        {"network": "private", "genesis": GENESIS.replace(": 6\n", ": 65536\n")},
        "genesis",
        "below 0 or too large",
    ),
    ({"network": "private", "genesis": GENESIS, "chainId": "0" * 64}, "chainId", chain_id(GENESIS)),
    ({"flavour": "eos"}, "flavour", "does not follow jungle4"),
    ({"finalizers": False}, "finalizers", "jungle4 has Savanna's finality"),
    (
        {"network": "private", "genesis": GENESIS, "flavour": "eos", "finalizers": True},
        "finalizers",
        "unknown to EOSIO 2",
    ),
    ({"signerUrl": "signer:8900"}, "signerUrl", "a URL"),
    ({"signerUrl": "http://user:password@signer:8900"}, "signerUrl", "without a password in it"),
    (
        {"signerUrl": "http://signer:8900", "secrets": {"signatureProviders": {}}},
        "secrets.signatureProviders",
        "`signerUrl` has the signing keys",
    ),
    ({"secrets": {"finalizerKey3": {}}}, "secrets.finalizerKey3", "`finalizerKey0`, `finalizerKey1`, `finalizerKey2`"),
    ({"secrets": {"token": {"existing": "token"}}}, "secrets.token.existing", "arn:aws:secretsmanager:"),
    ({"bucket": {"existing": "Not A Bucket"}}, "bucket.existing", "no id of this kind"),
    ({"bucket": {"existing": "backups", "undeleteDays": 3}}, "bucket.undeleteDays", "it keeps its own"),
    ({"bucket": {"undeleteDays": 0}}, "bucket.undeleteDays", "must be 1 or more"),
    ({"monitoring": False, "monitoringLabels": {"a": "b"}}, "monitoringLabels", "`monitoring: false` leaves out"),
    ({"monitoringLabels": {"helm.sh/x": "b"}}, 'monitoringLabels["helm.sh/x"]', "the chart sets itself"),
    ({"tags": {"aws:x": "y"}}, "tags.aws:x", "AWS' own"),
]


@pytest.mark.parametrize(("changes", "path", "words"), RULES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_file_is_refused_where_it_is_wrong(changes: dict[str, Any], path: str, words: str) -> None:
    found = refused(**changes)
    assert words in found[f"{S}.{path}"], found


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = refused(producers=["A"], ordinals=1, failover="automatic", grace=1, peers=["x"])
    assert set(found) == {f"{S}.{path}" for path in ("producers[0]", "failover", "grace", "peers[0]")}


def test_what_is_wrong_with_the_whole_cluster_is_said_once() -> None:
    assert list(refused(instanceType="m6i.large")) == [f"{S}.instanceType"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("signatureProviders", "5K", "has no `=KEY:`"),
        ("signatureProviders", FINALIZER, "belongs to one ordinal alone"),
        ("signatureProviders", SIGNING[:-1] + "4", "private key that is mistyped"),
        ("finalizerKey0", SIGNING, "is no finalizer key"),
        ("token", "short", "must be 20 or more"),
    ],
)
def test_a_wrong_value_of_a_secret_is_told_by_its_place_and_never_repeated(key: str, value: str, words: str) -> None:
    stack = {name: given for name, given in nodeos_config().items() if given is not None}
    found = problems(stack, **{key: value})
    assert words in found[f"nodeyard:secrets.{key}"]
    assert not any(value in reason for reason in found.values())


# --- what is up never changes in place ---


def test_another_chain_or_namespace_never_takes_the_place_of_the_one_that_is_up() -> None:
    type_, private = "nodeyard:index:NodeosBPCluster", {"network": "private", "genesis": GENESIS}
    mine, of_genesis = settings().identity, settings(**private).identity
    up = component(type_, NAME, identity={**mine, "network": "eos-mainnet", "namespace": "nodeos-eos-mainnet"})
    assert set(nodeos_clusters.problems(up)) == {"network", "namespace"}
    other = component(type_, NAME, identity={**of_genesis, "chain_id": "0" * 64})
    assert list(nodeos_clusters.problems(other, **private)) == ["genesis"]


def test_a_disk_that_is_up_becomes_no_smaller_and_moves_nowhere() -> None:
    name = f"{NAME}-nodeos-bp-0"
    facts = {"size_gib": 500, "zone": "us-east-2b", "kms_key": platform()["kms_key"]}
    up = component("nodeyard:aws:Disk", name, **facts)
    up |= component("aws:ebs/volume:Volume", name, under="nodeyard:aws:Disk$")
    found = nodeos_clusters.problems(up)
    assert "no cloud makes a disk smaller" in found["disk_gib"]
    assert "no cloud moves a disk" in found["ordinals.nodeos-bp-0.zone"]


def test_no_range_is_let_in_where_no_other_network_finds_the_pods(tmp_path: Path) -> None:
    _, azure = on_azure(tmp_path)
    azure["platform"]["peered_cidrs"] = ["10.99.0.0/16"]
    assert nodeos_clusters.problems(**azure, peer_cidrs=["10.99.7.0/24"]) == {
        "peer_cidrs": "no other network finds the pods on this cloud: let those peers be dialled (`peers`)"
    }


def test_a_bucket_forgets_no_sooner_and_no_later_than_its_cloud_can() -> None:
    found = nodeos_clusters.problems(**on_google_cloud(bucket={"undelete_days": 3}))
    assert list(found) == ["bucket.undelete_days"]


# --- the forms of keys ---


def test_keys_of_every_form_are_taken() -> None:
    assert private_key_bytes(PRIVATE).hex() == "d2653ff7cbb2d8ff129ac27ef5781ce68b2558c41a74af1f2ddca635cbeef07d"
    assert len(public_key_bytes(PUBLIC)) == 34
    assert len(bls_key_bytes(PUBLIC_BLS)) == 96
    assert len(bls_key_bytes(PRIVATE_BLS)) == 32
    assert not signature_providers_problem(f"{SIGNING}\n\n{SIGNING}\n")
    assert not finalizer_key_problem(f"{FINALIZER}\n")
    assert not token_problem("a1b2c3d4e5f6a7b8c9d0\n")


@pytest.mark.parametrize("place", range(len(PUBLIC) - 1, 2, -7))
def test_a_public_key_with_one_wrong_letter_is_refused(place: int) -> None:
    wrong = PUBLIC[:place] + ("2" if PUBLIC[place] != "2" else "3") + PUBLIC[place + 1 :]
    with pytest.raises(ValueError, match="mistyped"):
        public_key_bytes(wrong)


def test_keys_of_a_finalizer_are_one_line_of_one_pair() -> None:
    assert "more than one line" in finalizer_key_problem(f"{FINALIZER}\n{FINALIZER}")
    assert "mistyped" in finalizer_key_problem(f"{PUBLIC_BLS}=KEY:{PRIVATE_BLS[:-1]}L")
    assert "no key of a finalizer" in finalizer_key_problem(f"{PUBLIC_BLS}=KEY:{PRIVATE}")


def test_a_clusters_own_error_is_an_input_error() -> None:
    with pytest.raises(InputError, match="NodeosBPCluster 'nodeos-jungle' has bad input"):
        settings(grace=1)
