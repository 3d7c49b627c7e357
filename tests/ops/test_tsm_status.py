"""`nodeyard status` of a TSM node: every way in which an instance can answer, at addresses and through a cluster."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeyard.tsm_node import config
from ops import tsm_management
from ops.reach import Answer
from ops.status.readers.tsm_node import warn_of_plain
from tests.ops.harness import Command, alive, aws_stack, eventually, parts, told
from tests.ops.tasks_cluster import NAMESPACE, RELEASE, deployment, pod, write
from tests.ops.tsm_nodes import EXPVAR, KEY, PROMETHEUS, TsmNode, dripping, refused, silent

QUICK = ("--timeout", "5")
IMPATIENT = ("--timeout", "0.5")
HEALTH, METRICS = "/management/health", "/management/metrics"


@pytest.fixture
def tsm() -> Iterator[TsmNode]:
    node = TsmNode()
    with node.serving():
        yield node


@pytest.fixture
def key(nodeyard: Command) -> Path:
    file = nodeyard.directory / "key"
    file.write_text(f"{KEY}\n")
    return file


def at(node: TsmNode, key: Path) -> list[str]:
    places = ["--at", f"sdk={node.sdk}", "--at", f"management={node.management}", "--key-file", str(key)]
    return ["status", *places, *QUICK]


def report(nodeyard: Command, *arguments: str) -> tuple[dict[str, Any], int]:
    result = nodeyard(*arguments, "--json")
    assert result.stdout, result.stderr
    (only,) = parts(result)
    return only, result.exit_code


def test_a_healthy_instance(nodeyard: Command, tsm: TsmNode, key: Path) -> None:
    found, code = report(nodeyard, *at(tsm, key))
    assert code == 0
    assert found["details"] == {
        "health": {"some": "thing"},
        "info": None,
        "memory": 52428800.0,
        "goroutines": 42.0,
        "started": 1.7e9,
        "metrics": {},
    }
    told_of_all = {"part": tsm.sdk, "state": "healthy", "problems": [], "notes": []}
    assert {name: found[name] for name in told_of_all} == told_of_all


def test_it_is_asked_as_documented_and_nothing_else(nodeyard: Command, tsm: TsmNode, key: Path) -> None:
    report(nodeyard, *at(tsm, key))
    assert sorted(tsm.asked) == [("management", HEALTH), ("management", METRICS), ("sdk", "/ping")]


def test_without_a_key_only_the_ping_is_asked(nodeyard: Command, tsm: TsmNode) -> None:
    found, code = report(nodeyard, "status", "--at", f"sdk={tsm.sdk}")
    assert (code, found["state"], found["health"], tsm.asked) == (0, "healthy", None, [("sdk", "/ping")])


def test_a_table_for_people(nodeyard: Command, tsm: TsmNode, key: Path) -> None:
    row = next(line for line in nodeyard(*at(tsm, key)).stdout.splitlines() if " healthy " in line)
    assert row.split()[:3] == [tsm.sdk, "healthy", tsm.sdk]
    assert {"50", "42"} <= set(row.split())
    assert '{"some": "thing"}' in row


def test_what_tsminfo_is_for_is_read_at_the_path_that_is_given(nodeyard: Command, tsm: TsmNode, key: Path) -> None:
    tsm.raw["/management/what-it-is"] = '{"version": "72.0.0", "players": 3}'
    found, code = report(nodeyard, *at(tsm, key), "--info", "/management/what-it-is")
    assert (code, found["info"]) == (0, {"version": "72.0.0", "players": 3})


@pytest.mark.parametrize(("status", "said"), [(403, "not authorised (HTTP 403)"), (404, "not found (HTTP 404)")])
def test_a_key_that_may_read_no_info_and_no_metrics_is_no_fault(
    nodeyard: Command, tsm: TsmNode, key: Path, status: int, said: str
) -> None:
    tsm.statuses = {METRICS: status, "/management/info": status}
    found, code = report(nodeyard, *at(tsm, key), "--info", "/management/info")
    assert (code, found["state"], found["problems"]) == (0, "healthy", [])
    assert [note.partition(":")[0] for note in found["notes"]] == ["metrics", "TSMINFO"]
    assert all(said in note for note in found["notes"])


def test_metrics_are_shown_by_name(nodeyard: Command, tsm: TsmNode, key: Path) -> None:
    found, _ = report(nodeyard, *at(tsm, key), "--metric", "sessions", "--metric", "no_such")
    assert found["metrics"] == {
        'sessions{protocol="DKLS23",state="open"}': 3.0,
        'sessions{protocol="a } b",state="closed"}': None,
    }


def test_go_s_own_format_is_read_without_the_command_line_in_it(nodeyard: Command, tsm: TsmNode, key: Path) -> None:
    tsm.metrics = json.dumps(EXPVAR)
    arguments = [*at(tsm, key), "--metric", "mpc.sessions", "--metric", "mpc.open", "--metric", "cmdline"]
    found, code = report(nodeyard, *arguments)
    assert (code, found["memory"], found["goroutines"]) == (0, 104857600.0, None)
    assert found["metrics"] == {"mpc.sessions": 7.0}
    assert "--secret" not in json.dumps(found)


def test_a_number_that_is_too_large_is_not_known(nodeyard: Command, tsm: TsmNode, key: Path) -> None:
    tsm.metrics = json.dumps({"memstats": {"Sys": 10**400}})
    found, code = report(nodeyard, *at(tsm, key))
    assert (code, found["memory"]) == (0, None)


def test_a_slow_node_is_waited_for(nodeyard: Command, tsm: TsmNode, key: Path) -> None:
    tsm.delays = {"/ping": 0.3, HEALTH: 0.3}
    assert report(nodeyard, *at(tsm, key))[1] == 0


@pytest.mark.parametrize(("path", "port"), [("/ping", "SDK port"), (HEALTH, "management port")])
def test_a_node_slower_than_the_limit(nodeyard: Command, tsm: TsmNode, key: Path, path: str, port: str) -> None:
    tsm.delays = {path: 5}
    found, code = report(nodeyard, *at(tsm, key), *IMPATIENT)
    assert (code, found["state"]) == (1, "unhealthy")
    assert found["problems"] == [f"{port}: no answer in 0.5 seconds"]


def test_one_that_accepts_and_never_answers_is_given_up(nodeyard: Command, key: Path) -> None:
    with silent() as sdk, silent() as management:
        began = time.monotonic()
        found, code = report(nodeyard, *at(TsmNode(sdk, management), key), *IMPATIENT)
        assert time.monotonic() - began < 20
    assert code == 1
    assert found["problems"] == [f"{port} port: no answer in 0.5 seconds" for port in ("SDK", "management")]


def test_one_whose_answer_never_ends_is_given_up(nodeyard: Command, key: Path) -> None:
    with dripping() as sdk:
        began = time.monotonic()
        found, code = report(nodeyard, "status", "--at", f"sdk={sdk}", *IMPATIENT)
        assert time.monotonic() - began < 20
    assert (code, found["problems"]) == (1, ["SDK port: no answer in 0.5 seconds"])


def test_nobody_listens(nodeyard: Command, key: Path) -> None:
    found, code = report(nodeyard, *at(TsmNode(refused(), refused()), key))
    assert (code, found["state"]) == (3, "unreachable")
    assert found["problems"][0].startswith("nobody is reached at http://127.0.0.1:")


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_may_not_read_the_health(nodeyard: Command, tsm: TsmNode, key: Path, status: int) -> None:
    tsm.statuses = {HEALTH: status}
    found, code = report(nodeyard, *at(tsm, key))
    assert (code, found["health"]) == (1, None)
    (problem,) = found["problems"]
    assert problem.startswith(f"health: not authorised (HTTP {status})")


def test_a_wrong_key_is_refused_and_never_shown(nodeyard: Command, tsm: TsmNode, key: Path) -> None:
    key.write_text("another-key")
    result = nodeyard(*at(tsm, key))
    assert result.exit_code == 1
    assert "not authorised (HTTP 401)" in result.stdout
    assert "another-key" not in result.output


@pytest.mark.parametrize(
    ("path", "status", "raw", "said"),
    [
        ("/ping", 200, "<html>Welcome</html>", "ping: the answer is a page, so something else answers there"),
        ("/ping", 503, "", "ping: HTTP 503"),
        (HEALTH, 200, "<html>Bad gateway</html>", "health: the answer is not JSON"),
        (HEALTH, 200, "[]", "health: the answer is not a JSON object"),
        (HEALTH, 200, '{"a": NaN}', "health: the answer is not JSON"),
        (HEALTH, 200, '{"a": 1e999}', "health: the answer is not JSON"),
        (HEALTH, 200, "[" * 100_000, "health: the answer is not JSON"),
        (HEALTH, 404, "", "health: not found (HTTP 404)"),
        (HEALTH, 307, "", "health: HTTP 307"),
        (HEALTH, 500, '{"code": "E7", "message": "no database"}', "health: HTTP 500: E7 no database"),
        (HEALTH, 500, "[" * 100_000, "health: HTTP 500"),
        (METRICS, 200, "<html>", "metrics: the answer is neither Prometheus' text nor expvar's JSON"),
        (METRICS, 200, "{", "metrics: the answer is neither Prometheus' text nor expvar's JSON"),
        (METRICS, 200, "go_goroutines many", "metrics: the answer is neither Prometheus' text nor expvar's JSON"),
        (METRICS, 200, "# nothing\n", "metrics: the answer holds no metric"),
        (METRICS, 200, " " * (5 * 1024 * 1024), "management port: more than 4194304 bytes, which is no answer"),
    ],
)
def test_a_wrong_answer_is_named(
    nodeyard: Command, tsm: TsmNode, key: Path, path: str, status: int, raw: str, said: str
) -> None:
    tsm.statuses, tsm.raw = {path: status}, {path: raw}
    found, code = report(nodeyard, *at(tsm, key))
    assert (code, found["state"], found["problems"]) == (1, "unhealthy", [said])


def test_a_redirect_is_not_followed_with_the_key(nodeyard: Command, tsm: TsmNode, key: Path) -> None:
    tsm.statuses = {HEALTH: 307}
    report(nodeyard, *at(tsm, key))
    assert "/elsewhere" not in [path for _, path in tsm.asked]


def test_what_a_node_says_does_not_reach_the_terminal_raw(nodeyard: Command, tsm: TsmNode, key: Path) -> None:
    tsm.statuses = {HEALTH: 500}
    tsm.raw = {HEALTH: json.dumps({"message": "\x1b]0;owned\x07[red]x[/red]"})}
    output = nodeyard(*at(tsm, key)).output
    assert "\x1b" not in output
    assert "[red]x[/red]" in output


def test_the_environments_proxy_is_not_for_a_node(nodeyard: Command, tsm: TsmNode, key: Path) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        nodeyard.monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert report(nodeyard, *at(tsm, key))[1] == 0


def test_half_of_the_players_are_missing(nodeyard: Command, key: Path) -> None:
    up = [TsmNode(), TsmNode()]
    with ExitStack() as held:
        for node in up:
            held.enter_context(node.serving())
        players = [up[0], TsmNode(refused(), refused()), up[1], TsmNode(refused(), refused())]
        places = [
            word for each in players for word in ("--at", f"sdk={each.sdk}", "--at", f"management={each.management}")
        ]
        result = nodeyard("status", *places, "--key-file", str(key), *QUICK, "--json")
    assert result.exit_code == 3
    assert [each["state"] for each in parts(result)] == ["healthy", "unreachable"] * 2
    assert "2 healthy, 2 unreachable." in result.stderr


def test_each_player_has_its_own_key(nodeyard: Command, tsm: TsmNode, key: Path) -> None:
    (other := nodeyard.directory / "other").write_text("the-second-players")
    result = nodeyard(*at(tsm, key), *at(tsm, other)[1:], "--json")
    assert [each["state"] for each in parts(result)] == ["healthy", "unhealthy"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Give a stack, or addresses by --at NAME=URL."),
        (["--at", "management=http://10.0.1.5"], "Of TSM nodes give each sdk"),
        (["--at", "sdk=10.0.0.1:8080"], "--at sdk must be a URL such as"),
        (["--at", "sdk=http://10.0.0.1/tsm0"], "--at sdk must be a URL without a path, such as http://10.0.1.5:8080."),
        (["--at", "sdk=http://10.0.1.5:sdk"], "--at sdk: Invalid port"),
        (["--at", "sdk=http://hunter2@10.0.0.1"], "--at sdk must hold no user, password or key"),
        (["--at", "sdk=http://10.0.0.1", "--at", "edgecore=http://10.0.0.1"], "No component has edgecore, sdk to ask."),
        (["--at", "sdk=http://10.0.0.1", "--metric", "x"], "--info and --metric need --key-file."),
        (["--at", "sdk=http://10.0.0.1", "--at", "management=http://10.0.0.1"], "need each other"),
        (["--at", "sdk=http://10.0.0.1", "--at", "management=http://a", "--at", "management=http://b"], "as many"),
    ],
)
def test_wrong_input(nodeyard: Command, arguments: list[str], said: str) -> None:
    result = nodeyard("status", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "hunter2" not in result.output


@pytest.mark.parametrize("content", ["two\nlines", "caf\N{LATIN SMALL LETTER E WITH ACUTE}", " spaced"])
def test_a_file_that_holds_no_key(nodeyard: Command, tsm: TsmNode, key: Path, content: str) -> None:
    key.write_text(content)
    result = nodeyard(*at(tsm, key))
    assert (result.exit_code, "holds no API key" in result.stderr) == (2, True)
    assert content not in result.output
    assert tsm.asked == []


def test_an_info_path_stays_on_the_node(nodeyard: Command, tsm: TsmNode, key: Path) -> None:
    result = nodeyard(*at(tsm, key), "--info", "@elsewhere.invalid/x")
    assert (result.exit_code, "--info is a path" in result.stderr) == (2, True)


def test_a_key_in_clear_is_told(nodeyard: Command, key: Path) -> None:
    nodeyard.monkeypatch.setattr("ops.output.note", (said := []).append)
    warn_of_plain(["https://10.0.0.1:14401", "http://127.0.0.1:14401"])
    assert said == []
    warn_of_plain(["https://10.0.0.1:14401", "http://10.0.0.2:14401"])
    assert said == ["The API key goes to 10.0.0.2 unencrypted: the address is http."]


CHART = "tsm-node"
PODS = ("tsm0-node-a", "tsm0-node-b")


@pytest.fixture
def cluster(nodeyard: Command, tsm: TsmNode) -> Command:
    """A stack whose player has two instances, and kubectl, which really forwards to one node."""
    nodeyard.deploy("tsm", **aws_stack(component="tsm_node", namespace=NAMESPACE, release=RELEASE, missing=[]))
    instances(nodeyard, tsm)
    return nodeyard


def instances(nodeyard: Command, tsm: TsmNode, reached: Sequence[str] = PODS, ready: bool = True) -> None:
    near = {"8080": int(tsm.sdk.rpartition(":")[2]), "14401": int(tsm.management.rpartition(":")[2])}
    objects = [pod(name, "node", chart=CHART, ready=ready) for name in PODS]
    owner = deployment("tsm0-node", "node", 2, chart=CHART)
    write(nodeyard, owner, *objects, ports=dict.fromkeys(reached, near))


def test_every_pod_of_a_stack_is_asked_through_kubectl(cluster: Command, tsm: TsmNode, key: Path) -> None:
    result = cluster("status", "tsm", "--key-file", str(key), "--json")
    assert result.exit_code == 0, result.output
    found = [(each["part"], each["where"]["pod"], each["state"]) for each in parts(result)]
    assert found == [("node", name, "healthy") for name in PODS]
    assert sorted(tsm.asked) == sorted([("management", HEALTH), ("management", METRICS), ("sdk", "/ping")] * 2)
    assert cluster.pids()
    assert eventually(lambda: not any(alive(each) for each in cluster.pids()))


def test_without_a_key_the_management_port_is_not_forwarded(cluster: Command) -> None:
    assert cluster("status", "tsm").exit_code == 0
    forwards = [call for call in cluster.calls("kubectl") if call[0] == "port-forward" and call[1].startswith("pod/")]
    assert [[pair.rpartition(":")[2] for pair in call[6:]] for call in forwards] == [["8080"]] * 2


def test_a_pod_that_is_not_ready_and_one_that_kubectl_does_not_reach(cluster: Command, tsm: TsmNode) -> None:
    instances(cluster, tsm, reached=PODS[:1], ready=False)
    first, second = parts(result := cluster("status", "tsm", "--json"))
    assert (result.exit_code, first["problems"]) == (1, ["Kubernetes does not hold its pod for ready"])
    assert "unable to forward" in second["problems"][1]
    instances(cluster, tsm, reached=PODS[:1])
    result = cluster("status", "tsm", "--json")
    assert (result.exit_code, [each["state"] for each in parts(result)]) == (3, ["healthy", "unreachable"])


def test_a_player_whose_instances_wait_for_the_others_says_for_whom(cluster: Command) -> None:
    missing = ["the card of player 1", "the card of player 2"]
    cluster.deploy("tsm", **aws_stack(component="tsm_node", namespace=NAMESPACE, release=RELEASE, missing=missing))
    write(cluster, deployment("tsm0-node", "node", 0, chart=CHART))
    result = cluster("status", "tsm", "--json")
    assert (result.exit_code, told(result)["missing"]) == (1, missing)
    assert told(result)["verdict"] == "unhealthy"
    (only,) = parts(result)
    assert (only["part"], only["problems"]) == ("node", ["it is stopped"])


def test_every_player_of_a_network_is_asked(nodeyard: Command, tsm: TsmNode) -> None:
    nodeyard.deploy("tsm", **aws_stack(component="tsm_network", releases={"tsm-0": NAMESPACE, "tsm-1": NAMESPACE}))
    near = {"8080": int(tsm.sdk.rpartition(":")[2])}
    objects = [
        each
        for player in ("tsm-0", "tsm-1")
        for each in (
            deployment(f"{player}-node", "node", release=player, chart=CHART),
            pod(f"{player}-node-a", "node", release=player, chart=CHART),
        )
    ]
    write(nodeyard, *objects, ports={"tsm-0-node-a": near, "tsm-1-node-a": near})
    found = [(each["part"], each["state"]) for each in parts(nodeyard("status", "tsm", "--json"))]
    assert found == [("tsm-0-node", "healthy"), ("tsm-1-node", "healthy")]
    assert tsm.asked == [("sdk", "/ping")] * 2


names = st.from_regex(r"[a-z_:][a-z0-9_:]{0,9}", fullmatch=True)
labels = st.text(st.characters(blacklist_characters='"\\\n'), max_size=9)
numbers = st.floats(allow_nan=False)


@given(st.dictionaries(st.tuples(names, labels), numbers, min_size=1), st.lists(st.sampled_from(["", "# HELP x y"])))
def test_every_sample_that_prometheus_writes_is_read(found: dict[tuple[str, str], float], between: list[str]) -> None:
    series = {f'{name}{{label="{label}"}}': value for (name, label), value in found.items()}
    text = "\n".join([*between, *(f"{each} {value!r} 1700000000000" for each, value in series.items())])
    assert tsm_management.samples(text) == series


@given(st.text(), st.integers(100, 599))
def test_no_answer_whatever_breaks_the_report(text: str, status: int) -> None:
    answer = Answer(status, text)
    made = tsm_management.report("n", tsm_management.Answers(answer, answer, answer, answer), ["a", "a.b"])
    if status != 200:
        assert made.state == "unhealthy"
    json.dumps(made.model_dump(), allow_nan=False)


def test_the_ports_are_those_that_the_component_gives_its_node() -> None:
    assert (tsm_management.SDK_PORT, tsm_management.MANAGEMENT_PORT) == (config.SDK_PORT, config.MANAGEMENT_PORT)


def test_the_documented_sample_is_read() -> None:
    assert tsm_management.samples(PROMETHEUS)["go_goroutines"] == 42
