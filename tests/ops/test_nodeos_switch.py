"""`nodeyard nodeos switch-producer`: real managers on a simulated chain; never two that produce, whatever comes."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from ops.errors import Failure, Unhealthy, Unreachable
from ops.nodeos import switch
from ops.nodeos.steps import Restart
from ops.nodeos.world import carry_out, foresee
from tests.ops.nodeos_cluster import Cluster, Interrupted
from tests.services.nodeos_manager.simulation.loop import simulated

PAUSE, RESUME = "safely_pause_production", "safely_resume_production"
BOTH = pytest.mark.parametrize("automatic", [False, True], ids=["manual", "automatic"])


def on(cluster: Cluster, test: Callable[[Cluster], Awaitable[None]], producer: str | None = "nodeos-bp-0") -> Cluster:
    """Runs a test on a cluster, and holds the chain against the rule."""

    async def run() -> None:
        await cluster.start(producer)
        await test(cluster)
        await asyncio.sleep(30.0)
        assert not cluster.chain.doubles()
        cluster.end()

    simulated(run())
    return cluster


async def switched(cluster: Cluster, to: str = "nodeos-bp-1", **wish: Any) -> None:
    plan = partial(switch.next_step, wish=switch.Wish(to, **wish))
    await carry_out(cluster.world(), plan, "the same command")


def first(cluster: Cluster) -> str:
    (producer,) = cluster.producing()
    return producer


def another(cluster: Cluster) -> str:
    return next(name for name in cluster.pods if name not in cluster.producing())


@BOTH
def test_the_right_moves_and_production_with_it(automatic: bool) -> None:
    async def test(cluster: Cluster) -> None:
        target = another(cluster)
        await switched(cluster, target)
        assert (cluster.producing(), cluster.holder) == ([target], target)

    on(Cluster(automatic=automatic), test)


def test_the_old_one_is_paused_before_the_new_one_is_resumed_and_nothing_else_is_asked() -> None:
    cluster = on(Cluster(), switched)
    assert cluster.asked == [f"nodeos-bp-0 {PAUSE}", f"nodeos-bp-1 {RESUME}"]


def test_no_slot_is_missed_where_others_are_scheduled_too() -> None:
    async def test(cluster: Cluster) -> None:
        began = asyncio.get_running_loop().time()
        await switched(cluster)
        await asyncio.sleep(30.0)
        assert not cluster.chain.missed(began, asyncio.get_running_loop().time())

    on(Cluster(), test)


async def interrupted(cluster: Cluster, at: int, restart: bool) -> bool:
    """Whether the interruption came before the end."""
    target = another(cluster)
    cluster.interrupt_at = at
    try:
        await switched(cluster, target, restart=restart)
    except* Interrupted:
        # What was asked last may be under way, or done by now.
        await asyncio.sleep(cluster.random.choice([0.0, 1.0, 5.0]))
        assert len(cluster.producing()) <= 1
        await switched(cluster, target, restart=restart)
        assert all(pod.ordinal.manager and pod.ordinal.manager.keeper.wanted for pod in cluster.pods.values()) or (
            not restart
        )
    assert (cluster.producing(), cluster.holder) == ([target], target)
    was_interrupted, cluster.interrupt_at = cluster.interrupt_at is None, None
    return was_interrupted


@BOTH
@pytest.mark.parametrize("late", [False, True], ids=["unheard", "heard"])
@pytest.mark.parametrize(("restart", "every"), [(False, 5), (True, 19)], ids=["", "restart"])
def test_whenever_it_is_interrupted_the_same_command_completes_it(
    automatic: bool, late: bool, restart: bool, every: int
) -> None:
    interruptions = 0

    async def test(cluster: Cluster, at: int) -> None:
        nonlocal interruptions
        cluster.interrupt_late = late
        interruptions += await interrupted(cluster, at, restart)

    # One more request each time, until the command is through before.
    for runs in range(1, 200):
        on(Cluster(automatic=automatic), partial(test, at=1 + every * (runs - 1)))
        if interruptions < runs:
            break
    assert interruptions >= 3


def test_a_switch_back_completes_one_that_was_interrupted() -> None:
    async def test(cluster: Cluster) -> None:
        switching = asyncio.create_task(switched(cluster))
        while f"nodeos-bp-1 {RESUME}" not in cluster.asked:
            await asyncio.sleep(0.1)
        switching.cancel()
        await asyncio.wait([switching])
        await switched(cluster, "nodeos-bp-0")
        assert (cluster.producing(), cluster.holder) == (["nodeos-bp-0"], "nodeos-bp-0")

    on(Cluster(), test)


def test_a_second_run_does_nothing() -> None:
    async def test(cluster: Cluster) -> None:
        await switched(cluster)
        before = list(cluster.asked)
        await switched(cluster)
        assert cluster.asked == before

    on(Cluster(), test)


def test_a_dry_run_says_every_step_and_changes_nothing() -> None:
    async def test(cluster: Cluster) -> None:
        plan = partial(switch.next_step, wish=switch.Wish("nodeos-bp-2", restart=True))
        steps = foresee(await cluster.world().look(), plan)
        assert [step.what for step in steps] == [
            "nodeos-bp-2: wait until its finalizer key is the active one on chain, which you sign",
            "nodeos-bp-1: let it stand aside, so that it does not take the right",
            "nodeos-bp-0: pause it in the gap between its turns, and release its right",
            "nodeos-bp-2: give it the right, and resume its production",
            "nodeos-bp-0: delete its pod, so that another one is made",
            "nodeos-bp-1: delete its pod, so that another one is made",
        ]
        assert not cluster.asked

    cluster = Cluster(automatic=True, savanna=True)
    on(cluster, lambda cluster: _moved_to_0(cluster, test))


async def _moved_to_0(cluster: Cluster, test: Callable[[Cluster], Awaitable[None]]) -> None:
    """By time anyone may be the first to take the right."""
    if cluster.producing() != ["nodeos-bp-0"]:
        for pod in cluster.pods.values():
            pod.key_active = pod.ordinal.name == "nodeos-bp-0"
        await switched(cluster, "nodeos-bp-0", restart=True)
    cluster.asked.clear()
    await test(cluster)


def refused(match: str, kind: type[Failure] = Unhealthy, **wish: Any) -> Callable[[Cluster], Awaitable[None]]:
    async def test(cluster: Cluster) -> None:
        with pytest.raises(kind, match=match):
            await switched(cluster, **wish)

    return test


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda cluster: cluster.chain.cut_off.add("nodeos-bp-1"), r"could not take over: it is \d+ blocks behind"),
        (lambda cluster: cluster.lose("nodeos-bp-1"), "nodeos-bp-1 is not known"),
    ],
)
def test_the_producer_goes_on_where_the_standby_is_not_ready(make: Callable[[Cluster], None], why: str) -> None:
    async def test(cluster: Cluster) -> None:
        make(cluster)
        await asyncio.sleep(30.0)
        await refused(why, Failure)(cluster)
        assert (cluster.producing(), cluster.asked) == (["nodeos-bp-0"], [])

    on(Cluster(), test)


@pytest.mark.parametrize("silent", ["nodeos-bp-0", "nodeos-bp-2"])
def test_nobody_is_resumed_while_one_does_not_answer(silent: str) -> None:
    async def test(cluster: Cluster) -> None:
        cluster.lose(silent)
        await refused(f"{silent} does not answer, and nobody knows whether it produces", Unreachable)(cluster)
        assert not cluster.asked

    on(Cluster(), test)


def test_one_that_is_cut_off_from_the_operator_keeps_its_right() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.pods["nodeos-bp-0"].is_reachable = False
        await refused("does not answer", Unreachable)(cluster)
        assert (cluster.producing(), cluster.asked) == (["nodeos-bp-0"], [])

    on(Cluster(), test)


def test_a_node_that_cannot_sign_is_not_chosen() -> None:
    async def test(cluster: Cluster) -> None:
        manager = cluster.pods["nodeos-bp-1"].ordinal.manager
        assert manager is not None
        manager.keeper._settings = replace(manager.keeper._settings, can_sign=False)
        await refused("nodeos-bp-1 has no signing key")(cluster)
        assert (cluster.producing(), cluster.asked) == (["nodeos-bp-0"], [])

    on(Cluster(), test)


def test_a_pod_that_produces_by_now_is_not_deleted() -> None:
    async def test(cluster: Cluster) -> None:
        with pytest.raises(Unhealthy, match="nodeos-bp-0 may produce by now"):
            await Restart("nodeos-bp-0", cluster.pods["nodeos-bp-0"].uid).do(cluster.world())
        assert not cluster.asked

    on(Cluster(), test)


def test_a_spare_is_not_chosen() -> None:
    async def test(cluster: Cluster) -> None:
        await refused("nodeos-bp-2 is a spare: it never produces", to="nodeos-bp-2")(cluster)
        # Nor one that is a spare by its template, and was not restarted since.
        cluster.pods["nodeos-bp-1"].is_spare = True
        await refused("nodeos-bp-1 is a spare: it never produces")(cluster)
        assert (cluster.producing(), cluster.asked) == (["nodeos-bp-0"], [])

    on(Cluster(spares=1), test)


@BOTH
@pytest.mark.parametrize("answers", [True, False], ids=["answers", "silent"])
def test_a_spare_is_asked_for_nothing_and_holds_nobody_up(automatic: bool, answers: bool) -> None:
    async def test(cluster: Cluster) -> None:
        cluster.pods["nodeos-bp-2"].is_reachable = answers
        target = next(name for name in ("nodeos-bp-0", "nodeos-bp-1") if name not in cluster.producing())
        await switched(cluster, target, restart=True)
        assert (cluster.producing(), cluster.holder) == ([target], target)
        assert not [asked for asked in cluster.asked if asked.startswith("nodeos-bp-2")]

    on(Cluster(automatic=automatic, spares=1), test)


def test_a_spare_that_does_not_answer_counts_as_a_producer_while_its_pod_is_one_of_before() -> None:
    async def test(cluster: Cluster) -> None:
        pod = cluster.pods["nodeos-bp-2"]
        pod.is_spare, pod.is_reachable = True, False
        await refused("nodeos-bp-2 does not answer, and nobody knows whether it produces", Unreachable)(cluster)
        assert not cluster.asked

    on(Cluster(), test)


def test_the_right_that_a_spare_held_before_is_freed() -> None:
    async def test(cluster: Cluster) -> None:
        pod = cluster.pods["nodeos-bp-0"]
        pod.is_spare = True
        await cluster.world().kubernetes.delete_pod("nodeos-bp-0-0")
        await asyncio.sleep(30.0)
        assert (cluster.producing(), cluster.holder) == ([], "nodeos-bp-0")
        await switched(cluster)
        assert (cluster.producing(), cluster.holder) == (["nodeos-bp-1"], "nodeos-bp-1")
        assert cluster.asked == ["nodeos-bp-0 delete", "lease freed", f"nodeos-bp-1 {RESUME}"]

    on(Cluster(), test)


def test_a_pod_that_was_made_anew_meanwhile_is_not_deleted() -> None:
    async def test(cluster: Cluster) -> None:
        await Restart("nodeos-bp-1", "the-uid-before").do(cluster.world())
        assert not cluster.asked

    on(Cluster(), test)


def test_a_pause_that_is_refused_ends_it_and_the_producer_goes_on() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.pods["nodeos-bp-0"].refuses.add(PAUSE)
        await refused("nodeos-bp-0: it was refused, by the test.")(cluster)
        # It is asked once more: nodeos may have started a moment ago.
        assert (cluster.producing(), cluster.asked) == (["nodeos-bp-0"], 2 * [f"nodeos-bp-0 {PAUSE}"])

    on(Cluster(), test)


def test_a_resume_that_is_refused_leaves_nobody_and_may_be_repeated() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.pods["nodeos-bp-1"].refuses.add(RESUME)
        await refused("nodeos-bp-1: it was refused, by the test.")(cluster)
        assert (cluster.producing(), cluster.holder) == ([], "")
        cluster.pods["nodeos-bp-1"].refuses.clear()
        cluster._apps.clear()
        await switched(cluster)
        assert cluster.producing() == ["nodeos-bp-1"]

    on(Cluster(), test)


@pytest.mark.parametrize("target", ["nodeos-bp-0", "nodeos-bp-1", "nodeos-bp-2"])
def test_of_two_that_may_produce_one_is_left(target: str) -> None:
    async def test(cluster: Cluster) -> None:
        nodeos = cluster.pods["nodeos-bp-1"].ordinal.manager
        assert nodeos is not None
        # Past every manager's rule, and between our turns: what an operator did by hand a moment ago.
        cluster.unpause("nodeos-bp-1")
        nodeos.production._resumed, nodeos.production._paused = nodeos.superviser.running(), None
        sight = await cluster.world().look()
        assert [each.name for each in sight.unpaused] == ["nodeos-bp-0", "nodeos-bp-1"]
        await switched(cluster, target)
        assert (cluster.producing(), cluster.holder) == ([target], target)

    cluster = Cluster(producers=21)
    cluster.chain.doubles = dict  # type: ignore[method-assign]
    on(cluster, test)


def test_nobody_produces_and_one_is_made_to() -> None:
    async def test(cluster: Cluster) -> None:
        await switched(cluster)
        assert cluster.producing() == ["nodeos-bp-1"]

    on(Cluster(), test, producer=None)


def test_a_command_that_runs_already_is_waited_for() -> None:
    async def test(cluster: Cluster) -> None:
        await cluster.ask("nodeos-bp-0", "POST", "reload", {})
        await switched(cluster)
        assert cluster.producing() == ["nodeos-bp-1"]

    on(Cluster(), test)


@BOTH
def test_those_that_were_told_to_pause_are_restarted_one_by_one_when_it_is_allowed(automatic: bool) -> None:
    async def test(cluster: Cluster) -> None:
        old = first(cluster)
        await switched(cluster, target := another(cluster), restart=True)
        restarted = [name for name, pod in cluster.pods.items() if pod.restarts]
        assert restarted == ([name for name in cluster.pods if name != target] if automatic else [old])
        assert cluster.producing() == [target]

    on(Cluster(automatic=automatic), test)


def test_an_only_ordinal_is_resumed() -> None:
    async def test(cluster: Cluster) -> None:
        await switched(cluster, "nodeos-bp-0")
        assert cluster.producing() == ["nodeos-bp-0"]

    on(Cluster(count=1), test, producer=None)


def test_an_interruption_says_what_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    async def test(cluster: Cluster) -> None:
        switching = asyncio.create_task(switched(cluster))
        while not cluster.asked:
            await asyncio.sleep(0.1)
        switching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await switching

    on(Cluster(), test)
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "- nodeos-bp-0: pause it in the gap between its turns, and release its right",
        "What was asked of a manager last may still be done.",
        "No step of this run is done for certain.",
        "It goes on from here by: the same command",
    ]
