"""What `TSMNode` refuses, before anything is registered, and its neighbour that it takes."""

from typing import Any

import pulumi
import pytest

from nodeyard.errors import InputError
from nodeyard.keys import respelled
from nodeyard.tsm_node import TSMNodeArgs
from nodeyard.tsm_node.card import sign
from nodeyard.tsm_node.settings import LONGEST_NAME, TYPE
from tests.unit import gcp_world
from tests.unit.examples import ACCOUNT, REGION
from tests.unit.tsm_players import (
    HASH,
    KEYS,
    MASTER,
    NAME,
    NODE,
    OTHER_HASH,
    PUBLIC,
    arguments,
    by_value,
    card,
    cards,
    component,
    on_azure,
    platform,
    problems,
    refusal_of,
    settings,
    taken,
)

A, B, C, D = (f"{REGION}{letter}" for letter in "abcd")
SECRET_ID = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:tsm-a1b2c3"
ADDRESSES = ["eipalloc-0123456789abcdef0", "eipalloc-0123456789abcdef1"]
KEY = {"private_key": {"value": KEYS[0]}}
PASSWORD = {**KEY, "master_password": {"value": MASTER}}
SERVER = "/subscriptions/s/resourceGroups/platform/providers/Microsoft.DBforPostgreSQL/flexibleServers/old"
RESTORED = {"restored_from": SERVER, "restored_at": "2026-11-29T12:00:00Z"}
OWN = {"config_secret_name": "mine", "public_key": PUBLIC[0], "secrets": {}}
"""A player whose operator brings the whole configuration."""
CLUSTER = {"mesh": {"kind": "cluster"}}
IN_CLUSTER = {**CLUSTER, "peers": {str(n): by_value(n, namespace=f"tsm-{n}") for n in (1, 2)}}
PRIVATE = {
    "platform": platform(peered_cidrs=["10.1.0.0/16", "10.2.0.0/16"]),
    "mesh": {"kind": "private"},
    "peers": {
        str(n): {"card": card(n, mesh="private", egress=[f"10.{n}.0.0/16"], peered=["10.0.0.0/8"])} for n in (1, 2)
    },
}


def peer(**told: Any) -> dict[str, Any]:
    """Player 1 as it is told, beside player 2."""
    return {"peers": {**cards(2), "1": told}}


def api_key(**changes: Any) -> dict[str, Any]:
    return {"hash": HASH, "application_id": "wallet", **changes}


def operator(**changes: Any) -> dict[str, Any]:
    return {"hash": OTHER_HASH, "permissions": ["HEALTH"], **changes}


Case = tuple[dict[str, Any], str, str, str]

