"""A Builder Vault TSM through Pulumi's real engine, on the sandbox's stand-in clouds: three players of three teams who
meet by their cards, and a network for tests.

Nothing here runs a node: what the players are told is proved, not what the vendor's program does with it.
"""

import json
import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from nodeyard.tsm_node.keys import new_private_key
from tests.engine.harness import CHECKOUT, Sandbox, Settings
from tests.engine.tsm import (
    MASTER_PASSWORD,
    PLAYERS,
    PULL,
    PULL_TOKEN,
    Player,
    joined,
    let_in,
    met,
    objects,
    of_kind,
    replicas,
    secret_value,
    value_of,
    world,
)
from tests.engine.worlds import Worlds

ORDERS = [tuple(PLAYERS[(first + step) % 3] for step in range(3)) for first in range(3)]
"""Each player comes first, second and last once."""
SHIPPED = ORDERS[0]
ZEROTH, FIRST, SECOND = PLAYERS
RESTORED = "tsm-restored"
every_order = pytest.mark.parametrize("order", ORDERS, ids=lambda order: "".join(str(one.index) for one in order))
every_player = pytest.mark.parametrize("player", PLAYERS, ids=lambda player: player.cloud)


@pytest.fixture(scope="module")
def mesh(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """Players who have met, for tests that change nothing."""
    return met(worlds, SHIPPED, tmp_path_factory.mktemp("mesh"))


@pytest.fixture
def players(worlds: Worlds, tmp_path: Path) -> Sandbox:
    """Players who have met, for a test that changes something."""
    return met(worlds, SHIPPED, tmp_path)


def resources(sandbox: Sandbox, stack: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.export(stack)["deployment"]["resources"]
    return found


def protected(sandbox: Sandbox, stack: str) -> dict[str, Any]:
    return {one["urn"]: (one["id"], one.get("outputs")) for one in resources(sandbox, stack) if one.get("protect")}


def unchanged(sandbox: Sandbox, stack: str) -> bool:
    return set(sandbox.preview(stack)["changeSummary"]) <= {"same", "read"}


def config_of(sandbox: Sandbox, stack: str) -> dict[str, Any]:
    return tomllib.loads(secret_value(sandbox, stack, "config"))


def egress(sandbox: Sandbox, players: Sequence[Player]) -> set[str]:
    return {range_ for one in players for range_ in sandbox.outputs(one.card)["card"]["egress"]}


# --- the mesh ---


@every_order
def test_a_half_met_mesh_starts_nobody_who_lacks_a_card_and_lets_in_nobody_unknown(
    order: Sequence[Player], worlds: Worlds, tmp_path: Path
) -> None:
    sandbox = joined(worlds, order, tmp_path)
    for place, player in enumerate(order):
        known, unknown = order[:place], sorted(one.index for one in order[place + 1 :])
        assert sandbox.outputs(player.stack)["missing"] == [f"the card of player {index}" for index in unknown]
        assert replicas(sandbox, player.stack) == (0 if unknown else 2)
        assert let_in(sandbox, player) == egress(sandbox, known)
        for index in unknown:
            cards = "; ".join(f"the card of player {one}" for one in unknown)
            assert f"{player.stack} does not start yet. Missing: {cards}." in sandbox.printed, index


@every_order
def test_in_whichever_order_they_come_all_run_after_the_second_up_and_have_the_same_mesh(
    order: Sequence[Player], worlds: Worlds, tmp_path: Path
) -> None:
    sandbox = met(worlds, order, tmp_path)
    cards = {player.index: sandbox.outputs(player.card)["card"] for player in PLAYERS}
    for player in PLAYERS:
        others = [other for other in PLAYERS if other != player]
        assert sandbox.outputs(player.stack)["missing"] == []
        assert replicas(sandbox, player.stack) == 2
        assert let_in(sandbox, player) == egress(sandbox, others)
        assert config_of(sandbox, player.stack)["Players"] == {
            str(other.index): {"Address": cards[other.index]["address"], "PublicKey": other.public_key}
            for other in others
        }


@every_player
def test_a_third_up_changes_nothing(player: Player, mesh: Sandbox) -> None:
    assert unchanged(mesh, player.stack)
    assert unchanged(mesh, player.card)


@every_player
def test_a_player_has_its_own_private_key_and_the_public_keys_of_the_others(player: Player, mesh: Sandbox) -> None:
    told = secret_value(mesh, player.stack, "config")
    read = tomllib.loads(told)
    assert read["Player"]["Index"] == player.index
    assert read["Player"]["PrivateKey"] == player.private_key
    others = [other for other in PLAYERS if other != player]
    assert {one["PublicKey"] for one in read["Players"].values()} == {other.public_key for other in others}
    assert not [other for other in others if other.private_key in told]


def test_an_sdk_is_told_of_all_players_by_each(mesh: Sandbox) -> None:
    told = {json.dumps(mesh.outputs(player.stack)["sdk"]) for player in PLAYERS}
    (same,) = told
    assert [one["publicKey"] for one in json.loads(same)] == [player.public_key for player in PLAYERS]


# --- secrets ---


def secrets_of(sandbox: Sandbox) -> set[str]:
    """What must stand in the clouds' secrets and nowhere else."""
    found = {PULL_TOKEN, MASTER_PASSWORD}
    for player in PLAYERS:
        found |= {secret_value(sandbox, player.stack, key) for key in ("databaseAdmin", "databaseRole", "metricsKey")}
        found.add(player.private_key)
    return found


def test_no_secret_is_in_state_output_logs_or_manifests(mesh: Sandbox) -> None:
    canaries = secrets_of(mesh)
    assert len(canaries) == 2 + 3 * 4
    files = [file for place in ("state", "home/logs") for file in (mesh.home / place).rglob("*") if file.is_file()]
    clear = [file.read_bytes().decode(errors="replace") for file in files]
    manifests = [json.dumps(mesh.manifests(player.stack)) for player in PLAYERS]
    outputs = [json.dumps(mesh.outputs(stack)) for player in PLAYERS for stack in (player.stack, player.card)]
    for text in (mesh.printed, *clear, *manifests, *outputs):
        assert not [canary for canary in canaries if canary in text]


def test_a_secret_that_is_looked_for_is_where_it_may_be(mesh: Sandbox) -> None:
    """Else the test above could not fail."""
    held = json.dumps([inputs for type_, _, inputs, _ in objects(mesh) if "ecret" in type_])
    assert not [canary for canary in secrets_of(mesh) if canary not in held]


def test_a_card_holds_nothing_but_what_others_may_know(mesh: Sandbox) -> None:
    for player in PLAYERS:
        (stack,) = [one for one in resources(mesh, player.card) if one["type"] == "pulumi:pulumi:Stack"]
        assert stack["outputs"] == {"card": mesh.outputs(player.stack)["card"], "kind": "tsm_card"}


# --- what lasts ---


@every_player
def test_a_player_that_is_made_again_has_its_key_its_address_and_its_database(player: Player, players: Sandbox) -> None:
    kept, outputs = protected(players, player.stack), players.outputs(player.stack)
    config = secret_value(players, player.stack, "config")
    before = world(players)
    stopped = players.run("destroy", "--stack", player.stack, "--yes")
    assert stopped.returncode != 0
    assert "cannot be deleted" in stopped.stdout
    assert world(players) == before, "its preview stopped it"
    players.ok("destroy", "--stack", player.stack, "--yes", "--exclude-protected")
    assert protected(players, player.stack).keys() == kept.keys()
    left = {one["type"] for one in resources(players, player.stack) if one["type"].startswith("kubernetes:")}
    assert left == {"kubernetes:core/v1:ConfigMapPatch"}, "its place among the platform's tenants"
    players.weeks_pass()
    players.up(player.stack)
    again = players.outputs(player.stack)
    assert again["database"] == outputs["database"]
    assert again["card"]["public_key"] == player.public_key
    assert {urn: id_ for urn, (id_, _) in protected(players, player.stack).items()} == {
        urn: id_ for urn, (id_, _) in kept.items()
    }
    if player.cloud != "aws":  # there a new balancer has a new name, whatever its addresses
        assert again["card"] == outputs["card"]
        assert secret_value(players, player.stack, "config") == config
    assert replicas(players, player.stack) == 2


# --- what is refused ---


@pytest.mark.parametrize(
    ("secret", "value", "reason"),
    [
        ("privateKey", new_private_key(), "another private key is given. the other players know the first one"),
        (
            "masterPassword",
            "0f00another0of0nobody",
            "another master password is given. the key shares in the database open",
        ),
    ],
)
def test_another_key_or_master_password_is_refused_and_nothing_changes(
    secret: str, value: str, reason: str, players: Sandbox
) -> None:
    first = {"privateKey": ZEROTH.private_key, "masterPassword": MASTER_PASSWORD}[secret]
    before, kept = world(players), protected(players, ZEROTH.stack)
    place = f"nodeyard:secrets.{secret}"
    players.configure(ZEROTH.stack, "--secret", "--path", place, value)
    assert reason in players.refused(ZEROTH.stack)
    result = players.run("up", "--stack", ZEROTH.stack, "--yes", "--skip-preview")
    assert result.returncode != 0
    assert reason in result.stdout
    assert value not in result.stdout + result.stderr
    assert world(players) == before
    players.configure(ZEROTH.stack, "--secret", "--path", place, first)
    players.up(ZEROTH.stack)
    assert world(players) == before
    assert {urn: id_ for urn, (id_, _) in protected(players, ZEROTH.stack).items()} == {
        urn: id_ for urn, (id_, _) in kept.items()
    }


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"index": "3", "players": "4"}, "index"),
        ({"players": "4"}, "players"),
        ({"key": "generated"}, "key"),
    ],
)
def test_another_number_or_another_source_of_the_key_is_refused(
    settings: Settings, key: str, mesh: Sandbox, tmp_path: Path
) -> None:
    shutil.copytree(mesh.home, tmp_path, dirs_exist_ok=True)
    copy = Sandbox(tmp_path)
    before = world(copy)
    assert f"nodeyard:stack.{key}: " in copy.refused(ZEROTH.stack, settings)
    assert world(copy) == before


