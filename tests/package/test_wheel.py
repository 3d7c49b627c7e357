"""What is installed with `pip install nodeyard`, and that it works where the checkout is not."""

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from textwrap import dedent

import pytest

from tests.engine.harness import CHECKOUT
from tests.package.conftest import STACK, Built, Environment, Program
from tests.unit.examples import platform, sequencer

PROGRAM = """
    from pathlib import Path
    import nodeyard
    from nodeyard.metis_sequencer import MetisSequencer
    from nodeyard.theta_edge_node import ThetaEdgeNode

    MetisSequencer("metis", {sequencer})
    ThetaEdgeNode("theta", dict(
        network="mainnet",
        image="registry.invalid/edgelauncher@sha256:" + "ab" * 32,
        site=dict(cloud="aws", region="us-east-2"),
        zones=["us-east-2a", "us-east-2b"],
        nodes=dict(edge=dict()),
    ))
    Path("imported").write_text(nodeyard.__file__)
"""


@pytest.fixture(scope="module")
def contents(built: Built) -> set[str]:
    return set(zipfile.ZipFile(built.wheel).namelist())


def test_the_package_takes_one_name_and_no_other(contents: set[str]) -> None:
    names = {path.split("/")[0] for path in contents}
    assert {name for name in names if not name.endswith(".dist-info")} == {"nodeyard"}


def test_everything_that_lies_with_the_components_is_installed(contents: set[str]) -> None:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "components"]
    paths = subprocess.run(listed, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.splitlines()
    files = {path for path in paths if (CHECKOUT / path).is_file()}
    assert len(files) > 100
    assert {path.replace("components", "nodeyard", 1) for path in files} <= contents


def test_each_chart_is_installed_whole_with_the_library_chart_that_it_needs(contents: set[str]) -> None:
    charts = CHECKOUT / "charts"
    files = [Path(root, name) for root, _, names in os.walk(charts, followlinks=True) for name in names]
    assert {f"nodeyard/charts/{file.relative_to(charts)}" for file in files} <= contents
    for chart in charts.glob("*/charts"):
        assert f"nodeyard/charts/{chart.parent.name}/charts/common/Chart.yaml" in contents


def test_a_type_checker_takes_the_packages_types(contents: set[str]) -> None:
    assert "nodeyard/py.typed" in contents


def test_a_build_leaves_nothing_in_the_checkout(built: Built) -> None:
    assert built.left_behind == set()


def test_the_tests_build_with_the_backend_that_the_package_names() -> None:
    required = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert set(required) <= set((CHECKOUT / "requirements-dev.txt").read_text().splitlines())


def test_the_command_without_its_extra_says_in_one_sentence_what_to_install(environment: Environment) -> None:
    command = [environment.directory / "bin/nodeyard", "--help"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "nodeyard: typer is not installed: pip install 'nodeyard[ops]'\n"


def test_the_command_runs_from_the_installed_package(built: Built, tmp_path: Path) -> None:
    """In the tests' own environment, which has what the extra `ops` brings, and not in the checkout."""
    zipfile.ZipFile(built.wheel).extractall(tmp_path)
    program = "import nodeyard; from nodeyard.ops.__main__ import main; print(nodeyard.__file__); main()"
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", program, "theta", "dashboard"]
    said = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout
    imported, dashboard = said.split("\n", 1)
    assert imported == str(tmp_path / "nodeyard/__init__.py")
    assert dashboard == (CHECKOUT / "dashboards/theta-fleet.json").read_text()


def test_a_program_elsewhere_plans_both_components_from_the_installed_package(
    environment: Environment, tmp_path: Path
) -> None:
    runtime = {"name": "python", "options": {"virtualenv": str(environment.directory)}}
    program = Program(tmp_path / "second", {"runtime": runtime})
    arguments = sequencer(platform=json.loads(json.dumps(platform())))
    (program.cwd / "__main__.py").write_text(dedent(PROGRAM).format(sequencer=arguments))
    planned = program.preview(STACK)
    assert (program.cwd / "imported").read_text() == str(environment.package / "__init__.py")
    made = {step["newState"]["type"] for step in planned["steps"]}
    assert {"nodeyard:index:MetisSequencer", "nodeyard:index:ThetaEdgeNode"} <= made
    assert {"aws:autoscaling/group:Group", "aws:eks/nodeGroup:NodeGroup", "kubernetes:helm.sh/v3:Release"} <= made
