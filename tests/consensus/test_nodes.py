"""The engine run from homes that the init script makes: a validator alone, and what its probes see of it."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

from tests.charts.metis import rendered
from tests.charts.themis_home import bootstrap, keys, resume
from tests.consensus.harness import Net, Node, Reader, running, until


def test_a_new_validator_signs_from_the_first_block_on(net: Net, reader: Reader) -> None:
    (node,) = net.nodes
    with running(node):
        node.reach(5)
        assert all(node.signers(height) == {node.address} for height in range(1, 6))
        status = node.ask("status")
    assert status is not None
    assert status["node_info"]["id"] == node.node_id
    state = reader.read("state", node.themis.state.read_bytes())
    assert state["signed"]
    assert state["height"] >= 5


def test_a_start_again_after_a_stop_and_after_a_kill_goes_on_and_leaves_state_and_keys(net: Net) -> None:
    (node,) = net.nodes
    height = 0
    for how in (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL):
        with running(node):
            height = node.reach(height + 5)
            node.stop(how)
        before = node.themis.state.read_text()
        assert "themis may start" in node.themis.started().stdout
        assert node.themis.state.read_text() == before
        assert int(node.themis.height) >= height


def test_a_state_that_a_real_node_left_and_that_was_then_cut_stops_the_next_start(net: Net) -> None:
    (node,) = net.nodes
    with running(node):
        node.reach(3)
        node.stop()
    whole = node.themis.state.read_text()
    for length in (0, 1, len(whole) // 3, len(whole) // 2, len(whole) - 1):
        node.themis.state.write_text(whole[:length])
        assert "no readable priv_validator_state.json" in node.themis.start(**bootstrap()).stderr
    node.themis.started(**resume("vol-1", int(json.loads(whole)["height"]) + 1))


def test_the_engine_does_not_sign_below_a_height_that_was_typed_too_high_and_signs_once_it_is_put_right(
    net: Net,
) -> None:
    node = net.home(1, "lost its disk", "vol-2")
    node.themis.started(**resume("vol-2", 90_000_000))
    with running(node):
        until("a refused vote", lambda: "height regression" in node.log)
    assert node.signed_heights() == []
    assert node.themis.height == 90_000_000
    node.themis.started(**resume("vol-2", 1))
    with running(node):
        node.reach(2)
    assert {1, 2} <= set(node.signed_heights())


def readiness(node: Node, seconds: float) -> bool:
    """The chart's own command, asked of this node, with fewer seconds until it calls a height one that stands."""
    themis = rendered().containers()["themis/themis"]
    command = themis["readinessProbe"]["exec"]["command"]
    script = command[-1].replace(":26657", f":{node.rpc}").replace("now - 120", f"now - {seconds}")
    assert script.count(str(node.rpc)) == script.count(f"now - {seconds}") == 1
    return subprocess.run([*command[:-1], script], capture_output=True, check=False).returncode == 0


def took_the_place_of(state: Path) -> bool:
    """Whether a directory stands where the state was. The engine may write its state anew at any moment."""
    state.unlink(missing_ok=True)
    try:
        state.mkdir()
    except FileExistsError:
        return False
    return True


def test_a_node_that_no_longer_signs_after_a_consensus_failure_is_alive_and_not_ready(net: Net) -> None:
    (node,) = net.nodes
    with running(node):
        node.reach(3)
        until("readiness", lambda: readiness(node, 120))
        # The engine cannot write its state any more, as on a disk that is full or broken.
        until("a directory in the place of the state", lambda: took_the_place_of(node.themis.state))
        until("the failure", lambda: "CONSENSUS FAILURE!!!" in node.log)
        stands = node.height
        assert node.ask("health") == {}
        status = node.ask("status")
        assert status is not None
        assert status["sync_info"]["catching_up"] is False
        time.sleep(1.5)
        assert node.height == stands
        assert not readiness(node, 1)
        assert readiness(node, 120), "so it is the age of the last block that makes the difference"


def test_without_an_answer_a_node_is_not_ready(net: Net) -> None:
    assert not readiness(net.nodes[0], 120)


def test_the_key_that_takes_a_wrong_keys_place_is_the_one_that_signs(net: Net) -> None:
    stranger = net.home(2, "new")
    stranger.themis.started(**bootstrap())
    stranger.themis.give(keys(1))
    assert "since nothing was signed on this volume yet" in stranger.themis.start().stderr
    stranger.themis.started(**bootstrap())
    with running(stranger):
        stranger.reach(3)
        assert stranger.signers(2) == {net.nodes[0].address}