def test_a_card_that_is_gone_does_not_stop_a_player_that_runs(players: Sandbox) -> None:
    players.ok("destroy", "--stack", FIRST.card, "--yes")
    before = world(players)
    printed = players.refused(ZEROTH.stack)
    assert "nodeyard:stack.peers.1: was met before, and nothing is known of it now: the node would stop" in printed
    assert world(players) == before
    assert replicas(players, ZEROTH.stack) == 2


# --- a restore ---


@pytest.fixture
def restored(worlds: Worlds, tmp_path: Path) -> Sandbox:
    """Player 0, whose database comes back as another server, for a new stack with the others' addresses by value."""
    sandbox = joined(worlds, [ZEROTH], tmp_path)
    told = yaml.safe_load((CHECKOUT / f"configs/Pulumi.{ZEROTH.stack}.yaml").read_text())["config"]["nodeyard:stack"]
    told["peers"] = {
        str(player.index): {
            "address": f"tcp://192.0.2.{player.index}:9000",
            "publicKey": player.public_key,
            "egress": [f"192.0.2.{player.index}/32"],
        }
        for player in (FIRST, SECOND)
    }
    told["database"] = {"restoredFrom": sandbox.outputs(ZEROTH.stack)["database"]["id"]}
    file = sandbox.home / f"projects/{sandbox.project}/configs/Pulumi.{RESTORED}.yaml"
    file.write_text(yaml.safe_dump({"config": {"nodeyard:stack": told}}))
    for key, value in {"privateKey": ZEROTH.private_key, "masterPassword": MASTER_PASSWORD, "pull": PULL}.items():
        sandbox.configure(RESTORED, "--secret", "--path", f"nodeyard:secrets.{key}", value)
    return sandbox


