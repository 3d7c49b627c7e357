"""What a plan sees of a chart, and of the objects of a disk."""

import shutil
from pathlib import Path

from nodeyard.clouds.in_cluster.static_volume import named_for
from nodeyard.workload import CHARTS, digest


def test_a_changed_file_of_a_chart_changes_its_digest_and_its_page_and_its_samples_do_not(tmp_path: Path) -> None:
    chart = Path(shutil.copytree(CHARTS / "metis-sequencer", tmp_path / "chart"))
    before = digest(CHARTS / "metis-sequencer")
    for name in ("README.md", "ci/aws-values.yaml"):
        (chart / name).write_text("another")
    assert digest(chart) == before
    (chart / "charts/common/Chart.yaml").write_text("another")
    assert digest(chart) != before


def test_the_objects_of_an_adopted_disk_are_named_for_that_disk() -> None:
    assert named_for("l1dtl", None) == "l1dtl"
    assert named_for("l1dtl", "vol-1").startswith("l1dtl-")
    assert named_for("l1dtl", "vol-1") != named_for("l1dtl", "vol-2")
