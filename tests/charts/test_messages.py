"""What Helm says of values that a chart refuses: where, and what to give instead."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.charts.harness import Values
from tests.charts.mantis import MANTIS
from tests.charts.metis import METIS
from tests.charts.nodeos import NODEOS
from tests.charts.tsm import TSM

DIGEST = "registry.example/name@sha256:" + "0" * 64
VERSION = "a full reference with a version or a digest, as registry.example/name:1.2.3"
FRESH = {"bootstrap": True, "resumeAtHeight": 0, "volume": "vol-1", "keyRanNowhereElse": False}
RESUMED = {"bootstrap": False, "resumeAtHeight": 7, "volume": "vol-1", "keyRanNowhereElse": True}


def refusal(chart: Any, values: Values) -> dict[str, str]:
    """What is wrong, by where it is."""
    result = chart.template(values)
    assert result.returncode != 0
    assert "'not' failed" not in result.stderr
    return dict(re.findall(r"- at '(\S*)': value must be '(.*)'", result.stderr))


@pytest.mark.parametrize(
    ("chart", "image"),
    [(METIS, "l2geth"), (MANTIS, "client"), (NODEOS, "manager"), (TSM, "node")],
    ids=lambda it: str(it),
)
def test_an_image_is_told_to_have_a_version(chart: Any, image: str) -> None:
    assert refusal(chart, chart.changed(f"images.{image}", "registry.example/name"))[f"/images/{image}"] == VERSION
    latest = refusal(chart, chart.changed(f"images.{image}", "registry.example/name:latest"))[f"/images/{image}"]
    assert latest.startswith("a version or a digest in place of :latest")
    assert chart.template(chart.changed(f"images.{image}", DIGEST)).returncode == 0


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("l2geth.env.DATADIR", "/x", "left out: the chart sets it itself"),
        ("l2geth.args", ["--datadir=/x"], "an argument that the chart does not give itself"),
        ("images.addressClaim", "registry.example/aws-cli:1", "a full reference with a digest"),
        ("themis.signingState", {**FRESH, "resumeAtHeight": 7}, "0 beside bootstrap: true"),
        ("themis.signingState", {**FRESH, "volume": ""}, "the id of the one volume that bootstrap is for"),
        ("themis.signingState", {**RESUMED, "volume": ""}, "the id of the one volume that resumeAtHeight is for"),
        ("themis.signingState", {**RESUMED, "keyRanNowhereElse": False}, "true, once it is"),
    ],
)
def test_a_sequencers_values_are_refused_with_what_to_give(key: str, value: Any, said: str) -> None:
    found = refusal(METIS, METIS.changed(key, value))
    assert any(message.startswith(said) for message in found.values()), found


@pytest.mark.parametrize("state", [FRESH, RESUMED])
def test_each_word_on_the_signing_state_is_taken_by_itself(state: dict[str, Any]) -> None:
    assert METIS.template(METIS.changed("themis.signingState", state)).returncode == 0
