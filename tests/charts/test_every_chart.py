"""What holds of every chart, with each of its samples (ci/*-values.yaml)."""

from __future__ import annotations

from pathlib import Path

from tests.charts.fields import check_fields
from tests.charts.harness import COMMON, helm, of_every_sample, parsed


@of_every_sample
def test_helm_lint_finds_nothing(sample: Path) -> None:
    for chart in (sample.parents[1], COMMON):
        result = helm("lint", "--strict", chart, "--values", sample)
        assert result.returncode == 0, result.stdout
        assert "WARNING" not in result.stdout
        assert result.stderr == "", "Helm warns of a link, for one"


@of_every_sample
def test_the_package_holds_the_library_chart(sample: Path, tmp_path: Path) -> None:
    result = helm("package", sample.parents[1], "--destination", tmp_path)
    assert result.returncode == 0, result.stderr
    (package,) = tmp_path.iterdir()
    shown = helm("template", "ours", package, "--values", sample)
    assert (shown.returncode, result.stderr, shown.stderr) == (0, "", "")


@of_every_sample
def test_every_object_has_only_fields_that_are_known(sample: Path) -> None:
    result = helm("template", "ours", sample.parents[1], "--namespace", "team", "--values", sample)
    assert (result.returncode, result.stderr) == (0, "")
    objects = parsed(result.stdout)
    assert objects
    for item in objects:
        check_fields(item)