FORMS: list[Case] = [
    # change, path in Python's spelling and in the file's, words of the reason in the file's spelling
    ({"namespace": None}, "namespace", "namespace", "is required"),
    ({"index": None}, "index", "index", "is required"),
    ({"index": -1}, "index", "index", "0 or more"),
    ({"index": 99, "players": 99}, "index", "index", "98 or less"),
    ({"index": "0"}, "index", "index", "without quotes"),
    ({"players": 1}, "players", "players", "2 or more"),
    ({"players": 100}, "players", "players", "99 or less"),
    ({"peers": {"01": {}}}, "peers.01", "peers.01", 'in quotes: "0", "1"'),
    ({"peers": {"one": {}}}, "peers.one", "peers.one", 'in quotes: "0", "1"'),
    (peer(adress="x"), "peers.1.adress", "peers.1.adress", "did you mean `address`?"),
    (peer(address="198.51.100.7:9000"), "peers.1.address", "peers.1.address", "tcp://198.51.100.7:9000"),
    (peer(address="http://a:9000"), "peers.1.address", "peers.1.address", "tcp://198.51.100.7:9000"),
    (peer(card="tsm-player1-card"), "peers.1.card", "peers.1.card", "as `nodeyard.tsm_node.card.read_card(<a card>)`"),
    (peer(card={**card(1), "contract": 2}), "peers.1.card", "peers.1.card", "no card of version 1"),
    (peer(public_key="MFkw"), "peers.1.public_key", "peers.1.publicKey", "is no public key"),
    (peer(public_key=KEYS[1]), "peers.1.public_key", "peers.1.publicKey", "must not leave its player"),
    (peer(**by_value(1, egress=["198.51.100.7"])), "peers.1.egress[0]", "peers.1.egress[0]", "198.51.100.7/32"),
    ({"key": "made"}, "key", "key", "one of external, generated"),
    ({"replicas": 0}, "replicas", "replicas", "1 or more"),
    ({"replicas": 6}, "replicas", "replicas", "5 or less"),
    ({"mesh": {"kind": "vpn"}}, "mesh.kind", "mesh.kind", "one of public, private, cluster"),
    ({"mesh": {"server": "redis"}}, "mesh.server", "mesh.server", "one of direct, tcp"),
    (
        {**PRIVATE, "mesh": {"kind": "private", "private_address": "10.0.10"}},
        "mesh.private_address",
        "mesh.privateAddress",
        "IPv4 address",
    ),
    ({"sdk": {"private_address": "sdk.local"}}, "sdk.private_address", "sdk.privateAddress", "IPv4 address"),
    ({"sdk": {"exposure": "lan"}}, "sdk.exposure", "sdk.exposure", "one of internal, public, cluster"),
    ({"sdk": {"callers": ["10.0.0.1/8"]}}, "sdk.callers[0]", "sdk.callers[0]", "range of IPv4"),
    ({"nodes": {"zones": []}}, "nodes.zones", "nodes.zones", "1 or more"),
    ({"nodes": {"zones": [A, A]}}, "nodes.zones", "nodes.zones", "more than once"),
    ({"nodes": {"confidential": True}}, "nodes.confidential", "nodes.confidential", "one of required, off"),
    ({"database": {"version": "14"}}, "database.version", "database.version", "major version"),
    ({"database": {"version": 17}}, "database.version", "database.version", "put quotes around it"),
    ({"database": {"backup_days": 6}}, "database.backup_days", "database.backupDays", "7 or more"),
    ({"database": {"backup_days": 36}}, "database.backup_days", "database.backupDays", "35 or less"),
    (
        {"database": {"max_open_connections": 1, "max_idle_connections": 1}},
        "database.max_open_connections",
        "database.maxOpenConnections",
        "2 or more",
    ),
    (
        {"database": {"restored_from": "old", "restored_at": "2026-11-29"}, "secrets": PASSWORD},
        "database.restored_at",
        "database.restoredAt",
        "a time in UTC",
    ),
    ({"images": {}}, "images.node", "images.node", "is required"),
    ({"images": {"node": "tsm-node:latest"}}, "images.node", "images.node", "other than latest"),
    (
        {"secrets": {"private_key": {"existing": "x"}}},
        "secrets.private_key.existing",
        "secrets.privateKey.existing",
        "",
    ),
    ({"secrets": {"config": {"value": "x"}}}, "secrets.config.value", "secrets.config.value", "unknown key"),
    (
        {"authentication": {"api_keys": {"a": api_key(hash="test")}}},
        "authentication.api_keys.a.hash",
        "authentication.apiKeys.a.hash",
        "as `nodeyard tsm apikey` prints it",
    ),
    (
        {"authentication": {"management_keys": {"a": operator(permissions=[])}}},
        "authentication.management_keys.a.permissions",
        "authentication.managementKeys.a.permissions",
        "1 or more",
    ),
    (
        {"authentication": {"management_keys": {"a": operator(permissions=["ALL"])}}},
        "authentication.management_keys.a.permissions[0]",
        "authentication.managementKeys.a.permissions[0]",
        "one of HEALTH, TSMINFO, METRICS, APIKEY",
    ),
    ({"features": {"DKLS23": []}}, "features.DKLS23", "features.DKLS23", "a protocol of Builder Vault"),
    (
        {"multi_instance": {"cleanup_interval": "5"}},
        "multi_instance.cleanup_interval",
        "multiInstance.cleanupInterval",
        "a time like 5m",
    ),
    (
        {"multi_instance": {"cleanup_probability": 101}},
        "multi_instance.cleanup_probability",
        "multiInstance.cleanupProbability",
        "100 or less",
    ),
    ({"monitoring_labels": {"a b": "x"}}, 'monitoring_labels["a b"]', 'monitoringLabels["a b"]', "name of a label"),
]

