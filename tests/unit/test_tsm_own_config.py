"""A player whose operator brings the configuration."""

from typing import Any

import pytest

from nodeyard.tsm_node import TSMNode
from nodeyard.tsm_node.keys import new_private_key, public_key_of
from tests.unit import examples
from tests.unit.recording import Recording, record
from tests.unit.worlds import with_platform


def made(secrets: dict[str, Any]) -> Recording:
    args: Any = {
        "platform": examples.platform(),
        "namespace": "metis-mainnet",
        "index": 0,
        "players": 2,
        "release_version": "1.66.0-1ad6b4a4",
        "images": {"node": "registry.invalid/tsm-node:72.0.0"},
        "config_secret_name": "mine",
        "public_key": public_key_of(new_private_key()),
        "secrets": secrets,
    }
    recording = record(lambda: TSMNode("tsm-player0", args), with_platform(args["platform"]))
    recording.check()
    return recording


@pytest.mark.parametrize("secrets", [{}, {"pull": {}}])
def test_its_nodes_read_that_configuration_and_mount_none_of_the_stacks(secrets: dict[str, Any]) -> None:
    recording = made(secrets)
    values = recording.one("kubernetes:helm.sh/v3:Release").inputs["values"]
    assert values["config"] == {"configSecretName": "mine", "version": "mine"}
    assert "authorization" not in values["monitoring"]
    stored = {one.name for one in recording.resources if one.type == "aws:secretsmanager/secret:Secret"}
    assert stored == {f"tsm-player0-{key}" for key in ("database-admin", "database-role", *secrets)}
