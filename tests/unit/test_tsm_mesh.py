"""The configurations of three players on three clouds, held against what Builder Vault's documentation says of a mesh.

Direct communication: "MPC nodes with lower player indices open connections to higher numbered players"
(builder-vault-tsm.docs.blockdaemon.com, direct-node-to-node-communication). Keys: each player has its private key, "the
other MPC nodes must know the corresponding public key" (player-index-and-keys).
"""

import base64
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from nodeyard.clouds.contract.platform import CloudName
from nodeyard.errors import InputError
from nodeyard.tsm_network import TSMNetwork
from nodeyard.tsm_node.config import Connection, MeshPeer, render
from nodeyard.tsm_node.keys import key_hash, new_private_key, public_key_of, read_private_key, read_public_key
from nodeyard.tsm_node.protocols import PROTOCOLS
from sandbox.simulation.values import is_secret, plain
from tests.unit import gcp_world
from tests.unit.recording import Recording, record
from tests.unit.tsm_players import (
    HASH,
    KEYS,
    MASTER,
    NODE,
    OTHER_HASH,
    PUBLIC,
    RELEASE,
    azure_platform,
    deploy,
    platform,
    settings,
)
from tests.unit.worlds import with_platform

VALUES = {
    CloudName.AWS: ("aws:secretsmanager/secretVersion:SecretVersion", lambda inputs: inputs["secretString"]),
    CloudName.AZURE: ("azure-native:keyvault:Secret", lambda inputs: inputs["properties"]),
    CloudName.GCP: ("gcp:secretmanager/secretVersion:SecretVersion", lambda inputs: inputs["secretData"]),
}
"""What puts a value into each cloud's store, and where it stands there."""
NONCE = b"of the one who is asked"
PLAYERS = (0, 1, 2)


def stored(recording: Recording, name: str, secret: str, cloud: CloudName = CloudName.AWS) -> str:
    """The value that a player's secret gets; it is told as a secret."""
    type_, value = VALUES[cloud]
    told = value(recording.one(type_, f"{name}-{secret}").inputs)
    assert is_secret(told)
    known = plain(told)
    return str(known["value"] if cloud is CloudName.AZURE else known)


# --- what a node does with its configuration