PLACE: list[Case] = [
    ({"namespace": "another"}, "namespace", "namespace", "made no namespace 'another'"),
    ({"platform": platform(cluster_name="", kubernetes_version="")}, "platform", "platform", "no cluster"),
    ({"platform": platform(network_policy=False)}, "platform", "platform", "NetworkPolicies"),
    ({"platform": platform(private_subnets=[])}, "platform", "platform", "no private subnets"),
    ({"platform": platform(private_subnets=[]), "nodes": {"zones": [A]}}, "platform", "platform", "no private subnets"),
    ({"nodes": {"instance_type": "m6g.large"}}, "nodes.instance_type", "nodes.instanceType", "Arm"),
    ({"index": 3, "peers": cards(1, 2)}, "index", "index", "none of the 3 players: they are 0 to 2"),
    ({"nodes": {"zones": [A, D]}}, "nodes.zones[1]", "nodes.zones[1]", "no zone of the platform's private subnets"),
    ({"nodes": {"zones": [A, B, C]}}, "nodes.zones", "nodes.zones", "more than the 2 `replicas`"),
    ({"nodes": {"instance_type": "m6g.2xlarge"}}, "nodes.instance_type", "nodes.instanceType", "Arm"),
    ({"nodes": {"instance_type": "m6a.xlarge"}}, "nodes.instance_type", "nodes.instanceType", "is too small"),
    (
        {"nodes": {"instance_type": "m5.2xlarge", "confidential": "required"}, "release_version": "1.33.5-20260601"},
        "nodes.instance_type",
        "nodes.instanceType",
        "SEV-SNP",
    ),
    ({"release_version": "1.33.5"}, "release_version", "releaseVersion", "no release"),
    (
        {"resources": {"limits": {"cpu": "5"}}},
        "resources.limits.cpu",
        "resources.limits.cpu",
        "is less than the 6 that it asks for: give `requests.cpu` too",
    ),
    ({"tags": {"aws:x": "y"}}, "tags.aws:x", "tags.aws:x", "AWS' own"),
    (
        {"platform": platform(public_subnets=platform()["public_subnets"][:1])},
        "nodes.zones",
        "nodes.zones",
        f"no subnet in {B}",
    ),
]

KEY_AND_CONFIG: list[Case] = [
    ({"key": "generated"}, "key", "key", "`secrets.privateKey` gives one: give one of them"),
    (
        {"secrets": {"private_key": {"value": PUBLIC[0]}}},
        "secrets.private_key.value",
        "secrets.privateKey.value",
        "is no private key",
    ),
    ({"public_key": PUBLIC[0]}, "public_key", "publicKey", "goes with `configSecretName`"),
    ({**OWN, "public_key": None}, "public_key", "publicKey", "is needed with `configSecretName`"),
    ({**OWN, "secrets": KEY}, "secrets.private_key", "secrets.privateKey", "`configSecretName` brings one"),
    (
        {**OWN, "secrets": {"master_password": {"value": MASTER}}},
        "secrets.master_password",
        "secrets.masterPassword",
        "`configSecretName` brings one",
    ),
    ({**OWN, "secrets": {"config": {}}}, "secrets.config", "secrets.config", "`configSecretName` brings one"),
    (
        {**OWN, "secrets": {"metrics_key": {}}},
        "secrets.metrics_key",
        "secrets.metricsKey",
        "`configSecretName` brings one",
    ),
    ({**OWN, "features": {"DKLS19": ["Sign"]}}, "features", "features", "`configSecretName` brings one"),
    (
        {**OWN, "export_white_list": [PUBLIC[1]]},
        "export_white_list",
        "exportWhiteList",
        "`configSecretName` brings one",
    ),
    ({**OWN, "key": "generated"}, "key", "key", "`configSecretName` brings one"),
]

