"""What holds of every chart, with each of its samples (ci/*-values.yaml)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.charts.fields import check_fields
from tests.charts.harness import COMMON, helm, of_every_sample, parsed

HAVE_BUDGETS = ("mantis", "metis-replica", "tsm-node")
"""The charts of which several pods do the same."""


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


@lru_cache(maxsize=1)
def rendered(sample: Path) -> list[dict[str, Any]]:
    result = helm("template", "ours", sample.parents[1], "--namespace", "team", "--values", sample)
    assert (result.returncode, result.stderr) == (0, "")
    objects = parsed(result.stdout)
    assert objects
    return objects


@of_every_sample
def test_every_object_has_only_fields_that_are_known(sample: Path) -> None:
    for item in rendered(sample):
        check_fields(item)


@of_every_sample
def test_no_budget_keeps_a_pool_from_rolling(sample: Path) -> None:
    """What may run once has none at all: its node goes before the next one comes (docs/clouds.md, node pool)."""
    budgets = [item["spec"] for item in rendered(sample) if item["kind"] == "PodDisruptionBudget"]
    assert not budgets or sample.parents[1].name in HAVE_BUDGETS
    for spec in budgets:
        assert (spec["maxUnavailable"], spec["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")
        assert "minAvailable" not in spec
