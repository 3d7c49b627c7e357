"""`nodeyard nodeos switch-producer` where a machine is lost, and on chains with finalizer keys."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from ops.errors import Unhealthy, Unreachable
from ops.nodeos import switch
from ops.nodeos.steps import Free
from tests.ops.nodeos_cluster import Cluster, node
from tests.ops.test_nodeos_switch import PAUSE, RESUME, another, first, on, refused, switched


def off(cluster: Cluster) -> None:
    """The machine of the producer is off, and its node is gone."""
    cluster.lose("nodeos-bp-0")
    del cluster.nodes["node-0"]


def test_the_right_is_not_freed_where_a_pod_of_the_lost_one_runs_again() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.lose("nodeos-bp-0")
        cluster.nodes["node-0"] = node("node-0")
        await refused("its node node-0 is ready: it may go on producing", lost=("nodeos-bp-0",))(cluster)
        with pytest.raises(Unhealthy, match="nodeos-bp-0 is not what it was a moment ago"):
            await Free("nodeos-bp-0").do(cluster.world())
        assert (cluster.holder, cluster.asked) == ("nodeos-bp-0", [])

    on(Cluster(), test)


def test_nobody_is_resumed_where_a_standby_that_was_vouched_for_runs_again() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.lose("nodeos-bp-2")
        cluster.nodes["node-2"] = node("node-2")
        await refused("nodeos-bp-2 does not answer, and its node node-2 is ready", lost=("nodeos-bp-2",))(cluster)
        assert (cluster.producing(), cluster.asked) == (["nodeos-bp-0"], [])

    on(Cluster(), test)


def test_a_manager_that_answers_is_not_lost_whatever_it_says() -> None:
    async def test(cluster: Cluster) -> None:
        del cluster.nodes["node-0"]
        sight = await cluster.world().look()
        sight = sight.having(sight.ordinals["nodeos-bp-0"].but(standing=None))
        with pytest.raises(Unreachable, match="nobody knows whether it produces"):
            switch.next_step(sight, frozenset(), switch.Wish("nodeos-bp-1", lost=("nodeos-bp-0",)))

    on(Cluster(), test)


@pytest.mark.parametrize(
    ("unseen", "why"),
    [
        (lambda each: each.forbidden.add("nodes"), "kubectl may not look at its node node-0"),
        (lambda each: setattr(each.pods["nodeos-bp-0"], "phase", "Unknown"), "its node node-0 is not ready"),
    ],
)
def test_a_machine_that_nobody_sees_is_not_vouched_for(unseen: Callable[[Cluster], None], why: str) -> None:
    async def test(cluster: Cluster) -> None:
        cluster.lose("nodeos-bp-0")
        unseen(cluster)
        with pytest.raises(Unhealthy, match=rf"{why}.* may go on producing"):
            await vouched(cluster)()
        await refused(why, lost=("nodeos-bp-0",))(cluster)
        assert not cluster.asked

    on(Cluster(), test)


def test_the_same_command_completes_it_when_the_lost_one_is_back() -> None:
    async def test(cluster: Cluster) -> None:
        off(cluster)
        assert await vouched(cluster)() == ("nodeos-bp-0",)
        cluster.pods["nodeos-bp-1"].refuses.add(RESUME)
        cluster._apps.clear()
        await refused("it was refused, by the test", lost=("nodeos-bp-0",))(cluster)
        cluster.pods["nodeos-bp-1"].refuses.clear()
        cluster._apps.clear()
        back = cluster.pods["nodeos-bp-0"]
        cluster.nodes["node-0"], back.is_reachable = node("node-0"), True
        await back.ordinal.restart(0.0)
        await asyncio.sleep(10.0)
        vouched_for = await vouched(cluster)()
        assert vouched_for == ()
        await switched(cluster, lost=vouched_for)
        assert (cluster.producing(), cluster.holder) == (["nodeos-bp-1"], "nodeos-bp-1")

    on(Cluster(), test)


def test_a_lost_one_whose_new_pod_waits_is_vouched_for() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.lose("nodeos-bp-0")
        cluster.nodes["node-0"] = node("node-0")
        cluster.pods["nodeos-bp-0"].waiting = "ContainerCreating"
        await vouched(cluster)()
        await switched(cluster, lost=("nodeos-bp-0",))
        assert cluster.producing() == ["nodeos-bp-1"]

    on(Cluster(), test)


def test_a_lost_one_that_answers_after_all_is_paused_like_any_other() -> None:
    cluster = on(Cluster(), partial(switched, lost=("nodeos-bp-0",)))
    assert cluster.asked == [f"nodeos-bp-0 {PAUSE}", f"nodeos-bp-1 {RESUME}"]


def test_the_right_of_a_lost_one_is_freed_and_given_to_the_other() -> None:
    async def test(cluster: Cluster) -> None:
        off(cluster)
        await switched(cluster, lost=("nodeos-bp-0",))
        assert (cluster.producing(), cluster.holder) == (["nodeos-bp-1"], "nodeos-bp-1")
        assert cluster.asked == ["lease freed", f"nodeos-bp-1 {RESUME}"]

    on(Cluster(), test)


def test_a_right_that_changed_meanwhile_is_not_freed() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.lose("nodeos-bp-0")
        world = cluster.world()
        lease = (await world.look()).lease
        assert lease is not None
        assert cluster.server.record is not None
        cluster.server.write(cluster.server.record)
        with pytest.raises(Unhealthy, match="The right was not freed"):
            await world.kubernetes.free(lease)
        assert cluster.holder == "nodeos-bp-0"

    on(Cluster(), test)


def test_where_the_right_ends_by_time_a_lost_producer_holds_nobody_up() -> None:
    async def test(cluster: Cluster) -> None:
        target = another(cluster)
        cluster.lose(first(cluster))
        await switched(cluster, target)
        assert cluster.producing() == [target]

    on(Cluster(count=2, automatic=True), test)


def vouched(cluster: Cluster, name: str = "nodeos-bp-0") -> Callable[[], Awaitable[tuple[str, ...]]]:
    async def vouch() -> tuple[str, ...]:
        return switch.vouch(await cluster.world().look(), [name], "nodeos-bp-1", yes=True)

    return vouch


def test_one_that_answers_is_not_lost(capsys: pytest.CaptureFixture[str]) -> None:
    async def test(cluster: Cluster) -> None:
        assert await vouched(cluster)() == ()

    on(Cluster(), test)
    assert "nodeos-bp-0 answers: it is not lost" in capsys.readouterr().err


def test_a_node_that_nobody_has_declared_dead_is_not_vouched_for() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.lose("nodeos-bp-0")
        with pytest.raises(Unhealthy, match="its node node-0 is not ready: it may go on producing"):
            await vouched(cluster)()
        taint = {"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoExecute"}
        cluster.nodes["node-0"]["spec"]["taints"] = [taint]
        await vouched(cluster)()
        del cluster.nodes["node-0"]
        await vouched(cluster)()

    on(Cluster(), test)


def test_the_producer_is_not_paused_before_the_chain_counts_the_others_votes() -> None:
    async def test(cluster: Cluster) -> None:
        await refused("does not count the votes of nodeos-bp-1 yet", sign_patience=9.0)(cluster)
        assert (cluster.producing(), cluster.asked) == (["nodeos-bp-0"], [])

    on(Cluster(savanna=True), test)


def test_it_goes_on_when_the_operator_has_signed(capsys: pytest.CaptureFixture[str]) -> None:
    async def sign(cluster: Cluster) -> None:
        await asyncio.sleep(20.0)
        for name, pod in cluster.pods.items():
            pod.key_active = name == "nodeos-bp-1"

    async def test(cluster: Cluster) -> None:
        signing = asyncio.create_task(sign(cluster))
        await switched(cluster, producers=("ours",), restart=True)
        await signing
        assert cluster.producing() == ["nodeos-bp-1"]

    cluster = on(Cluster(savanna=True), test)
    assert cluster.asked == [f"nodeos-bp-0 {PAUSE}", f"nodeos-bp-1 {RESUME}", "nodeos-bp-0 delete"]
    said = capsys.readouterr().err
    data = '{"finalizer_name": "ours", "finalizer_key": "PUB_BLS_nodeos-bp-1"}'
    assert f"cleos push action eosio actfinkey '{data}' -p ours@active" in said
    assert '"account": "eosio", "name": "actfinkey", "authorization": [{"actor": "ours"' in said


def test_a_lost_producer_is_replaced_before_anybody_signs_and_nobody_is_restarted() -> None:
    async def test(cluster: Cluster) -> None:
        off(cluster)
        await refused("does not count the votes", lost=("nodeos-bp-0",), restart=True, sign_patience=3.0)(cluster)
        assert cluster.producing() == ["nodeos-bp-1"]
        assert not [asked for asked in cluster.asked if asked.endswith("delete")]

    on(Cluster(savanna=True), test)


def test_a_node_without_a_finalizer_key_takes_over_no_chain_that_has_them() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.pods["nodeos-bp-1"].key_active = None
        await refused("nodeos-bp-1 votes with no finalizer key")(cluster)
        assert not cluster.asked

    on(Cluster(savanna=True), test)
