"""`nodeyard nodeos upgrade` and `reload`: one ordinal at a time, with real managers on a simulated chain."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from ops.errors import BadInput, Failure, Unhealthy, Unreachable
from ops.nodeos import errands, switch, upgrade
from ops.nodeos.world import carry_out, foresee
from tests.ops.nodeos_cluster import NEW, OLD, Cluster, Interrupted
from tests.ops.test_nodeos_switch import BOTH, PAUSE, RESUME, on


def released(cluster: Cluster) -> Cluster:
    """`pulumi up` has given the templates another image."""
    for pod in cluster.pods.values():
        pod.template = NEW
    return cluster


def planned(to: str = "", **wish: Any) -> Any:
    return partial(upgrade.next_step, upgrade=upgrade.Upgrade(NEW, switch.Wish(to, restart=True, **wish)))


async def upgraded(cluster: Cluster, **wish: Any) -> None:
    await carry_out(cluster.world(), planned(**wish), "the same command")


def images(cluster: Cluster) -> set[str]:
    return {pod.image for pod in cluster.pods.values()}


def test_standbys_come_first_then_the_switch_then_the_old_producer() -> None:
    cluster = on(released(Cluster()), upgraded)
    assert images(cluster) == {NEW}
    assert cluster.asked == [
        "nodeos-bp-1 delete",
        "nodeos-bp-2 delete",
        f"nodeos-bp-0 {PAUSE}",
        f"nodeos-bp-1 {RESUME}",
        "nodeos-bp-0 delete",
    ]
    assert {pod.restarts for pod in cluster.pods.values()} == {1}


def test_a_spare_comes_first_and_is_never_switched_to() -> None:
    cluster = on(released(Cluster(count=4, spares=1)), upgraded)
    assert images(cluster) == {NEW}
    assert cluster.asked == [
        "nodeos-bp-3 delete",
        "nodeos-bp-1 delete",
        "nodeos-bp-2 delete",
        f"nodeos-bp-0 {PAUSE}",
        f"nodeos-bp-1 {RESUME}",
        "nodeos-bp-0 delete",
    ]


def test_a_spare_does_not_stand_in_for_an_only_producer() -> None:
    async def test(cluster: Cluster) -> None:
        await upgraded(cluster)
        await asyncio.sleep(30.0)
        assert (images(cluster), cluster.producing()) == ({NEW}, ["nodeos-bp-0"])

    cluster = on(released(Cluster(count=2, spares=1)), test)
    assert cluster.asked == ["nodeos-bp-1 delete", "nodeos-bp-0 delete"]


def test_a_producer_that_becomes_a_spare_gives_the_right_to_another_before() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.pods["nodeos-bp-0"].is_spare = True
        await upgraded(cluster)
        assert (images(cluster), cluster.producing()) == ({NEW}, ["nodeos-bp-1"])

    on(released(Cluster()), test)


def test_each_has_caught_up_before_the_next_one_is_deleted() -> None:
    async def test(cluster: Cluster) -> None:
        upgrading = asyncio.create_task(upgraded(cluster))
        while not upgrading.done():
            away = [name for name, pod in cluster.pods.items() if pod.is_deleting or not pod.is_there]
            assert len(away) <= 1
            await asyncio.sleep(0.2)
        await upgrading

    on(released(Cluster()), test)


def test_where_the_right_ends_by_time_everyone_stands_by_again_afterwards() -> None:
    async def test(cluster: Cluster) -> None:
        await upgraded(cluster)
        assert images(cluster) == {NEW}
        assert len(cluster.producing()) == 1
        assert all(pod.ordinal.manager and pod.ordinal.manager.keeper.wanted for pod in cluster.pods.values())

    on(released(Cluster(automatic=True)), test)


def test_no_slot_is_missed_where_others_are_scheduled_too() -> None:
    async def test(cluster: Cluster) -> None:
        began = asyncio.get_running_loop().time()
        await upgraded(cluster)
        await asyncio.sleep(30.0)
        assert not cluster.chain.missed(began, asyncio.get_running_loop().time())

    on(released(Cluster()), test)


@BOTH
@pytest.mark.parametrize("late", [False, True], ids=["unheard", "heard"])
def test_whenever_it_is_interrupted_the_same_command_completes_it(automatic: bool, late: bool) -> None:
    interruptions = 0

    async def test(cluster: Cluster, at: int) -> None:
        nonlocal interruptions
        cluster.interrupt_at, cluster.interrupt_late = at, late
        try:
            await upgraded(cluster)
        except* Interrupted:
            interruptions += 1
            await asyncio.sleep(cluster.random.choice([0.0, 1.0, 5.0]))
            await upgraded(cluster)
        assert (images(cluster), len(cluster.producing())) == ({NEW}, 1)

    for runs in range(1, 200):
        on(released(Cluster(automatic=automatic)), partial(test, at=1 + 37 * (runs - 1)))
        if interruptions < runs:
            break
    assert interruptions >= 3


def test_a_release_without_the_image_is_refused() -> None:
    async def test(cluster: Cluster) -> None:
        with pytest.raises(BadInput, match=f"The released template has {OLD}, not {NEW}. Set images.manager"):
            upgrade.check(await cluster.world().look(), "nodeos-jungle", NEW)

    on(Cluster(), test)


def test_a_second_run_does_nothing() -> None:
    async def test(cluster: Cluster) -> None:
        for pod in cluster.pods.values():
            pod.image = pod.template = NEW
        await upgraded(cluster)
        assert not cluster.asked

    on(Cluster(), test)


def test_a_dry_run_says_every_step_and_changes_nothing() -> None:
    async def test(cluster: Cluster) -> None:
        steps = foresee(await cluster.world().look(), planned("nodeos-bp-2"))
        assert [step.what.partition(",")[0] for step in steps] == [
            "nodeos-bp-1: delete its pod",
            "nodeos-bp-2: delete its pod",
            "nodeos-bp-0: pause it in the gap between its turns",
            "nodeos-bp-2: give it the right",
            "nodeos-bp-0: delete its pod",
        ]
        assert not cluster.asked

    on(released(Cluster()), test)


def test_the_old_producer_is_not_restarted_before_the_chain_counts_the_new_ones_votes() -> None:
    async def test(cluster: Cluster) -> None:
        with pytest.raises(Unhealthy, match="does not count the votes of nodeos-bp-1 yet"):
            await upgraded(cluster, sign_patience=3.0)
        assert cluster.asked == ["nodeos-bp-1 delete", "nodeos-bp-2 delete"]
        for name, pod in cluster.pods.items():
            pod.key_active = name == "nodeos-bp-2"
        await upgraded(cluster)
        assert (images(cluster), cluster.producing()) == ({NEW}, ["nodeos-bp-2"])

    on(released(Cluster(savanna=True)), test)


def test_no_standby_is_restarted_while_its_votes_are_the_ones_that_count() -> None:
    async def test(cluster: Cluster) -> None:
        for name, pod in cluster.pods.items():
            pod.key_active = name == "nodeos-bp-1"
        with pytest.raises(Unhealthy, match="does not count the votes of nodeos-bp-0 yet"):
            await upgraded(cluster, sign_patience=3.0)
        assert not cluster.asked

    on(released(Cluster(savanna=True)), test)


def test_an_only_ordinal_goes_on_by_itself() -> None:
    async def test(cluster: Cluster) -> None:
        await upgraded(cluster)
        assert cluster.asked == ["nodeos-bp-0 delete"]
        await asyncio.sleep(30.0)
        assert (images(cluster), cluster.producing()) == ({NEW}, ["nodeos-bp-0"])

    on(released(Cluster(count=1)), test)


def refused(kind: type[Failure], match: str, make: Callable[[Cluster], object]) -> Callable[[Cluster], Awaitable[None]]:
    async def test(cluster: Cluster) -> None:
        make(cluster)
        with pytest.raises(kind, match=match):
            await upgraded(cluster)
        assert not [asked for asked in cluster.asked if asked.endswith("delete")]

    return test


def test_an_old_one_that_does_not_answer_is_not_deleted() -> None:
    make = lambda cluster: setattr(cluster.pods["nodeos-bp-1"], "is_reachable", False)  # noqa: E731
    on(released(Cluster()), refused(Unreachable, "nodeos-bp-1 does not answer", make))


def test_where_nobody_produces_nothing_is_restarted() -> None:
    on(released(Cluster()), refused(Unhealthy, "No ordinal that has the image", lambda _: None), producer=None)


def reloading(everyone: bool = False) -> Any:
    return partial(errands.reload_step, everyone=everyone, patience=600.0)


async def reloaded(cluster: Cluster) -> None:
    await carry_out(cluster.world(), reloading(), "the same command")


def test_a_reload_ends_with_the_producer_and_misses_no_slot() -> None:
    async def test(cluster: Cluster) -> None:
        began = asyncio.get_running_loop().time()
        for pod in cluster.pods.values():
            pod.reload_pending = True
        await reloaded(cluster)
        assert cluster.asked == [f"nodeos-bp-{number} safely_reload" for number in (1, 2, 0)]
        await asyncio.sleep(30.0)
        assert cluster.producing() == ["nodeos-bp-0"]
        assert not cluster.chain.missed(began, asyncio.get_running_loop().time())

    on(Cluster(), test)


def test_only_what_is_pending_is_reloaded_unless_all_are_asked_for() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.pods["nodeos-bp-2"].reload_pending = True
        sight = await cluster.world().look()
        assert [step.what[:11] for step in foresee(sight, reloading())] == ["nodeos-bp-2"]
        every = [step.what[:11] for step in foresee(sight, reloading(everyone=True))]
        assert every == ["nodeos-bp-1", "nodeos-bp-2", "nodeos-bp-0"]
        await reloaded(cluster)
        await reloaded(cluster)
        assert cluster.asked == ["nodeos-bp-2 safely_reload"]

    on(Cluster(), test)


def test_a_spare_is_reloaded_like_a_standby_and_one_that_is_silent_is_told() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.pods["nodeos-bp-0"].reload_pending = cluster.pods["nodeos-bp-2"].reload_pending = True
        await reloaded(cluster)
        assert cluster.asked == ["nodeos-bp-2 safely_reload", "nodeos-bp-0 safely_reload"]
        cluster.pods["nodeos-bp-2"].is_reachable = False
        with pytest.raises(Unreachable, match=r"nodeos-bp-2 is not known: .* Its reload may be pending"):
            await reloaded(cluster)

    on(Cluster(spares=1), test)


def test_nothing_is_reloaded_while_one_does_not_answer() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.lose("nodeos-bp-2")
        cluster.pods["nodeos-bp-1"].reload_pending = True
        with pytest.raises(Unreachable, match="nodeos-bp-2 is not known"):
            await reloaded(cluster)
        assert not cluster.asked

    on(Cluster(), test)


def test_a_backup_is_taken_of_a_standby_and_its_end_is_waited_for() -> None:
    async def test(cluster: Cluster) -> None:
        said = await errands.store(cluster.world(), None, "backup")
        assert said == "nodeos-bp-2: backup is done."
        assert cluster.asked == ["nodeos-bp-2 backup"]

    on(Cluster(), test)


def test_a_backup_is_a_spares_work_where_there_is_one() -> None:
    async def test(cluster: Cluster) -> None:
        assert await errands.store(cluster.world(), None, "backup") == "nodeos-bp-3: backup is done."
        cluster.pods["nodeos-bp-3"].is_reachable = False
        assert await errands.store(cluster.world(), None, "backup") == "nodeos-bp-2: backup is done."

    on(Cluster(count=4, spares=1), test)


def test_a_backup_without_a_standby_that_has_caught_up_says_what_each_lacks() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.pods["nodeos-bp-1"].is_reachable = False
        nodeos = cluster.pods["nodeos-bp-2"].ordinal.manager
        assert nodeos is not None
        await nodeos.superviser.stop()
        with pytest.raises(Unhealthy) as refused:
            await errands.store(cluster.world(), None, "backup")
        assert str(refused.value) == (
            "No standby has caught up. nodeos-bp-1: nodeos-bp-1 does not answer: nobody listens. "
            "nodeos-bp-2: nodeos is stopped. Name the ordinal by --ordinal."
        )
        assert not cluster.asked

    on(Cluster(), test)


def test_a_backup_that_runs_already_is_waited_for_and_another_command_is_not() -> None:
    async def test(cluster: Cluster) -> None:
        await cluster.ask("nodeos-bp-2", "POST", "snapshot", {})
        assert await errands.store(cluster.world(), "nodeos-bp-2", "snapshot") == "nodeos-bp-2: snapshot is done."
        assert cluster.pods["nodeos-bp-2"].stored == ["snapshot"]
        await cluster.ask("nodeos-bp-2", "POST", "reload", {})
        with pytest.raises(Unhealthy, match="reload is running: backup would conflict"):
            await errands.store(cluster.world(), "nodeos-bp-2", "backup")

    on(Cluster(), test)


def test_a_restore_names_what_it_takes_and_the_producer_is_refused() -> None:
    async def test(cluster: Cluster) -> None:
        await errands.restore(cluster.world(), "nodeos-bp-1", "backup", "0000000100")
        await errands.restore(cluster.world(), "nodeos-bp-1", "snapshot", None)
        assert cluster.pods["nodeos-bp-1"].stored == [
            "restore?source=backup&name=0000000100",
            "restore?source=snapshot",
        ]
        with pytest.raises(Unhealthy, match="nodeos-bp-0 has the right to produce"):
            await errands.restore(cluster.world(), "nodeos-bp-0", "snapshot", None)

    on(Cluster(), test)
