"""What was kept is found by the preview, which names it with the key that has it back: a node that was taken out and is
put back, a stack that was removed and is made again.

Proved against the sandbox's stand-in clouds: what the real ones answer to the same questions is their providers'
documentation's word.
"""

import json
import re
import sqlite3
from pathlib import Path

import pytest

from tests.cloud_operator import Operator
from tests.engine import nodeos
from tests.engine.harness import Sandbox
from tests.engine.worlds import Worlds

LEFT = re.compile(r"nodeyard:stack\.(\S+): (\S+) is there already, kept when an earlier stack or node")

STACKS = {"aws": "metis-sepolia", "azure": "metis-sepolia-azure", "gcp": "metis-sepolia-gcp"}
METIS = {
    *(f"{process}.existingDisk" for process in ("l2geth", "l1dtl", "themis")),
    *(f"{process}.existingAddress" for process in ("l2geth", "themis")),
    *(
        f"secrets.{key}.existing"
        for key in ("seqPriv", "nodeKey", "privValidatorKey", "l1RpcEndpoint", "l1BeaconEndpoint", "persistentPeers")
    ),
}
NODEOS = {
    "bucket.existing",
    *(f"ordinals.nodeos-bp-{index}.existingDisk" for index in range(3)),
    "apiNodes.nodeos-api-0.existingDisk",
    *(f"secrets.{key}.existing" for key in ("signatureProviders", "token")),
    *(f"secrets.finalizerKey{index}.existing" for index in range(3)),
}
FLEETS = {"aws": "theta-mainnet", "azure": "theta-mainnet-azure", "gcp": "theta-mainnet-gcp"}


def left_over(sandbox: Sandbox, stack: str) -> dict[str, str]:
    """The ids that a preview names, by the key that adopts each; nothing was made meanwhile."""
    before = world(sandbox)
    found = dict(LEFT.findall(sandbox.refused(stack)))
    assert world(sandbox) == before
    return found


def world(sandbox: Sandbox) -> list[tuple[str, str]]:
    """Everything that there is, by type and id."""
    with sqlite3.connect(sandbox.home / "world.sqlite") as database:
        return database.execute("select type, id from objects order by type, id").fetchall()


def remove(sandbox: Sandbox, stack: str) -> None:
    """For good, as the pages say: what is retained stays in the cloud."""
    sandbox.ok("state", "unprotect", "--all", "--stack", stack, "--yes")
    sandbox.ok("destroy", "--stack", stack, "--yes")
    sandbox.ok("stack", "rm", stack, "--yes", "--preserve-config")
    sandbox.ok("stack", "init", stack)


@pytest.mark.parametrize("cloud", STACKS)
def test_a_stack_that_is_made_again_is_told_what_is_there_and_adopts_it(
    cloud: str, worlds: Worlds, tmp_path: Path
) -> None:
    stack = STACKS[cloud]
    sandbox = worlds.shipped(stack, tmp_path)
    addresses = sandbox.outputs(stack)["addresses"]
    remove(sandbox, stack)
    found = left_over(sandbox, stack)
    assert found.keys() == METIS
    disks = {id_ for key, id_ in found.items() if key.endswith("existingDisk")}
    assert len(disks) == 3
    sandbox.set(stack, found)
    sandbox.up(stack)
    assert sandbox.outputs(stack)["addresses"] == addresses
    assert set(sandbox.preview(stack)["changeSummary"]) == {"same"}


@pytest.mark.parametrize("cloud", FLEETS)
def test_an_edge_node_that_is_put_back_is_told_of_its_disk_and_password(
    cloud: str, worlds: Worlds, tmp_path: Path
) -> None:
    stack = FLEETS[cloud]
    sandbox = worlds.shipped(stack, tmp_path)
    [node] = sandbox.outputs(stack)["nodes"].values()
    sandbox.unset(stack, "nodes")
    sandbox.set(stack, {"nodes.edge-2.zone": node["zone"]})
    for resource in sandbox.export(stack)["deployment"]["resources"]:
        if resource.get("protect") and "edge-1" in resource["urn"]:
            sandbox.ok("state", "unprotect", "--stack", stack, "--yes", resource["urn"])
    sandbox.up(stack)
    sandbox.set(stack, {"nodes.edge-1.zone": node["zone"]})
    found = left_over(sandbox, stack)
    assert found == {"nodes.edge-1.existingDisk": node["disk"], "nodes.edge-1.password.existing": node["secret"]}
    sandbox.set(stack, found)
    sandbox.up(stack)
    assert sandbox.outputs(stack)["nodes"]["edge-1"]["disk"] == node["disk"]
    assert set(sandbox.preview(stack)["changeSummary"]) == {"same"}


def test_block_producers_that_are_made_again_are_told_of_their_bucket_and_disks(worlds: Worlds, tmp_path: Path) -> None:
    stack, sandbox = nodeos.STACK, nodeos.jungle(worlds, tmp_path)
    before = sandbox.outputs(stack)
    remove(sandbox, stack)
    sandbox.ok("config", "rm", "--stack", stack, "nodeyard:secrets")  # they are in the store
    found = left_over(sandbox, stack)
    assert found.keys() == NODEOS
    sandbox.set(stack, found)
    sandbox.up(stack)
    after = sandbox.outputs(stack)
    assert (after["bucket"], after["ordinals"]) == (before["bucket"], before["ordinals"])
    assert set(sandbox.preview(stack)["changeSummary"]) == {"same"}


def test_a_second_up_asks_for_nothing_that_the_state_has(worlds: Worlds, tmp_path: Path) -> None:
    """Were it asked, everything would be there already."""
    sandbox = worlds.shipped(STACKS["aws"], tmp_path)
    planned = json.loads(sandbox.ok("preview", "--stack", STACKS["aws"], "--json"))
    assert set(planned["changeSummary"]) == {"same"}


def test_two_disks_of_one_name_are_both_named(worlds: Worlds, tmp_path: Path) -> None:
    """As they are where an `up` made one beside a kept one: names on AWS are tags."""
    stack = STACKS["aws"]
    sandbox = worlds.shipped(stack, tmp_path)
    remove(sandbox, stack)
    [disk] = [id_ for key, id_ in left_over(sandbox, stack).items() if key == "themis.existingDisk"]
    other = Operator("aws", sandbox.home, "us-east-2", "123456789012").make(
        "aws:ebs/volume:Volume", {"availabilityZone": "us-east-2b", "size": 300, "tags": {"Name": f"{stack}-themis"}}
    )
    said = sandbox.refused(stack)
    assert re.search(rf"themis\.existingDisk: ({disk} and {other}|{other} and {disk}) are there already", said)
