"""`nodeyard versions`: what is pinned, and what of it is in use although its support is over."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nodeyard import pins
from nodeyard.clouds.aws.kubernetes_support import KUBERNETES_SUPPORT
from nodeyard.clouds.contract.kubernetes_support import NOTICE
from ops import versions
from tests.ops.harness import CHECKOUT, Command

READ = date(2026, 11, 30)
ENDS = KUBERNETES_SUPPORT.ends["1.36"]


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, READ)


def on(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setattr(versions, "today", lambda: day)


def project(nodeyard: Command, **stack: Any) -> None:
    (nodeyard.directory / "Pulumi.yaml").write_text("name: ours\nruntime: python\n")
    file = nodeyard.directory / "Pulumi.platform.yaml"
    file.write_text(json.dumps({"config": {"nodeyard:stack": {"kind": "platform", "cloud": "aws", **stack}}}))


def told(nodeyard: Command, *options: str) -> dict[str, Any]:
    result = nodeyard("versions", "--json", *(options or ("-C", str(nodeyard.directory))))
    found: dict[str, Any] = json.loads(result.stdout)
    assert set(found) == {"stack", "result", "problems", "notes"}
    assert bool(found["problems"]) == (result.exit_code == 1), result.output
    return found


def test_the_list_has_all_that_the_code_and_this_projects_stacks_pin(nodeyard: Command) -> None:
    found = told(nodeyard, "-C", str(CHECKOUT))
    listed = {(each["name"], each["version"]) for each in found["result"]}
    assert {(pin.name, pin.version) for _, pin in pins.every()} <= listed
    where = {each["where"] for each in found["result"]}
    assert {"aws", "azure", "gcp", "pins/charts.py"} <= where
    # Every shipped stack's file pins something, but for a card's, which is of another machine.
    shipped = {file.name.split(".")[1] for file in (CHECKOUT / "configs").glob("Pulumi.*.yaml")}
    assert {stack for stack in shipped if not stack.endswith("-card")} <= where
    assert (found["problems"], found["notes"]) == ([], [])


def test_an_image_deep_in_a_file_is_found(nodeyard: Command) -> None:
    project(nodeyard, kubernetesVersion="1.36", systemNodes={"releaseVersion": "1.2.3"}, images={"tools": "a:1"})
    found = {each["name"]: each for each in told(nodeyard)["result"] if each["where"] == "platform"}
    assert set(found) == {"kubernetesVersion", "systemNodes.releaseVersion", "images.tools"}
    assert (found["systemNodes.releaseVersion"]["kind"], found["images.tools"]["version"]) == ("node release", "a:1")


def test_a_kubernetes_that_is_near_its_end_is_noted(nodeyard: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    project(nodeyard, kubernetesVersion="1.36")
    on(monkeypatch, date.fromordinal(ENDS.toordinal() - 1))
    said = told(nodeyard)["notes"]
    assert [note for note in said if note.startswith("platform: Standard support of Kubernetes 1.36 ends on")]


def test_one_that_is_over_is_a_problem_and_an_exit_code(nodeyard: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    project(nodeyard, kubernetesVersion="1.36")
    on(monkeypatch, ENDS)
    said = told(nodeyard)["problems"]
    assert [problem for problem in said if problem.startswith("platform: Standard support of Kubernetes 1.36 ended")]
    result = nodeyard("versions", "-C", str(nodeyard.directory))
    assert (result.exit_code, "ended on" in result.stderr) == (1, True)


def test_a_kubernetes_is_listed_as_long_as_its_cloud_supports_it(
    nodeyard: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_aws() -> set[str]:
        return {each["version"] for each in told(nodeyard)["result"] if each["where"] == "aws"}

    on(monkeypatch, date.fromordinal(ENDS.toordinal() - 1))
    assert "1.36" in of_aws()
    on(monkeypatch, ENDS)
    assert "1.36" not in of_aws()


def test_one_that_left_the_calendar_long_ago_is_over(nodeyard: Command) -> None:
    project(nodeyard, kubernetesVersion="1.20")
    assert told(nodeyard)["problems"]


def test_an_image_of_a_machine_whose_ubuntu_is_over_is_a_problem(
    nodeyard: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(monkeypatch, date(2027, 4, 1))
    assert [problem for problem in told(nodeyard)["problems"] if "Ubuntu HPC on Azure 22.04 ended" in problem]


def test_an_image_of_a_machine_whose_ubuntu_is_near_its_end_is_noted(
    nodeyard: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day, noted in ((date(2027, 4, 1) - NOTICE, 1), (date(2027, 3, 31) - NOTICE, 0)):
        on(monkeypatch, day)
        found = told(nodeyard)
        said = "Standard support of Ubuntu HPC on Azure 22.04 ends on 2027-04-01."
        assert len([note for note in found["notes"] if note.startswith(said)]) == noted
        assert not [problem for problem in found["problems"] if "Ubuntu HPC" in problem]


def test_without_a_project_the_codes_own_are_listed(nodeyard: Command, tmp_path: Path) -> None:
    assert {each["where"] for each in told(nodeyard, "-C", str(tmp_path))["result"]} >= {"pins/images.py"}


def test_a_file_that_is_no_yaml_is_wrong_input(nodeyard: Command) -> None:
    project(nodeyard)
    (nodeyard.directory / "Pulumi.broken.yaml").write_text("config: [")
    result = nodeyard("versions", "-C", str(nodeyard.directory))
    assert (result.exit_code, "A file of the project cannot be read" in result.stderr) == (2, True)