PEERS: list[Case] = [
    ({"peers": {**cards(1, 2), "0": {}}}, "peers.0", "peers.0", "is this player itself"),
    ({"peers": {**cards(1, 2), "3": {}}}, "peers.3", "peers.3", "none of the players: they are 0 to 2"),
    (
        peer(card=card(1), **by_value(1)),
        "peers.1",
        "peers.1",
        "told more than once: give one of `card`, `address`",
    ),
    (
        peer(card=card(1), signed_card=sign(card(1), KEYS[1]), public_key=PUBLIC[1]),
        "peers.1",
        "peers.1",
        "give one of `card`, `signedCard`",
    ),
    (
        peer(card=card(1), signed_card="a.b.c", public_key=PUBLIC[1]),
        "peers.1",
        "peers.1",
        "give one of `card`, `signedCard`",
    ),
    (peer(address="tcp://198.51.100.11:9000"), "peers.1.address", "peers.1.address", "needs the peer's `publicKey`"),
    (peer(card=card(1), egress=["198.51.100.0/24"]), "peers.1.egress", "peers.1.egress", "goes with `address`"),
    (peer(card=card(1), sdk="http://x:8080"), "peers.1.sdk", "peers.1.sdk", "goes with `address`"),
    (
        {"peers": {"1": by_value(1), "2": by_value(2, public_key=PUBLIC[1])}},
        "peers.2",
        "peers.2",
        "has the key of player 1",
    ),
    (
        {"peers": {"1": by_value(1), "2": by_value(2, address=card(1)["address"])}},
        "peers.2",
        "peers.2",
        "has the address of player 1",
    ),
    (peer(**by_value(1, public_key=PUBLIC[0])), "peers.1", "peers.1", "has the key of player 0"),
    ({**OWN, **peer(**by_value(1, public_key=PUBLIC[0]))}, "peers.1", "peers.1", "has the key of player 0"),
    (peer(**by_value(1, egress=[])), "peers.1", "peers.1", "has no egress"),
    (
        peer(**by_value(1, namespace="tsm-1")),
        "peers.1.namespace",
        "peers.1.namespace",
        "goes with `mesh.kind: cluster`",
    ),
    (peer(card=card(1, mesh="private")), "peers.1", "peers.1", "by `mesh.kind: private`, and this player by `public`"),
    (
        {**IN_CLUSTER, "peers": {**IN_CLUSTER["peers"], "1": by_value(1)}},
        "peers.1",
        "peers.1",
        "needs its `namespace`",
    ),
]

PORTS: list[Case] = [
    (
        {"mesh": {"private_address": "10.0.10.9"}},
        "mesh.private_address",
        "mesh.privateAddress",
        "goes with `kind: private`",
    ),
    (
        {**IN_CLUSTER, "mesh": {"kind": "cluster", "private_address": "10.0.10.9"}},
        "mesh.private_address",
        "mesh.privateAddress",
        "goes with `kind: private`",
    ),
    (
        {**PRIVATE, "mesh": {"kind": "private", "existing_addresses": ADDRESSES}},
        "mesh.existing_addresses",
        "mesh.existingAddresses",
        "go with `kind: public`",
    ),
    (
        {"mesh": {"existing_addresses": ADDRESSES[:1]}},
        "mesh.existing_addresses",
        "mesh.existingAddresses",
        "one address for each zone",
    ),
    (
        {"mesh": {"existing_addresses": [ADDRESSES[0], "198.51.100.7"]}},
        "mesh.existing_addresses[1]",
        "mesh.existingAddresses[1]",
        "eipalloc-...",
    ),
    (
        {"mesh": {"existing_addresses": ["198.51.100.7"]}},
        "mesh.existing_addresses[0]",
        "mesh.existingAddresses[0]",
        "eipalloc-...",
    ),
    (
        {**PRIVATE, "mesh": {"kind": "private", "private_address": "10.0.20.9"}},
        "mesh.private_address",
        "mesh.privateAddress",
        "none of the private subnets",
    ),
    ({"sdk": {"exposure": "public"}}, "sdk.callers", "sdk.callers", "needed with `exposure: public`"),
    ({"sdk": {"exposure": "public", "callers": []}}, "sdk.callers", "sdk.callers", "needed with `exposure: public`"),
    (
        {"sdk": {"exposure": "cluster", "callers": ["10.0.0.0/16"]}},
        "sdk.callers",
        "sdk.callers",
        "give `namespaces`",
    ),
    (
        {"sdk": {"exposure": "cluster", "private_address": "10.0.10.9"}},
        "sdk.private_address",
        "sdk.privateAddress",
        "goes with `exposure: internal`",
    ),
    (
        {"sdk": {"existing_addresses": ADDRESSES}},
        "sdk.existing_addresses",
        "sdk.existingAddresses",
        "go with `exposure: public`",
    ),
    (
        {"sdk": {"exposure": "public", "callers": ["198.51.100.0/24"], "existing_addresses": ADDRESSES[:1]}},
        "sdk.existing_addresses",
        "sdk.existingAddresses",
        "one address for each zone",
    ),
    ({"sdk": {"private_address": "10.0.10.3"}}, "sdk.private_address", "sdk.privateAddress", "AWS' own"),
]

