"""A chart's version moves with its content, and a version that moves rolls nothing. The library charts that it includes
are copies."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.charts.harness import CHARTS, helm, of_every_sample, parsed
from tools.charts import every_chart, libraries, versions
from tools.charts.__main__ import problems, write

CHART = "theta-edge-node"


@pytest.fixture
def charts(tmp_path: Path) -> Path:
    """A chart and the library that it includes."""
    for name in ("common", CHART):
        shutil.copytree(CHARTS / name, tmp_path / name)
    return tmp_path


def told(charts: Path) -> list[str]:
    return [problem for name in ("common", CHART) for problem in problems(charts / name)]


def version(chart: Path) -> str:
    found: str = libraries.described(chart)["version"]
    return found


def edited(file: Path, edit: Callable[[str], str] = lambda text: f"{text}\n") -> None:
    file.write_text(edit(file.read_text()))


@pytest.mark.parametrize("chart", every_chart(), ids=lambda chart: chart.name)
def test_every_chart_is_as_make_charts_leaves_it(chart: Path) -> None:
    assert list(problems(chart)) == []


@pytest.mark.parametrize("name", ["templates/edge.yaml", "values.schema.json", "values.yaml", "dashboards/new.json"])
def test_another_content_needs_another_version(charts: Path, name: str) -> None:
    (charts / CHART / name).touch()
    edited(charts / CHART / name)
    assert any("was of other content" in problem for problem in told(charts))
    before = versions.written(charts / CHART)
    versions.write(charts / CHART)
    assert not any("content" in problem for problem in told(charts))
    assert versions.written(charts / CHART)[:-1] == before
    assert versions._number(version(charts / CHART)) > versions._number(before[-1][0])


@pytest.mark.parametrize("name", ["README.md", "ci/mainnet-values.yaml"])
def test_what_is_not_rendered_needs_none(charts: Path, name: str) -> None:
    edited(charts / CHART / name)
    assert not any("version" in problem for problem in told(charts))


def test_a_library_that_changes_moves_the_version_of_every_chart_that_includes_it(charts: Path) -> None:
    edited(charts / "common/templates/_pod.tpl")
    before = version(charts / "common"), version(charts / CHART)
    assert told(charts) == [
        f"Chart.yaml: version {before[0]} was of other content: run make charts, which gives the next one",
        "charts/common/templates/_pod.tpl is not as in the library: run make charts",
    ]
    for name in ("common", CHART):
        write(charts / name)
    assert told(charts) == []
    after = version(charts / "common"), version(charts / CHART)
    assert before[0] != after[0]
    assert before[1] != after[1]
    (named,) = libraries.described(charts / CHART)["dependencies"]
    assert named["version"] == after[0]


def test_a_version_that_the_author_chose_is_kept(charts: Path) -> None:
    edited(charts / CHART / "Chart.yaml", lambda text: re.sub(r"(?m)^version: .*", "version: 9.0.0", text))
    assert any("9.0.0 is not the newest" in problem for problem in told(charts))
    write(charts / CHART)
    assert (version(charts / CHART), told(charts)) == ("9.0.0", [])


def test_a_version_that_is_not_above_the_one_before_is_named(charts: Path) -> None:
    lines = charts / CHART / "ci/versions.txt"
    lines.write_text(f"9.0.0 {'0' * 64}\n{lines.read_text()}")
    assert "ci/versions.txt: each version is to be above the one before it" in told(charts)


@pytest.mark.parametrize("change", ["changed", "missing", "foreign", "linked"])
def test_a_copy_that_is_not_the_librarys_is_named_and_put_right(charts: Path, change: str) -> None:
    copies = charts / CHART / "charts/common"
    wrong = copies / ("templates/foreign.tpl" if change == "foreign" else "templates/_pod.tpl")
    if change in ("missing", "linked"):
        wrong.unlink()
    if change == "linked":
        wrong.symlink_to(charts / "common/templates/_pod.tpl")
    elif change != "missing":
        wrong.write_text("another")
    assert f"{wrong.relative_to(charts / CHART)} is not as in the library: run make charts" in told(charts)
    before = version(charts / CHART)
    write(charts / CHART)
    assert (told(charts), version(charts / CHART)) == ([], before)


PODS = {"Deployment", "StatefulSet", "CronJob", "Job"}


def specs(chart: Path, sample: Path) -> dict[str, Any]:
    """What pods and their disks are made of, by the object."""
    result = helm("template", "ours", chart, "--namespace", "team", "--values", sample)
    assert result.returncode == 0, result.stderr
    return {
        f"{item['kind']}/{item['metadata']['name']}": item["spec"]
        for item in parsed(result.stdout)
        if item["kind"] in PODS
    }


@of_every_sample
def test_a_version_that_moves_rolls_no_pod(sample: Path, tmp_path: Path) -> None:
    """It stands in a label, `helm.sh/chart`, of every object, and in none of what a pod or a disk is made of: another
    pod template replaces pods, and that of a StatefulSet's disks or of a Job is never taken."""
    moved = Path(shutil.copytree(sample.parents[1], tmp_path / "moved"))
    edited(moved / "Chart.yaml", lambda text: re.sub(r"(?m)^version: .*", "version: 99.0.0", text))
    before = specs(sample.parents[1], sample)
    assert before
    assert specs(moved, sample) == before
