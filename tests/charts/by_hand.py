"""What a chart's page says of a release without the component: what to make before, and the commands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.charts.harness import CHARTS, helm, parsed

BEFORE = sorted(CHARTS.glob("*/ci/before.yaml"))


def values_of(before: Path) -> Path:
    """The values that the page is about, which its first line names."""
    named = re.search(r"\bci/(\S+-values\.yaml)", before.read_text().splitlines()[0])
    assert named
    return before.with_name(named[1])


def namespace_of(before: Path) -> str:
    name: str = parsed(before.read_text())[0]["metadata"]["name"]
    return name


def commands_of(before: Path) -> list[str]:
    """What the chart's page says to run, in its order."""
    _, _, section = (before.parents[1] / "README.md").read_text().partition("\n## A release by hand\n")
    return re.findall(r"(?m)^    ((?:kubectl|helm) .*)$", section.split("\n## ")[0])


def release_of(before: Path) -> str:
    """What the page calls the release."""
    found = re.search(r"helm upgrade --install (\S+) ", "\n".join(commands_of(before)))
    assert found
    return found[1]


def rendered(before: Path) -> tuple[dict[str, Any], ...]:
    place = ("--namespace", namespace_of(before), "--values", values_of(before))
    result = helm("template", release_of(before), before.parents[1], *place)
    assert result.returncode == 0, result.stderr
    return parsed(result.stdout)