DATABASE: list[Case] = [
    ({"database": {"instance_type": "m6a.large"}}, "database.instance_type", "database.instanceType", "m6a.large"),
    ({"database": {"disk_gib": 10}}, "database.disk_gib", "database.diskGib", "20"),
    ({"platform": platform(region="xx-none-1")}, "nodes.zones", "nodes.zones", "are not known here"),
    (
        {"database": {"max_idle_connections": 51}},
        "database.max_idle_connections",
        "database.maxIdleConnections",
        "more than `maxOpenConnections`",
    ),
    (
        {"database": {"restored_at": "2026-11-29T12:00:00Z"}},
        "database.restored_at",
        "database.restoredAt",
        "goes with `restoredFrom`",
    ),
    (
        {"database": {"presignatures_purged": True}},
        "database.presignatures_purged",
        "database.presignaturesPurged",
        "goes with `restoredFrom`",
    ),
    (
        {
            "database": {"existing": "old", "restored_from": "older"},
            "secrets": {**PASSWORD, "database_admin": {"existing": SECRET_ID}},
        },
        "database.restored_from",
        "database.restoredFrom",
        "give one of them",
    ),
    (
        {"database": {"existing": "old"}, "secrets": PASSWORD},
        "database.existing",
        "database.existing",
        "needs `secrets.databaseAdmin.existing`",
    ),
    (
        {"database": {"existing": "A Server"}, "secrets": {**PASSWORD, "database_admin": {"existing": SECRET_ID}}},
        "database.existing",
        "database.existing",
        "no id of this kind",
    ),
    (
        {"database": {"restored_from": "old"}},
        "database.restored_from",
        "database.restoredFrom",
        "give it as `secrets.masterPassword.value`",
    ),
    (
        {"database": {"existing": "old"}, "secrets": {**KEY, "database_admin": {"existing": SECRET_ID}}},
        "database.existing",
        "database.existing",
        "give it as `secrets.masterPassword.value`",
    ),
]

CALLERS: list[Case] = [
    ({"features": {"DKLS19": ["Sign", "Sing"]}}, "features.DKLS19[1]", "features.DKLS19[1]", "no feature of DKLS19"),
    ({"features": {"ADN06": ["GenerateKey"]}}, "features.ADN06[0]", "features.ADN06[0]", "no feature of ADN06"),
    ({"export_white_list": [PUBLIC[1], "*"]}, "export_white_list", "exportWhiteList", "lets everybody export"),
    (
        {"authentication": {"dynamic": True, "api_keys": {"a": api_key()}}},
        "authentication.api_keys",
        "authentication.apiKeys",
        "not read with `dynamic: true`",
    ),
    (
        {"authentication": {"api_keys": {"a": api_key(), "b": api_key()}}},
        "authentication.api_keys.b.hash",
        "authentication.apiKeys.b.hash",
        "is that of 'a' too",
    ),
    (
        {"authentication": {"api_keys": {"a": api_key()}, "management_keys": {"b": operator(hash=HASH)}}},
        "authentication.management_keys.b.hash",
        "authentication.managementKeys.b.hash",
        "is that of 'a' too",
    ),
    (
        {"images": {"node": NODE, "database_client": "postgres:18.3"}},
        "images.database_client",
        "images.databaseClient",
        "by digest",
    ),
    (
        {"monitoring": False, "monitoring_labels": {"release": "prometheus"}},
        "monitoring_labels",
        "monitoringLabels",
        "`monitoring: false` leaves out",
    ),
    (
        {"monitoring": False, "secrets": {**KEY, "metrics_key": {"existing": SECRET_ID}}},
        "secrets.metrics_key",
        "secrets.metricsKey",
        "`monitoring: false` leaves out",
    ),
    (
        {**OWN, "monitoring": False, "secrets": {"metrics_key": {}}},
        "secrets.metrics_key",
        "secrets.metricsKey",
        "`configSecretName` brings one",
    ),
    (
        {"secrets": {**KEY, "pull": {"existing": "registry"}}},
        "secrets.pull.existing",
        "secrets.pull.existing",
        "arn:aws:secretsmanager:",
    ),
    (
        {"secrets": {**KEY, "pull": {"existing": SECRET_ID, "value": '{"auths": {"registry.invalid": {}}}'}}},
        "secrets.pull",
        "secrets.pull",
        "not both",
    ),
    (
        {"secrets": {**KEY, "config": {"existing": "config"}}},
        "secrets.config.existing",
        "secrets.config.existing",
        "arn:aws:secretsmanager:",
    ),
]

TABLE = [*FORMS, *PLACE, *KEY_AND_CONFIG, *PEERS, *PORTS, *DATABASE, *CALLERS]