def test_a_restored_player_is_closed_until_its_presignatures_are_purged(restored: Sandbox) -> None:
    player = Restored(ZEROTH.index)
    restored.up(RESTORED)
    assert replicas(restored, RESTORED) == 1
    assert let_in(restored, player) == set()
    (word,) = restored.outputs(RESTORED)["missing"]
    assert "DeleteAllPresigs was called on the restored node" in word
    assert f"{RESTORED} lets nobody in yet. Missing: {word}." in restored.printed
    database = restored.outputs(RESTORED)["database"]
    restored.set(RESTORED, {"database.presignaturesPurged": "true"})
    restored.up(RESTORED)
    assert restored.outputs(RESTORED)["missing"] == []
    assert restored.outputs(RESTORED)["database"] == database
    assert replicas(restored, RESTORED) == 2
    assert let_in(restored, player) == {"192.0.2.1/32", "192.0.2.2/32"}
    assert unchanged(restored, RESTORED)


class Restored(Player):
    """The same player, in another stack."""

    @property
    def stack(self) -> str:
        return RESTORED


# --- a network for tests ---

TESTNET = "tsm-testnet"
TEST_PLAYERS = [f"{TESTNET}-{index}" for index in range(3)]


@pytest.fixture
def testnet(worlds: Worlds, tmp_path: Path) -> Sandbox:
    return worlds.shipped(TESTNET, tmp_path)


