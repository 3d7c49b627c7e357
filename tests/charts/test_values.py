"""What a chart's README says of its values: what the schema says of each key, and the defaults."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.charts.harness import CHARTS
from tools.charts.values_table import BEGIN, END, filled, tables

WITH_VALUES = sorted(path.parent for path in CHARTS.glob("*/values.schema.json"))
every_chart = pytest.mark.parametrize("chart", WITH_VALUES, ids=lambda chart: chart.name)


def schema_of(chart: Path) -> Any:
    return json.loads((chart / "values.schema.json").read_text())


def described(schema: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every key that a schema knows, and every group of keys that has a name."""
    for key, inner in schema.get("properties", {}).items():
        yield f"{path}.{key}", inner
        yield from described(inner, f"{path}.{key}")
    for below in ("items", "additionalProperties"):
        if isinstance(schema.get(below), dict):
            yield from described(schema[below], f"{path}[]")
    for name, inner in schema.get("definitions", {}).items():
        if "properties" in inner:
            yield f"#{name}", inner
            yield from described(inner, f"#{name}")


@every_chart
def test_every_key_is_told_in_sentences(chart: Path) -> None:
    keys = list(described(schema_of(chart), ""))
    assert len(keys) > 20
    wrong = [path for path, inner in keys if not inner.get("description", "").endswith(".")]
    assert wrong == []


@every_chart
def test_the_readme_says_of_every_value_what_the_schema_says_today(chart: Path) -> None:
    assert (chart / "README.md").read_text() == filled(chart), "run make charts"


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CHARTS / "theta-edge-node", tmp_path / "theta-edge-node"))


def row(chart: Path, key: str) -> list[str]:
    (found,) = [line for line in tables(chart).splitlines() if f"`{key}`" in line.split(" | ")[0]]
    return [cell.strip() for cell in found.strip("|").split("|")]


@pytest.mark.parametrize(
    ("key", "cells"),
    [
        ("gpu", ["**`gpu`**", "boolean", ""]),
        ("chainId", ["`chainId`", "string", '`""`']),
        ("resolvers", ["**`resolvers`**", "list of string", ""]),
        ("placement", ["**`placement`**", "", ""]),
        ("placement.tolerations[].operator", ["**`placement.tolerations[].operator`**", "`Equal`", ""]),
        ("status.resources", ["`status.resources`", "[resources](#resources)", None]),
        ("monitoring.labels", ["`monitoring.labels`", "map of string", "`{}`"]),
        ("requests", ["**`requests`**", "map of string or integer", ""]),
    ],
)
def test_a_row_has_a_key_its_type_and_its_default_and_is_bold_where_it_must_be_given(
    chart: Path, key: str, cells: list[str | None]
) -> None:
    found = row(chart, key)
    assert [mine for mine, theirs in zip(found, cells, strict=False) if theirs not in (None, mine)] == []
    assert found[3].endswith(".")


def test_a_readme_is_out_of_date_once_a_default_or_a_description_is_another(chart: Path) -> None:
    readme = (chart / "README.md").read_text()
    assert filled(chart) == readme
    for name, old, new in (
        ("values.yaml", "cpu: 10m", "cpu: 20m"),
        ("values.schema.json", "What the containers run.", "What runs."),
    ):
        text = (chart / name).read_text()
        (chart / name).write_text(text.replace(old, new))
        assert filled(chart) != readme
        (chart / name).write_text(text)


def test_a_readme_without_a_place_for_the_tables_is_named(chart: Path) -> None:
    (chart / "README.md").write_text(f"# theta-edge-node\n\n{BEGIN}\n")
    with pytest.raises(ValueError, match=f"theta-edge-node/README.md has not both of these lines: {BEGIN} and {END}"):
        filled(chart)
