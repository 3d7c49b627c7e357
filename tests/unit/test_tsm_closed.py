"""A player whose database came back from a backup is closed until its presignatures are gone."""

from typing import Any

import pytest

from nodeyard.tsm_node.keys import new_private_key, public_key_of
from nodeyard.tsm_node.rules import resolve
from nodeyard.tsm_node.settings import Settings
from tests.unit import examples

DATABASE = {"restored_from": "tsm-player0"}
PURGED = {**DATABASE, "presignatures_purged": True}


def player(database: dict[str, Any]) -> Settings:
    args: Any = {
        "platform": examples.platform(),
        "namespace": "metis-mainnet",
        "index": 0,
        "players": 2,
        "peers": {
            "1": {
                "address": "tcp://198.51.100.7:9000",
                "egress": ["198.51.100.8/32"],
                "public_key": public_key_of(new_private_key()),
            }
        },
        "release_version": "1.66.0-1ad6b4a4",
        "images": {"node": "registry.invalid/tsm-node:72.0.0"},
        "sdk": {"callers": ["10.0.0.0/16"], "namespaces": ["applications"]},
        "secrets": {
            "private_key": {"value": new_private_key()},
            "master_password": {"value": "of the server that it was restored from"},
        },
        "database": database,
    }
    return resolve("tsm-player0b", args)


def reached_from(settings: Settings) -> list[Any]:
    """Whoever may reach the node from outside, by port and way."""
    balancers = [spec.source_ranges for spec in settings.balancers.values()]
    return [*balancers, settings.caller_namespaces, settings.peer_namespaces]


def test_nobody_reaches_a_restored_player_before_its_presignatures_are_gone() -> None:
    settings = player(DATABASE)
    assert reached_from(settings) == [[], [], [], []]
    assert settings.replicas == 1


@pytest.mark.parametrize("database", [{}, PURGED])
def test_a_player_that_was_never_restored_or_has_purged_is_reached_by_all_that_are_named(
    database: dict[str, Any],
) -> None:
    settings = player(database)
    assert reached_from(settings) == [["198.51.100.8/32"], ["10.0.0.0/16"], ["applications"], []]
    assert settings.replicas == 2