@pytest.mark.parametrize(
    ("changes", "path", "file_path", "words"),
    TABLE,
    ids=[f"{place}-{path}-{words}" for place, (_, path, _, words) in enumerate(TABLE)],
)
def test_one_wrong_key_is_told_once_by_its_path_in_the_askers_spelling(
    changes: dict[str, Any], path: str, file_path: str, words: str
) -> None:
    error = refusal_of(arguments(**changes))
    assert [told for told, _ in error.problems] == [path]
    in_file = InputError("", [respelled(TSMNodeArgs, problem) for problem in error.found])
    [(told, reason)] = in_file.problems
    assert told == file_path
    assert words in reason


def test_every_problem_is_told_at_once() -> None:
    found = problems(
        namespace="another",
        players=2,
        peers={"0": {}, "1": {"address": "tcp://198.51.100.11:9000"}, "2": {}},
        public_key=PUBLIC[0],
        replicas=9,
        sdk={"exposure": "public", "private_address": "10.0.10.9"},
        database={"presignatures_purged": True, "max_idle_connections": 99},
        features={"SEPD19S": ["Nothing"]},
        export_white_list=["*"],
        monitoring=False,
        monitoring_labels={"a": "b"},
        tags={"aws:x": "y"},
    )
    assert set(found) == {
        "namespace",
        "peers.0",
        "peers.1.address",
        "peers.2",
        "public_key",
        "replicas",
        "sdk.callers",
        "sdk.private_address",
        "database.presignatures_purged",
        "database.max_idle_connections",
        "features.SEPD19S[0]",
        "export_white_list",
        "monitoring_labels",
        "tags.aws:x",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"index": 2, "peers": cards(0, 1), "secrets": {"private_key": {"value": KEYS[2]}}},
        {"index": 98, "players": 99, "secrets": {}},
        {"peers": {}},
        {"peers": {"1": {}, **cards(2)}},
        {"key": "generated", "secrets": {}},
        {"secrets": {"private_key": {"value": f"{KEYS[0]}\n"}}},
        OWN,
        {**OWN, "features": {}, "export_white_list": []},
        {**OWN, "secrets": {"pull": {}, "database_admin": {}, "database_role": {}}},
        {**OWN, "monitoring": False},
        {**OWN, "database": {"restored_from": "old"}},
        peer(public_key=PUBLIC[1]),
        peer(card=card(1), public_key=PUBLIC[1]),
        peer(signed_card=sign(card(1), KEYS[1]), public_key=PUBLIC[1]),
        {"peers": {"1": by_value(1), "2": by_value(2)}},
        IN_CLUSTER,
        {**IN_CLUSTER, "peers": {n: {**told, "egress": []} for n, told in IN_CLUSTER["peers"].items()}},
        PRIVATE,
        {**PRIVATE, "mesh": {"kind": "private", "private_address": "10.0.10.9"}},
        {"mesh": {"existing_addresses": ADDRESSES}},
        {"sdk": {"exposure": "public", "callers": ["198.51.100.0/24"], "existing_addresses": ADDRESSES}},
        {"sdk": {"private_address": "10.0.10.9", "callers": ["10.0.0.0/16"]}},
        {"sdk": {"exposure": "cluster", "namespaces": ["wallet"]}},
        {"sdk": {"callers": []}},
        {"nodes": {"zones": [C, B]}},
        {"nodes": {"confidential": "required"}, "release_version": "1.33.5-20260601"},
        {"nodes": {"instance_type": "t3.large"}},
        {"resources": {"requests": {"cpu": "4"}, "limits": {"cpu": "4"}}},
        {"database": {"max_idle_connections": 50}},
        {"database": {"restored_from": "old", "restored_at": "2026-11-29T12:00:00Z"}, "secrets": PASSWORD},
        {"database": {"restored_from": "old", "presignatures_purged": True}, "secrets": PASSWORD},
        {"database": {"existing": "old"}, "secrets": {**PASSWORD, "database_admin": {"existing": SECRET_ID}}},
        {"features": {"DKLS19": ["Sign"], "MRZ15-AES": ["CMAC"]}},
        {"export_white_list": [PUBLIC[1]]},
        {"authentication": {"dynamic": True, "management_keys": {"b": operator(permissions=["APIKEY"])}}},
        {"authentication": {"api_keys": {"a": api_key(), "b": api_key(hash=OTHER_HASH)}}},
        {"monitoring": False},
        {"monitoring_labels": {"release": "prometheus"}},
        {"secrets": {**KEY, "pull": {"existing": SECRET_ID}, "metrics_key": {"existing": SECRET_ID}}},
        {"tags": {"owner": "team-a"}},
    ],
)
def test_its_neighbour_is_taken(changes: dict[str, Any]) -> None:
    assert taken(**changes).name == NAME