@dataclass(frozen=True)
class Player:
    """A node that has read its configuration."""

    config: Mapping[str, Any]

    @property
    def index(self) -> int:
        return int(self.config["Player"]["Index"])

    def dials(self, other: int) -> str:
        """Where it opens its connection to another player; empty where it waits for the other one's."""
        return str(self.config["Players"][str(other)]["Address"]) if self.index < other else ""

    def listens(self) -> int:
        return int(self.config["MPCDirectServer"]["Port"])

    def proves(self, nonce: bytes) -> bytes:
        return read_private_key(self.config["Player"]["PrivateKey"]).sign(nonce, ec.ECDSA(SHA256()))

    def believes(self, other: int, nonce: bytes, proof: bytes) -> bool:
        try:
            key = read_public_key(self.config["Players"][str(other)]["PublicKey"])
            key.verify(proof, nonce, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


def faults(players: Mapping[str, Player]) -> Iterator[str]:
    """Why players do not meet. `players` are those that answer, by the host under which each is reached."""
    for one, other in permutations(players.values(), 2):
        if not other.believes(one.index, NONCE, one.proves(NONCE)):
            yield f"{other.index} takes {one.index} for somebody else"
        if one.index > other.index:
            continue
        dialled = urlsplit(one.dials(other.index))
        there = players.get(dialled.hostname or "")
        if dialled.scheme != "tcp" or there is not other or dialled.port != other.listens():
            yield f"{one.index} does not reach {other.index} at {dialled.geturl()}"


# --- three players on three clouds


def told(index: int, home: Path) -> tuple[CloudName, dict[str, Any]]:
    """Where a player is, and what it is told besides its peers."""
    own = {"index": index, "secrets": {"private_key": {"value": KEYS[index]}, "master_password": {"value": MASTER}}}
    if index == 0:
        return CloudName.AWS, {**own, "platform": platform()}
    if index == 2:
        there = gcp_world.platform(namespaces=["tsm"], egress_addresses=["203.0.113.2"])
        return CloudName.GCP, {**own, "platform": there, "release_version": gcp_world.RELEASE}
    mocks, there = azure_platform(home)
    sdk = {"private_address": str(there["private_subnets"][0]["cidr"]).replace(".0/", ".9/").partition("/")[0]}
    return CloudName.AZURE, {**own, "platform": there, "release_version": "1.36.2", "sdk": sdk, "mocks": mocks}


@dataclass(frozen=True)
class Mesh:
    """Three players that have exchanged their cards."""

    cards: Mapping[int, Any]
    texts: Mapping[int, str]

    def players(self) -> dict[str, Player]:
        hosts = {index: urlsplit(card["address"]).hostname or "" for index, card in self.cards.items()}
        return {hosts[index]: Player(tomllib.loads(text)) for index, text in self.texts.items()}

    def config(self, index: int) -> dict[str, Any]:
        return tomllib.loads(self.texts[index])


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Mesh:
    """First every player comes up alone, for its card; then it comes up with the others' cards."""
    alone = {n: told(n, tmp_path_factory.mktemp("alone")) for n in PLAYERS}
    cards = {n: deploy(f"tsm-player{n}", peers={}, **args).exports["card"] for n, (_, args) in alone.items()}
    texts = {}
    for index in PLAYERS:
        cloud, args = told(index, tmp_path_factory.mktemp("together"))
        peers = {str(other): {"card": cards[other]} for other in PLAYERS if other != index}
        recording = deploy(f"tsm-player{index}", peers=peers, **args)
        assert recording.exports["missing"] == []
        texts[index] = stored(recording, f"tsm-player{index}", "config", cloud)
    return Mesh(cards, texts)


def test_three_players_on_three_clouds_meet(mesh: Mesh) -> None:
    players = mesh.players()
    assert len(players) == 3
    assert list(faults(players)) == []


def test_a_player_dials_the_higher_ones_and_waits_for_the_lower_ones(mesh: Mesh) -> None:
    dialled = {
        (player.index, other)
        for player in mesh.players().values()
        for other in PLAYERS
        if other != player.index and player.dials(other)
    }
    assert dialled == {(0, 1), (0, 2), (1, 2)}


@pytest.mark.parametrize("at", PLAYERS)
@pytest.mark.parametrize("what", ["PublicKey", "Address", "PrivateKey"])
def test_players_that_were_told_something_else_do_not_meet(mesh: Mesh, at: int, what: str) -> None:
    """The program finds what is wrong: otherwise it would prove nothing."""
    players = mesh.players()
    config: Any = next(player.config for player in players.values() if player.index == at)
    other = (at + 1) % 3
    if what == "PrivateKey":
        config["Player"][what] = new_private_key()
    elif what == "PublicKey":
        config["Players"][str(other)][what] = PUBLIC[3]
    else:
        config["Players"][str(other)][what] = "tcp://192.0.2.99:9000"
    # A player that waits to be dialled has no use for the other one's address.
    assert bool(list(faults(players))) is (what != "Address" or at < other)


@pytest.mark.parametrize("index", PLAYERS)
def test_a_configuration_holds_its_own_private_key_and_the_others_public_keys_alone(mesh: Mesh, index: int) -> None:
    text, config = mesh.texts[index], mesh.config(index)
    assert config["Player"]["PrivateKey"] == KEYS[index]
    assert [key for key in KEYS if key in text] == [KEYS[index]]
    assert [key for key in PUBLIC if key in text] == [PUBLIC[n] for n in PLAYERS if n != index]
    assert set(config["Players"]) == {str(n) for n in PLAYERS if n != index}


@pytest.mark.parametrize("index", PLAYERS)
def test_a_configuration_knows_its_own_place_and_its_own_database(mesh: Mesh, index: int) -> None:
    config = mesh.config(index)
    assert config["Player"]["Index"] == index
    assert config["Database"]["EncryptorMasterPassword"] == MASTER
    url = urlsplit(config["Database"]["DataSourceName"])
    assert (url.scheme, url.username, url.port, url.path) == ("postgres", f"tsm{index}", 5432, "/tsm")
    asked = parse_qs(url.query)
    assert asked["search_path"] == [f"tsm{index}"]
    assert asked["sslmode"] in (["verify-full"], ["verify-ca"])
    assert asked["sslrootcert"] == ["/database-ca/ca.pem"]


# --- what is off


def switches(config: Mapping[str, Any]) -> dict[tuple[str, str], bool]:
    """Every switch of a protocol, by the protocol and its own name."""
    return {
        (protocol, name): value
        for protocol, features in PROTOCOLS.items()
        for name, value in config[features.table[0]][features.table[1]].items()
    }


@pytest.mark.parametrize("index", PLAYERS)
def test_nothing_is_on_and_nobody_may_be_given_shares_unless_somebody_asks(mesh: Mesh, index: int) -> None:
    config = mesh.config(index)
    assert set(switches(config)) == {(name, switch) for name, each in PROTOCOLS.items() for switch in each.names}
    assert not any(switches(config).values())
    assert config["Player"]["ExportWhiteList"] == []
    assert config["Authentication"] == {"APIKeys": []}


def config_of(**changes: Any) -> dict[str, Any]:
    """A configuration without a cloud."""
    text = render(
        settings(**changes).args,
        private_key=KEYS[0],
        master_password=MASTER,
        connection=Connection(host="db.invalid", port=5432, role="tsm0", password="p/w:@?", ssl_mode="verify-full"),
        peers=[MeshPeer(index=1, address="tcp://a:9000", public_key=PUBLIC[1])],
        metrics_key_hash=key_hash("prometheus"),
    )
    return tomllib.loads(text)


def test_what_is_asked_for_is_on_and_nothing_else() -> None:
    asked = {"DKLS19": ["Sign", "BIP32Info"], "MRZ15-AES": ["CMAC"], "MRZ15-HMAC": []}
    on = {place for place, value in switches(config_of(features=asked)).items() if value}
    assert on == {("DKLS19", "Sign"), ("DKLS19", "BIP32Info"), ("MRZ15-AES", "CMAC")}


def test_shares_are_exported_to_the_keys_that_are_named() -> None:
    assert config_of(export_white_list=[PUBLIC[3]])["Player"]["ExportWhiteList"] == [PUBLIC[3]]


@pytest.mark.parametrize(("server", "section"), [("direct", "MPCDirectServer"), ("tcp", "MPCTCPServer")])
def test_one_server_listens_for_the_mesh(server: str, section: str) -> None:
    config = config_of(mesh={"server": server})
    assert {name: table for name, table in config.items() if name.startswith("MPC")} == {section: {"Port": 9000}}


def test_a_password_is_written_as_a_url_takes_it() -> None:
    url = urlsplit(config_of()["Database"]["DataSourceName"])
    assert (url.hostname, unquote(url.password or "")) == ("db.invalid", "p/w:@?")


def test_callers_are_told_by_the_hashes_of_their_keys() -> None:
    applications = {"wallet": {"hash": HASH, "application_id": "wallet-1"}}
    operators = {"oncall": {"hash": OTHER_HASH, "permissions": ["HEALTH", "TSMINFO"]}}
    config = config_of(authentication={"api_keys": applications, "management_keys": operators})
    assert config["Authentication"] == {"APIKeys": [{"APIKey": HASH, "ApplicationID": "wallet-1"}]}
    assert config["ManagementServer"] == {
        "Port": 14401,
        "Metrics": {"Prometheus": True},
        "APIKeys": [
            {"APIKey": OTHER_HASH, "Permissions": ["HEALTH", "TSMINFO"]},
            {"APIKey": key_hash("prometheus"), "Permissions": ["METRICS"]},
        ],
    }
    assert config_of(authentication={"dynamic": True})["Authentication"] == {"DynamicAPIKeys": True}


def test_a_key_is_hashed_as_the_vendor_does_it() -> None:
    """`echo -n test | openssl dgst -sha256 -binary | openssl base64`"""
    assert key_hash("test") == HASH
    assert len(base64.b64decode(HASH)) == 32


def test_the_limits_of_the_pool_and_the_turns_of_the_cleanup_are_told() -> None:
    config = config_of(
        database={"max_open_connections": 7, "max_idle_connections": 3},
        multi_instance={"cleanup_interval": "90s", "cleanup_probability": 1},
    )
    assert (config["Database"]["MaxOpenConns"], config["Database"]["MaxIdleConns"]) == (7, 3)
    assert config["MultiInstance"] == {
        "Address": "{{ env `TSM_MULTIINSTANCE_ADDRESS` }}",
        "CleanupInterval": "90s",
        "CleanupProbability": 1,
    }
    assert config["SDKServer"] == {"Port": 8080}


def test_prometheus_reads_with_the_key_whose_hash_the_node_knows() -> None:
    recording = deploy()
    config = tomllib.loads(stored(recording, "tsm-player0", "config"))
    key = stored(recording, "tsm-player0", "metrics-key")
    assert config["ManagementServer"]["APIKeys"] == [{"APIKey": key_hash(key), "Permissions": ["METRICS"]}]
    silent = tomllib.loads(stored(deploy(monitoring=False), "tsm-player0", "config"))
    assert silent["ManagementServer"]["APIKeys"] == []


def test_the_database_knows_the_password_that_the_node_has() -> None:
    recording = deploy()
    config = tomllib.loads(stored(recording, "tsm-player0", "config"))
    url = urlsplit(config["Database"]["DataSourceName"])
    assert unquote(url.password or "") == stored(recording, "tsm-player0", "database-role")
    assert url.hostname == recording.exports["database"]["host"]


# --- all in one cluster


NETWORK: Any = {
    "platform": platform(namespaces=["tsm-0", "tsm-1", "tsm-2"]),
    "namespaces": ["tsm-0", "tsm-1", "tsm-2"],
    "release_version": RELEASE,
    "images": {"node": NODE},
    "features": {"DKLS19": ["Sign"]},
    "callers": ["wallet"],
}


def network(**changes: Any) -> Recording:
    exports: dict[str, Any] = {}

    def program() -> None:
        import pulumi

        made = TSMNetwork("tsm-testnet", {**NETWORK, **changes})
        outputs = ("sdk", "endpoints", "secrets", "missing", "quotas")
        pulumi.Output.all(**{key: getattr(made, key) for key in outputs}).apply(exports.update)

    recording = record(program, with_platform(NETWORK["platform"]))
    recording.check()
    recording.exports = exports
    return recording


@pytest.fixture(scope="module")
def in_cluster() -> Recording:
    return network()


def test_the_players_of_one_cluster_meet_by_their_services(in_cluster: Recording) -> None:
    players = {
        f"tsm-testnet-{n}-mpc.tsm-{n}.svc": Player(tomllib.loads(stored(in_cluster, f"tsm-testnet-{n}", "config")))
        for n in PLAYERS
    }
    assert list(faults(players)) == []
    keys = {public_key_of(player.config["Player"]["PrivateKey"]) for player in players.values()}
    assert len(keys) == 3
    assert [one["publicKey"] for one in in_cluster.exports["sdk"]] == [
        public_key_of(player.config["Player"]["PrivateKey"]) for player in players.values()
    ]


def test_players_of_one_cluster_have_nothing_before_them_and_a_database_each(in_cluster: Recording) -> None:
    assert not [resource for resource in in_cluster.resources if ":lb/" in resource.type]
    assert not [resource for resource in in_cluster.resources if resource.type == "aws:ec2/eip:Eip"]
    assert len(in_cluster.of("aws:rds/instance:Instance")) == 3
    assert in_cluster.exports["missing"] == []
    needed = {quota["name"]: quota["needed"] for quota in in_cluster.exports["quotas"]}
    assert needed["DB instances"] == 3
    assert needed["Managed node groups per cluster"] == len(in_cluster.of("aws:eks/nodeGroup:NodeGroup"))


def test_the_release_of_each_lets_in_the_others_namespaces_and_the_callers(in_cluster: Recording) -> None:
    for index in PLAYERS:
        told = in_cluster.one("kubernetes:helm.sh/v3:Release", f"tsm-testnet-{index}").inputs
        assert told["namespace"] == f"tsm-{index}"
        assert told["values"]["mpc"]["peerNamespaces"] == [f"tsm-{other}" for other in PLAYERS if other != index]
        assert "service" not in told["values"]["mpc"]
        assert told["values"]["sdk"] == {"port": 8080, "callers": ["wallet"]}
        assert told["values"]["replicas"] == 1


@pytest.mark.parametrize("key", ["existing", "restored_from"])
def test_one_server_is_not_that_of_every_player_of_a_network(key: str) -> None:
    with pytest.raises(InputError) as raised:
        network(database={key: "other"})
    reason = "is of one player: every player of a network has a server of its own"
    assert (f"database.{key}", reason) in raised.value.problems
