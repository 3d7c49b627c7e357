"""`nodeyard status` of what no component's reader knows, of a platform, and of whatever state a pod is in."""

import json
from typing import Any, get_args

import pytest

from ops.status.facts import NOT_READY, Facts, Part, State, worst
from tests.ops.harness import Command, aws_stack, parts, told
from tests.ops.tasks_cluster import NAMESPACE, RELEASE, cron_job, deployment, network, pod, stateful_set, write

STACK = "a-stack"
SHAPE = {"verdict", "parts", "missing", "alarms", "details"}
OF_A_PART = {"part", "state", "where", "runs", "height", "age", "lag", "peers", "disk", "problems", "notes", "details"}


@pytest.fixture(autouse=True)
def deployed(nodeyard: Command) -> None:
    nodeyard.deploy(STACK, **aws_stack(component="beacon_node", namespace=NAMESPACE, release=RELEASE, missing=[]))


def states(nodeyard: Command) -> tuple[int, dict[str, tuple[str, list[str]]]]:
    result = nodeyard("status", STACK, "--json")
    assert result.stdout, result.stderr
    return result.exit_code, {each["part"]: (each["state"], each["problems"]) for each in parts(result)}


def test_a_component_without_a_reader_is_told_by_its_pods(nodeyard: Command) -> None:
    failed = pod("backup-1-abc", "backup", running=False, ready=False)
    failed["status"] = {"phase": "Failed"}
    # Its newest run is the one that counts.
    write(nodeyard, *network("miner-0"), cron_job("backup"), failed, pod("backup-2-abc", "backup"))
    result = nodeyard("status", STACK, "--json")
    assert result.exit_code == 0, result.stderr
    assert set(told(result)) == SHAPE
    assert all(set(each) == OF_A_PART for each in told(result)["parts"])
    assert states(nodeyard)[1] == {"backup": ("healthy", []), "miner-0": ("healthy", [])}


def test_what_is_wrong_with_pods_is_named(nodeyard: Command) -> None:
    failed = pod("backup-1-abc", "backup", running=False, ready=False)
    failed["status"] = {"phase": "Failed"}
    write(
        nodeyard,
        stateful_set("miner-0", replicas=0),
        stateful_set("miner-1"),
        *(stateful_set("miner-2"), pod("miner-2-0", "miner-2", running=False, ready=False)),
        *(stateful_set("miner-3"), pod("miner-3-0", "miner-3", ready=False)),
        *(deployment("a-stack-node", "node", 3), pod("node-0", "node"), pod("node-1", "node")),
        *(cron_job("backup"), failed),
    )
    code, found = states(nodeyard)
    assert code == 1
    assert found == {
        "backup": ("unhealthy", ["its last run failed"]),
        "miner-0": ("unhealthy", ["it is stopped"]),
        "miner-1": ("unhealthy", ["it has no pod"]),
        "miner-2": ("unhealthy", ["its pod is PodInitializing"]),
        "miner-3": ("unhealthy", ["Kubernetes does not hold its pod for ready"]),
        "node": ("healthy", []),
    }


def test_of_a_part_with_too_few_pods_the_first_says_so(nodeyard: Command) -> None:
    write(nodeyard, deployment("a-stack-node", "node", 3), pod("node-0", "node"), pod("node-1", "node"))
    first, second = parts(nodeyard("status", STACK, "--json"))
    assert first["problems"] == ["1 of its 3 pods are not there"]
    assert (second["part"], second["where"]["pod"], second["state"]) == ("node", "node-1", "healthy")