def test_an_address_that_is_no_id_hides_nothing_else_that_the_cloud_would_refuse() -> None:
    lacking = platform(public_subnets=platform()["public_subnets"][:1])
    found = problems(platform=lacking, mesh={"existing_addresses": [ADDRESSES[0], "198.51.100.7"]})
    assert set(found) == {"mesh.existing_addresses[1]", "nodes.zones"}


@pytest.mark.parametrize("args", [None, 3, "text", [], {"peers": 3}, {"peers": {"1": 3}}, {"mesh": 1}])
def test_what_is_no_input_at_all_is_refused_as_everything_else(args: Any) -> None:
    assert refusal_of(args).problems


@pytest.mark.parametrize("name", ["Tsm", "tsm_0", "0tsm", "", "t" * (LONGEST_NAME + 1)])
def test_a_name_that_its_parts_could_not_begin_with_is_refused(name: str) -> None:
    [(path, _)] = refusal_of(arguments(), name).problems
    assert path == ""
    assert settings(name="t" * LONGEST_NAME).name


def test_a_key_that_nobody_knows_yet_is_asked_later() -> None:
    """Of what is an Output nobody can say anything before the `up`."""
    unknown = pulumi.Output.secret(KEYS[0])
    player = taken(
        secrets={"private_key": {"value": unknown}},
        peers={str(n): by_value(n, public_key=unknown) for n in (1, 2)},
    )
    assert player.starts
    assert taken(**OWN | {"public_key": pulumi.Output.from_input(PUBLIC[0])}).starts


def test_a_signed_card_is_checked_with_a_key_that_is_known() -> None:
    signed = sign(card(1), KEYS[1])
    assert list(problems(**peer(signed_card=signed))) == ["peers.1.public_key"]
    later = pulumi.Output.from_input(PUBLIC[1])
    assert list(problems(**peer(signed_card=signed, public_key=later))) == ["peers.1.public_key"]


def test_what_is_malformed_within_a_peer_stops_its_own_rules_only() -> None:
    found = problems(peers={"1": {"address": "nowhere", "sdk": "x"}, "2": {"egress": ["198.51.100.0/24"]}, "7": {}})
    assert {"peers.1.address"} <= set(found)
    assert "peers.0" not in found


# --- a cloud's own


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"sdk": {}}, "sdk.private_address", "must be given on Azure"),
        ({"sdk": {"private_address": "10.41.0.3"}}, "sdk.private_address", "cannot be"),
        ({"mesh": {"existing_addresses": ["eipalloc-01"]}}, "mesh.existing_addresses[0]", "publicIPAddresses"),
        ({"nodes": {"instance_type": "Standard_D8ps_v5"}}, "nodes.instance_type", "Arm"),
        ({"database": {"instance_type": "Standard_B2ms"}}, "database.instance_type", "Standard_B2ms"),
        (
            {"database": RESTORED | {"restored_from": "old"}, "secrets": PASSWORD},
            "database.restored_from",
            "flexibleServers",
        ),
        ({"secrets": {**KEY, "pull": {"existing": "x"}}}, "secrets.pull.existing", "vaults"),
        ({"database": {"max_open_connections": 500}}, "database.instance_type", "844 connections"),
        (
            {"database": {"restored_from": SERVER}, "secrets": PASSWORD},
            "database.restored_at",
            "must be given on Azure",
        ),
        ({"release_version": "1.46.0-431fe75a"}, "release_version", "1.46"),
    ],
)
def test_what_azure_would_refuse_is_asked_of_it(changes: dict[str, Any], path: str, words: str) -> None:
    found = refusal_of(arguments(**on_azure(**changes))).problems
    assert [told for told, _ in found] == [path]
    assert words in found[0][1]
    assert taken(**on_azure())


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        (
            {"mesh": {"existing_addresses": [f"projects/p/regions/us-central1/addresses/{n}" for n in "ab"]}},
            "mesh.existing_addresses",
            "one address on Google Cloud",
        ),
        ({"mesh": {"existing_addresses": ADDRESSES[:1]}}, "mesh.existing_addresses[0]", "regions/<region>/addresses"),
        ({"nodes": {"confidential": "required", "instance_type": "n2-standard-8"}}, "nodes.instance_type", "n2-"),
        ({"database": {"disk_gib": 9}}, "database.disk_gib", "10"),
    ],
)
def test_what_google_cloud_would_refuse_is_asked_of_it(changes: dict[str, Any], path: str, words: str) -> None:
    there = {"platform": gcp_world.platform(namespaces=["tsm"]), "release_version": gcp_world.RELEASE}
    found = refusal_of(arguments(**there, **changes)).problems
    assert [told for told, _ in found] == [path]
    assert words in found[0][1]
    assert taken(**there)


