"""What `TSMNetwork` refuses, at its own keys and once for all of its players."""

from typing import Any

import pytest

from nodeyard.errors import InputError
from nodeyard.tsm_network.settings import resolve
from nodeyard.tsm_node.settings import LONGEST_NAME
from tests.unit.test_tsm_mesh import NETWORK
from tests.unit.tsm_players import platform

NAME = "tsm-testnet"


def problems(name: str = NAME, **changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as raised:
        resolve(name, {**NETWORK, **changes})
    return raised.value.problems


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"namespaces": ["tsm-0"]}, "namespaces", "2 or more"),
        ({"namespaces": ["tsm-0", "tsm-0"]}, "namespaces", "more than once"),
        ({"namespaces": ["tsm-0", "elsewhere"]}, "namespaces[1]", "made no namespace 'elsewhere'"),
        ({"platform": platform(cluster_name="", kubernetes_version="")}, "platform", "no cluster"),
        ({"release_version": "1.33.5"}, "release_version", "no release"),
        ({"replicas": 0}, "replicas", "1 or more"),
        ({"nodes": {"instance_type": "m6a.xlarge"}}, "nodes.instance_type", "is too small"),
        ({"database": {"max_idle_connections": 99}}, "database.max_idle_connections", "more than"),
        ({"features": {"DKLS19": ["Sing"]}}, "features.DKLS19[0]", "no feature of DKLS19"),
        ({"callers": ["Wallet"]}, "callers[0]", "a-z, 0-9 and -"),
        ({"tags": {"aws:x": "y"}}, "tags.aws:x", "AWS' own"),
        ({"peers": {}}, "peers", "unknown key"),
    ],
)
def test_what_is_wrong_with_the_players_is_told_once_at_the_networks_key(
    changes: dict[str, Any], path: str, words: str
) -> None:
    [(told, reason)] = problems(**changes)
    assert told == path
    assert words in reason


@pytest.mark.parametrize("name", ["Tsm", "tsm_0", "", "t" * (LONGEST_NAME - 2)])
def test_a_networks_name_is_asked_once_for_all_of_its_players(name: str) -> None:
    [(path, _)] = problems(name)
    assert path == ""


def test_the_names_of_99_players_have_room() -> None:
    assert resolve("t" * (LONGEST_NAME - 3), NETWORK).player(98).endswith("-98")


def test_each_player_is_told_of_the_others_by_their_services() -> None:
    network = resolve(NAME, NETWORK)
    told = network.told(1, "private", ["zero", "one", "two"])
    assert (told["index"], told["players"], told["namespace"]) == (1, 3, "tsm-1")
    assert told["peers"] == {
        str(n): {
            "address": f"tcp://{NAME}-{n}-mpc.tsm-{n}.svc:9000",
            "sdk": f"http://{NAME}-{n}-sdk.tsm-{n}.svc:8080",
            "public_key": key,
            "namespace": f"tsm-{n}",
        }
        for n, key in ((0, "zero"), (2, "two"))
    }
    assert network.args["replicas"] == 1
    assert network.args["database"]["standby"] is False