def test_a_disk_that_nobody_can_measure_is_a_note(nodeyard: Command) -> None:
    owner, its = network("miner-0")
    its["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "tmp"}]
    its["spec"]["containers"][0]["volumeMounts"] = [
        {"name": "tmp", "mountPath": "/tmp"},
        {"name": "data", "mountPath": "/data"},
    ]
    write(nodeyard, owner, its)
    (only,) = parts(result := nodeyard("status", STACK, "--json"))
    assert (result.exit_code, only["disk"]) == (0, None)
    assert only["notes"] == ["disk: df did not print what POSIX says."]
    (asked,) = [call for call in nodeyard.calls("kubectl") if call[0] == "exec"]
    assert asked[-4:] == ["df", "-P", "-k", "/data"]


def test_a_pod_that_goes_is_not_asked(nodeyard: Command) -> None:
    owner, its = network("miner-0")
    its["metadata"]["deletionTimestamp"] = "2026-11-30T09:00:00Z"
    its["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    its["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    write(nodeyard, owner, its)
    _, found = states(nodeyard)
    assert found["miner-0"] == ("unhealthy", ["its pod is Terminating"])
    assert not [call for call in nodeyard.calls("kubectl") if call[0] == "exec"]


def test_a_secret_that_was_filled_since_the_last_up_is_not_missing(
    nodeyard: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(nodeyard, *network("miner-0"))
    outputs = aws_stack(component="beacon_node", namespace=NAMESPACE, release=RELEASE)
    secrets = {
        "one": "arn:aws:secretsmanager:r:1:secret:a-stack/one-Abc",
        # Of two whose ids have the name, one is empty.
        "two": "arn:...:a-stack/two-Abc",
        "two_more": "arn:...:a-stack/two/one-Abc",
    }
    names = ("one", "two", "unknown")
    missing = [*(f"the value of the secret a-stack/{name}" for name in names), "an address"]
    nodeyard.deploy(STACK, **outputs, secrets=secrets, missing=missing)

    class Store:
        def filled(self, secret: str) -> bool:
            return "/one" in secret

    monkeypatch.setattr("ops.status.missing.store_of", lambda _: Store())
    result = nodeyard("status", STACK, "--json")
    assert (result.exit_code, told(result)["missing"]) == (1, missing[1:])
    assert "Missing: an address." in nodeyard("status", STACK).stdout


def test_without_a_look_at_the_store_missing_is_what_up_saw(nodeyard: Command) -> None:
    write(nodeyard, *network("miner-0"))
    outputs = aws_stack(component="beacon_node", namespace=NAMESPACE, release=RELEASE)
    outputs["cloud"]["endpoints"] = {"nothing": "https://cloud.invalid"}
    missing = ["the value of the secret a-stack/one"]
    nodeyard.deploy(STACK, **outputs, kubeconfig={}, secrets={"one": "a-stack/one"}, missing=missing)
    result = nodeyard("status", STACK, "--json")
    assert told(result)["missing"] == missing
    assert "What is missing is what the last `up` saw" in json.loads(result.stdout)["notes"][0]


def machine(name: str, ready: str = "True", *taints: str) -> dict[str, Any]:
    return {
        "kind": "Node",
        "metadata": {"name": name, "labels": {"topology.kubernetes.io/zone": "us-east-2a"}},
        "spec": {"taints": [{"key": key, "effect": "NoSchedule"} for key in taints]},
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
            "nodeInfo": {"kubeletVersion": "v1.35.0"},
        },
    }


def add_on(kind: str, name: str, wanted: int, ready: int) -> dict[str, Any]:
    template = {"spec": {"containers": [{"name": "x", "image": "registry.invalid/x:1"}]}}
    is_daemon = kind == "DaemonSet"
    status = {"desiredNumberScheduled": wanted, "numberReady": ready} if is_daemon else {"readyReplicas": ready}
    spec = {"template": template, **({} if is_daemon else {"replicas": wanted})}
    return {"kind": kind, "metadata": {"name": name, "namespace": "kube-system"}, "spec": spec, "status": status}


def test_a_platform_is_its_machines_and_what_runs_on_them_for_everybody(nodeyard: Command) -> None:
    nodeyard.deploy(STACK, **aws_stack(kind="platform", component="platform", platform={}))
    well = [machine("a", "True", "node.metis.io"), add_on("DaemonSet", "csi", 2, 2), add_on("Deployment", "dns", 1, 1)]
    write(nodeyard, *well)
    result = nodeyard("status", STACK, "--json")
    assert result.exit_code == 0, result.stderr
    first, *_ = parts(result)
    assert (first["part"], first["runs"], first["zone"]) == ("a", "v1.35.0", "us-east-2a")
    ill = [
        machine("b", "Unknown", "node.kubernetes.io/unreachable"),
        add_on("DaemonSet", "csi", 2, 1),
        add_on("Deployment", "dns", 2, 0),
    ]
    write(nodeyard, *ill)
    assert states(nodeyard) == (
        1,
        {
            "b": ("unhealthy", ["it is not ready", "it is tainted node.kubernetes.io/unreachable"]),
            "kube-system/csi": ("unhealthy", ["1 of its 2 pods are not ready"]),
            "kube-system/dns": ("unhealthy", ["2 of its 2 pods are not ready"]),
        },
    )


def test_whoever_may_not_look_at_a_platforms_machines_knows_nothing(nodeyard: Command) -> None:
    nodeyard.deploy(STACK, **aws_stack(kind="platform", component="platform", platform={}))
    write(nodeyard, forbidden=["nodes"])
    result = nodeyard("status", STACK)
    assert (result.exit_code, "nodes is forbidden" in result.stderr) == (3, True)


def test_what_is_known_to_be_wrong_counts_more_than_what_is_not_known() -> None:
    found: list[State] = ["healthy", "unreachable", "syncing", "unhealthy"]
    assert [worst(found[:count]) for count in range(1, 5)] == found
    assert set(found) == set(get_args(State))
    part = Part(part="a")
    part.say("unhealthy", "wrong")
    part.say("unreachable", "silent", "wrong")
    assert (part.state, part.problems) == ("unhealthy", ["wrong", "silent"])
    facts = Facts(parts=[Part(part="b")])
    facts.say("unreachable", "nobody knows")
    facts.conclude()
    assert facts.verdict == "unreachable"


def test_a_part_that_catches_up_is_excused_from_being_ready_and_from_nothing_else() -> None:
    part = Part(part="a")
    part.say("unhealthy", NOT_READY)
    part.catches_up("it catches up")
    assert (part.state, part.problems) == ("syncing", ["it catches up"])
    part = Part(part="a")
    part.say("unhealthy", NOT_READY, "it has no peers")
    part.catches_up("it catches up")
    assert (part.state, part.problems) == ("unhealthy", [NOT_READY, "it has no peers", "it catches up"])