# --- what is up


IDENTITY = {
    "index": "0",
    "players": "3",
    "namespace": "tsm",
    "platform": f"aws/{ACCOUNT}/{REGION}/platform",
    "key": "external",
}
MET = {"1": PUBLIC[1], "2": PUBLIC[2]}


def up(**changes: Any) -> dict[str, Any]:
    """The state of a player that is up, with all it has met."""
    return component(TYPE, NAME, **{"identity": IDENTITY, "peers": MET, **changes})


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("index", {"index": 1, "peers": {**cards(2), "0": by_value(3)}}),
        ("players", {"players": 4}),
        ("namespace", {"namespace": "tsm-1"}),
        ("platform", {"platform": platform(cluster_name="another")}),
        ("key", {"key": "generated", "secrets": {}}),
    ],
)
def test_what_makes_it_this_player_does_not_change(key: str, changes: dict[str, Any]) -> None:
    assert taken(up())
    found = problems(up(peers={}), **changes)
    assert list(found) == [key]
    assert "a stack of its own" in found[key]


@pytest.mark.parametrize("told", [{}, {"public_key": PUBLIC[1]}, None])
def test_a_player_that_was_met_does_not_go(told: Any) -> None:
    peers = {**cards(2), **({} if told is None else {"1": told})}
    found = problems(up(), peers=peers)
    assert list(found) == ["peers.1"]
    assert "the node would stop" in found["peers.1"]
    assert taken(up(peers={"2": PUBLIC[2]}), peers=peers)


def test_a_player_that_comes_back_with_another_key_needs_the_word_of_a_ceremony() -> None:
    new = card(1, public_key=PUBLIC[3])
    found = problems(up(), peers={**cards(2), "1": {"card": new}})
    assert list(found) == ["peers.1"]
    assert "give that as its `public_key`" in found["peers.1"]
    assert taken(up(), peers={**cards(2), "1": {"card": new, "public_key": PUBLIC[3]}})


def test_a_key_that_is_not_known_yet_is_not_compared() -> None:
    later = by_value(1, public_key=pulumi.Output.from_input(PUBLIC[3]))
    assert taken(up(), peers={**cards(2), "1": later})


def test_a_player_that_was_never_met_may_come_with_any_key() -> None:
    assert taken(up(peers={"2": PUBLIC[2]}))
    assert taken(up(peers=[]))
    assert taken(component(TYPE, NAME, identity=IDENTITY))


def test_the_first_master_password_of_a_player_that_is_up_stays_without_being_told() -> None:
    restored = {"restored_from": "old", "presignatures_purged": True}
    assert list(problems(database=restored)) == ["database.restored_from"]
    assert taken(up(), database=restored)


def server(**facts: Any) -> dict[str, Any]:
    kept = {"disk_gib": 64, "zones": [A, B], "version": "17", "kms_key": platform()["kms_key"], **facts}
    under = "nodeyard:aws:Database"
    return component(under, NAME, **kept) | component("aws:rds/instance:Instance", NAME, under=f"{under}$")


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"disk_gib": 100}, "database.disk_gib"),
        ({"version": "18"}, "database.version"),
        ({"zones": [B, C]}, "nodes.zones"),
        ({"kms_key": "another"}, "platform"),
    ],
)
def test_what_no_server_that_is_up_goes_through_is_refused(facts: dict[str, Any], path: str) -> None:
    assert taken(server())
    assert list(problems(server(**facts))) == [path]


def pool(cloud: str, zone: str, **facts: Any) -> dict[str, Any]:
    return component(f"nodeyard:{cloud}:NodePool", f"{NAME}-{zone}", zone=zone, **facts)


def test_nodes_do_not_go_back_where_the_cloud_takes_none_back() -> None:
    zone, type_ = "eastus2-1", "Standard_D8as_v5"
    newer = pool("azure", zone, release_version="1.36.9", instance_type=type_)
    assert list(problems(newer, **on_azure())) == ["release_version"]
    assert taken(pool("azure", zone, release_version="1.36.2", instance_type=type_), **on_azure())
    assert taken(pool("aws", A, release_version="1.99.0-431fe75a", instance_type="m6a.2xlarge"))
