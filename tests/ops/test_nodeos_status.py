"""What `nodeyard status` sees of pods, volumes, nodes, templates and the Lease, and how it judges that."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ops.errors import Failure, Unhealthy, Unreachable
from ops.nodeos.kubernetes import Kubectl
from ops.nodeos.sight import Sight
from ops.nodeos.status import Report, facts
from ops.status.facts import Facts
from ops.status.show import judge, show
from tests.ops.nodeos_cluster import LEASE, NAMESPACE, NEW, Cluster
from tests.services.nodeos_manager.simulation.loop import simulated

TAINT = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}
POOL = {"key": "nodeyard.io/pool", "effect": "NoSchedule"}


def sight(change: Callable[[Cluster], None] = lambda _: None, after: float = 2.0, **cluster: Any) -> Sight:
    """What is seen of a cluster of three, so many seconds after something has changed."""

    async def run() -> Sight:
        made = Cluster(**cluster)
        await made.start()
        change(made)
        await asyncio.sleep(after)
        seen = await made.world().look()
        made.end()
        return seen

    return simulated(run())


def report(seen: Sight) -> Report:
    return Report(seen)


def told(seen: Sight, missing: Sequence[str] = ()) -> Facts:
    found = facts(report(seen))
    found.missing = list(missing)
    found.conclude()
    return found


def problems(seen: Sight, name: str = "nodeos-bp-1") -> list[str]:
    return report(seen).of(seen.ordinals[name])


def state(seen: Sight, name: str) -> str:
    return next(each.state for each in told(seen).parts if each.part == name)


def code(seen: Sight, missing: Sequence[str] = ()) -> int:
    try:
        judge("nodeos-jungle", told(seen, missing))
    except Failure as failure:
        return failure.exit_code
    return 0


def test_a_cluster_that_is_well() -> None:
    seen = sight()
    assert [problems(seen, name) for name in seen.ordinals] == [[], [], []]
    assert (report(seen).together(), code(seen)) == ([], 0)


def waiting(cluster: Cluster) -> None:
    """Its pod was made anew on another node, and the volume is still at the old one."""
    cluster.lose("nodeos-bp-1")
    pod = cluster.pods["nodeos-bp-1"]
    pod.waiting, pod.node, pod.uid = "ContainerCreating", "node-9", "uid-9"
    cluster.nodes["node-9"] = {**cluster.nodes["node-0"], "metadata": {"name": "node-9"}}
    cluster.attachments = [attachment("pv-nodeos-bp-1", "node-1"), attachment("pv-nodeos-bp-0", "node-0")]
    cluster.events = [
        event("uid-9", "FailedAttachVolume", "Multi-Attach error\nfor volume"),
        event("uid-8", "Other", ""),
    ]


def attachment(volume: str, node: str, **status: Any) -> dict[str, Any]:
    spec = {"nodeName": node, "source": {"persistentVolumeName": volume}}
    return {"kind": "VolumeAttachment", "metadata": {"name": f"csi-{volume}"}, "spec": spec, "status": status}


def event(uid: str, reason: str, message: str = "") -> dict[str, Any]:
    of = {"kind": "Pod", "uid": uid}
    return {"kind": "Event", "metadata": {"name": uid}, "involvedObject": of, "reason": reason, "message": message}


def test_a_pod_that_waits_for_its_volume_says_where_it_is() -> None:
    seen = sight(waiting)
    assert problems(seen) == [
        "its pod does not run",
        "it waits for its volume pv-nodeos-bp-1, which is attached to node node-1",
        "FailedAttachVolume: Multi-Attach error for volume",
    ]
    assert (seen.ordinals["nodeos-bp-1"].pod or seen).phase == "ContainerCreating"  # type: ignore[union-attr]
    assert code(seen) == 1


def test_a_volume_that_does_not_attach_says_why() -> None:
    def change(cluster: Cluster) -> None:
        waiting(cluster)
        error = {"message": "rpc error: the disk is in another zone"}
        cluster.attachments = [attachment("pv-nodeos-bp-1", "node-9", attached=False, attachError=error)]

    found = problems(sight(change))
    assert (
        "it waits for its volume pv-nodeos-bp-1, which does not attach: rpc error: the disk is in another zone" in found
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda each: each.nodes["node-1"]["spec"].update(taints=[TAINT]),
            ["node node-1 is tainted node.kubernetes.io/unreachable"],
        ),
        (
            lambda each: each.nodes["node-1"]["spec"].update(unschedulable=True),
            ["node node-1 is tainted node.kubernetes.io/unschedulable"],
        ),
        (
            lambda each: each.nodes["node-1"]["spec"].update(taints=[POOL]),
            [],
        ),
        (lambda each: each.nodes.pop("node-1"), ["its node node-1 is gone"]),
        (
            lambda each: each.nodes["node-1"]["status"].update(conditions=[{"type": "Ready", "status": "Unknown"}]),
            ["node node-1 is not ready: nobody knows what runs on it"],
        ),
        (
            lambda each: setattr(each.pods["nodeos-bp-1"], "is_reachable", False),
            ["nodeos-bp-1 does not answer: nobody listens."],
        ),
        (lambda each: setattr(each.pods["nodeos-bp-1"], "is_there", False), ["its pod does not run", "it has no pod"]),
        (
            lambda each: setattr(each.pods["nodeos-bp-1"], "template", NEW),
            ["a restart is pending: it runs registry.invalid/nodeos:1, the template has registry.invalid/nodeos:2"],
        ),
    ],
)
def test_what_is_wrong_with_one(change: Callable[[Cluster], None], said: list[str]) -> None:
    seen = sight(change)
    assert problems(seen) == said
    assert code(seen) == (0 if not said else 3 if said[0].startswith("nodeos-bp-1 does not answer") else 1)


def test_a_template_that_changed_in_something_else_is_a_restart_pending(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(cluster: Cluster) -> None:
        items = cluster._items

        def changed(kinds: str) -> list[dict[str, Any]]:
            found = items(kinds)
            for each in found:
                if each["kind"] == "StatefulSet":
                    each["status"]["updateRevision"] = "another"
            return found

        monkeypatch.setattr(cluster, "_items", changed)

    assert problems(sight(change)) == ["a restart is pending: the template of its pod has changed"]


def test_two_that_may_produce_are_named() -> None:
    def change(cluster: Cluster) -> None:
        manager = cluster.pods["nodeos-bp-1"].ordinal.manager
        assert manager is not None
        manager.production._resumed = manager.superviser.running()

    # The manager's own fence ends it within a second.
    seen = sight(change, after=0.0)
    assert report(seen).together() == [
        "2 ordinals may produce: nodeos-bp-0, nodeos-bp-1. Two that sign for one slot harm the chain"
    ]
    assert code(seen) == 1


def test_nobody_that_produces_is_a_problem_unless_one_could_not_be_asked() -> None:
    def silent(cluster: Cluster) -> None:
        cluster.pods["nodeos-bp-0"].is_reachable = False

    def resting(cluster: Cluster) -> None:
        nodeos = cluster.pods["nodeos-bp-0"].ordinal.manager
        assert nodeos is not None
        nodeos.commands.append(asyncio.create_task(nodeos.keeper.give_up(60.0)))

    unknown, paused = sight(silent), sight(resting, producers=1)
    assert report(unknown).together() == ["nobody produces, of those that answer"]
    assert (code(unknown), code(paused)) == (3, 1)
    assert "nobody produces, of those that answer" in report(paused).together()


def test_a_spare_is_told_as_one_and_nobody_misses_its_standing(capsys: pytest.CaptureFixture[str]) -> None:
    seen = sight(spares=1)
    assert (problems(seen, "nodeos-bp-2"), report(seen).together(), code(seen)) == ([], [], 0)
    assert [each.details["mayProduce"] for each in told(seen).parts] == [True, True, False]
    show("nodeos-jungle", told(seen), json=False)
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "nodeos-bp-2" in line]
    assert "never: a spare" in row


def test_a_spare_that_does_not_answer_is_no_producer_that_nobody_knows_of() -> None:
    seen = sight(lambda each: setattr(each.pods["nodeos-bp-2"], "is_reachable", False), spares=1)
    assert (seen.unknown, state(seen, "nodeos-bp-2"), code(seen)) == ([], "unreachable", 3)


def test_a_spare_that_the_lease_names_is_told() -> None:
    def demote(cluster: Cluster) -> None:
        ordinal = cluster.pods["nodeos-bp-0"].ordinal
        ordinal.kill()
        ordinal.is_spare = cluster.pods["nodeos-bp-0"].is_spare = True
        ordinal.restore()
        ordinal.start()

    found = report(sight(demote)).together()
    assert "nodeos-bp-0 has the right to produce, and is a spare" in found


def test_what_the_stack_says_is_missing_is_a_problem() -> None:
    assert code(sight(), ["signatureProviders holds no value"]) == 1


def test_who_may_not_look_at_nodes_is_told_so_and_sees_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    seen = sight(lambda each: each.forbidden.update(["nodes", "volumeattachments"]))
    assert code(seen) == 0
    show("nodeos-jungle", told(seen), json=False)
    said = capsys.readouterr()
    assert "Not known: nodes: kubectl get nodes failed: Error from server (Forbidden)" in said.err
    assert "nodeos-bp-0 holds the right to produce (manual)." in said.out


@pytest.mark.parametrize("printed", ["no JSON", "[]", '{"items": [7]}', '{"items": {}}'])
def test_a_kubectl_that_prints_something_else_is_no_answer(printed: str) -> None:
    async def run(_: Any) -> str:
        return printed

    with pytest.raises(Unreachable, match="kubectl get did not print"):
        asyncio.run(Kubectl(NAMESPACE, {"nodeos-bp-0": "nodeos-bp-0-0"}, LEASE, run).look())


def test_the_table_and_the_json_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    seen = sight(savanna=True)
    show("nodeos-jungle", told(seen), json=True)
    found = json.loads(capsys.readouterr().out)["result"]
    show("nodeos-jungle", told(seen), json=False)
    table = capsys.readouterr().out
    for each in found["parts"]:
        row = next(line for line in table.splitlines() if each["part"] in line)
        assert str(each["height"]) in row
        assert each["height"] == each["details"]["manager"]["head"]["number"]
        assert ("not active" in row) == (each["details"]["manager"]["finalizer"]["active"] is False)
    assert found["details"]["holder"] == "nodeos-bp-0"


def test_it_ends_with_how_many_are_well() -> None:
    seen = sight(lambda each: setattr(each.pods["nodeos-bp-2"], "template", NEW))
    with pytest.raises(Unhealthy, match="2 healthy, 1 unhealthy"):
        judge("nodeos-jungle", told(seen))