def test_a_test_network_has_three_players_with_namespaces_keys_and_databases_of_their_own(testnet: Sandbox) -> None:
    assert testnet.outputs(TESTNET)["missing"] == []
    assert unchanged(testnet, TESTNET)
    servers = [told["identifier"] for type_, _, told, _ in objects(testnet) if type_ == "aws:rds/instance:Instance"]
    assert sorted(servers) == TEST_PLAYERS
    configs = [tomllib.loads(value_in(testnet, player)) for player in TEST_PLAYERS]
    assert len({config["Player"]["PrivateKey"] for config in configs}) == 3
    assert len({config["Database"]["DataSourceName"] for config in configs}) == 3
    for index, player in enumerate(TEST_PLAYERS):
        (deployment,) = of_kind(testnet.manifests(player), "Deployment")
        assert deployment["metadata"]["namespace"] == f"tsm-{index}"
        assert deployment["spec"]["replicas"] == 1
        services = {one["metadata"]["name"]: one["metadata"]["namespace"] for one in services_of(testnet, player)}
        for config in configs[:index] + configs[index + 1 :]:
            host = config["Players"][str(index)]["Address"].removeprefix("tcp://").removesuffix(":9000")
            name, namespace, _ = host.split(".")
            assert services[name] == namespace


def services_of(sandbox: Sandbox, player: str) -> list[dict[str, Any]]:
    return of_kind(sandbox.manifests(player), "Service")


def value_in(sandbox: Sandbox, player: str) -> str:
    return value_of(sandbox, sandbox.outputs(TESTNET)["secrets"][player]["config"])


def test_a_test_network_that_is_made_again_has_its_keys_and_databases(testnet: Sandbox) -> None:
    kept = {urn: id_ for urn, (id_, _) in protected(testnet, TESTNET).items()}
    configs = [value_in(testnet, player) for player in TEST_PLAYERS]
    testnet.ok("destroy", "--stack", TESTNET, "--yes", "--exclude-protected")
    testnet.weeks_pass()
    testnet.up(TESTNET)
    assert {urn: id_ for urn, (id_, _) in protected(testnet, TESTNET).items()} == kept
    assert [value_in(testnet, player) for player in TEST_PLAYERS] == configs
    assert unchanged(testnet, TESTNET)
