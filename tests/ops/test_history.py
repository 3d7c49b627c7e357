"""`nodeyard history`: Pulumi's and Helm's own records, and nothing secret of them."""

import json
from typing import Any

import pytest

from ops.workloads.history.differences import HIDDEN, differences
from tests.ops.harness import Command, aws_stack, told
from tests.ops.tasks_cluster import NAMESPACE, RELEASE, record, write

STACK = "a-stack"


def update(version: int, **config: Any) -> dict[str, Any]:
    """As `pulumi stack history --json` prints one: of a value with a secret in it there is nothing."""
    return {
        "version": version,
        "kind": "update",
        "startTime": "2026-11-30T03:25:09.000Z",
        "message": "Add a miner",
        "environment": {"git.head": "0123456789abcdef"},
        "config": config,
        "result": "succeeded",
        "resourceChanges": {"create": 4, "same": 120, "update": 1},
    }


def plain(value: Any) -> dict[str, Any]:
    return {"value": json.dumps(value), "objectValue": value, "secret": False}


def deploy(nodeyard: Command, *updates: dict[str, Any]) -> None:
    nodeyard.deploy(STACK, **aws_stack(namespace=NAMESPACE, release=RELEASE))
    (nodeyard.directory / f"{STACK}.history").write_text(json.dumps(updates))


def test_the_last_updates_and_what_they_changed(nodeyard: Command) -> None:
    after, before = plain({"miners": 6, "client": "core-geth"}), plain({"miners": 5, "client": "core-geth"})
    secret = {"secret": True}
    deploy(
        nodeyard,
        update(8, **{"nodeyard:stack": after, "nodeyard:secrets": secret}),
        update(7, **{"nodeyard:stack": before, "nodeyard:secrets": secret}),
    )
    nodes = {"miner-0": {"bootstrap": True}}
    write(
        nodeyard,
        record(9, nodes=nodes),
        record(10, nodes={**nodes, "miner-5": {"bootstrap": False}}, explorer={"environment": {"DB": "hunter2"}}),
    )
    shown = nodeyard("history", STACK)
    assert shown.exit_code == 0, shown.stderr
    rows = [line.split() for line in shown.stdout.splitlines() if line.strip()]
    assert ["8", "update", "succeeded", "2026-11-30", "03:25", "4", "create,", "1", "update", "0123456789"] in [
        row[:10] for row in rows
    ]
    assert ["nodeyard:stack.miners", "5", "6"] in rows
    assert ["nodes.miner-5.bootstrap", "False"] in rows
    assert ["explorer.environment.DB", HIDDEN] in rows
    assert "hunter2" not in shown.output
    found = told(nodeyard("history", STACK, "--json"))
    assert [each["revision"] for each in found["releases"]] == [10, 9]
    assert [each["version"] for each in found["updates"]] == [8, 7]
    assert {type(each["at"]) for each in (*found["updates"], *found["releases"])} == {float}


def test_of_a_part_the_values_are_told_whose_path_names_it(nodeyard: Command) -> None:
    after, before = ({"images": {"themis": tag, "l2geth": tag}, "themis": {"diskGib": tag}} for tag in ("2", "1"))
    deploy(nodeyard, update(2, **{"nodeyard:stack": plain(after)}), update(1, **{"nodeyard:stack": plain(before)}))
    write(nodeyard, record(1, themis={"claim": "a"}, l2geth={"claim": "a"}), record(2, themis={"claim": "b"}))
    found = told(nodeyard("history", STACK, "themis", "--json"))
    paths = ["nodeyard:stack.images.themis", "nodeyard:stack.themis.diskGib"]
    assert [each["path"] for each in found["configuration"]] == paths
    assert [[change["path"] for change in each["changes"]] for each in found["releases"]] == [["themis.claim"], []]
    assert len(found["updates"]) == 2


def test_whoever_may_not_read_secrets_sees_pulumis_part(nodeyard: Command) -> None:
    deploy(nodeyard, update(1))
    write(nodeyard, forbidden=["secrets"])
    shown = nodeyard("history", STACK)
    assert (shown.exit_code, "succeeded" in shown.stdout) == (0, True)
    assert "Helm's records: kubectl get secrets failed" in shown.stderr
    programs = nodeyard("history", STACK, "--json")
    assert "Helm's records: kubectl get secrets failed" in json.loads(programs.stdout)["notes"][0]
    assert programs.stderr == "", "a note is said once"


def test_a_stack_without_a_release_has_a_history_too(nodeyard: Command) -> None:
    deploy(nodeyard, update(1))
    nodeyard.deploy(STACK, **aws_stack(platform={}))
    shown = nodeyard("history", STACK)
    assert (shown.exit_code, nodeyard.calls("kubectl")) == (0, [])


@pytest.mark.parametrize(
    ("history", "record_", "said"),
    [
        ("{}", None, "pulumi did not answer with the history"),
        ('[{"kind": "update"}]', None, "did not print what it documents"),
        ("[]", {"data": {"release": "bm90IGd6aXA="}}, "are not what Helm writes"),
    ],
)
def test_records_that_cannot_be_read(
    nodeyard: Command, history: str, record_: dict[str, Any] | None, said: str
) -> None:
    deploy(nodeyard)
    (nodeyard.directory / f"{STACK}.history").write_text(history)
    write(nodeyard, *([record(1) | record_] if record_ else []))
    shown = nodeyard("history", STACK)
    assert said in shown.stderr, shown.output


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a.b", "1", "2")]),
        ({"a": [1, 2]}, {"a": [1]}, [("a.1", "2", "")]),
        ({}, {"a": list("0123456789x")}, [(f"a.{place}", "", each) for place, each in enumerate("0123456789x")]),
        ({"a": 1}, {"a": 1}, []),
        ({"apiKey": "x"}, {"apiKey": "y"}, [("apiKey", HIDDEN, HIDDEN)]),
        ({"password": {"of": "x"}}, {}, [("password.of", HIDDEN, "")]),
        ({"url": "https://u:p@host/"}, {"url": "https://host/"}, [("url", HIDDEN, "https://host/")]),
        ({"url": "https://rpc.invalid/v3/0123456789abcdef0123"}, {}, [("url", HIDDEN, "")]),
        (
            {"url": "s3://a-bucket-of-backups-123456789012?region=eu-central-1"},
            {},
            [("url", "s3://a-bucket-of-backups-123456789012?region=eu-central-1", "")],
        ),
        ({"text": "a\nb"}, {"text": ""}, [("text", "[3 characters in 2 lines]", "")]),
    ],
)
def test_differences_hide_what_may_be_a_secret(before: Any, after: Any, shown: list[tuple[str, str, str]]) -> None:
    assert [(each.path, each.before, each.after) for each in differences(before, after)] == shown
