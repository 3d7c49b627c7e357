"""The tables of a chart's values, for its README.md: what values.schema.json says of each key, and the defaults of
values.yaml."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

BEGIN = "<!-- From values.schema.json and values.yaml, by `make charts`. -->"
END = "<!-- The end of what `make charts` writes. -->"
NOT_THE_CHARTS = ("global", "common", "metis-common")
"""The keys of Helm and of the library charts."""

Schema = dict[str, Any]


def has_values(chart: Path) -> bool:
    """A library chart has none."""
    return (chart / "values.yaml").exists()


def filled(chart: Path) -> str:
    """The README, with the tables of today between the two marks."""
    readme = (chart / "README.md").read_text()
    before, begins, rest = readme.partition(BEGIN)
    _, ends, after = rest.partition(END)
    if not (begins and ends):
        raise ValueError(f"{chart.name}/README.md has not both of these lines: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{tables(chart)}\n{END}{after}"


def tables(chart: Path) -> str:
    """One of all values, and one of each definition that has keys: the values name it as their type."""
    schema: Schema = json.loads((chart / "values.schema.json").read_text())
    definitions: dict[str, Schema] = schema.get("definitions", {})
    own = {key: inner for key, inner in schema["properties"].items() if key not in NOT_THE_CHARTS}
    text = _table({**schema, "properties": own}, yaml.safe_load((chart / "values.yaml").read_text()), definitions)
    for name, definition in definitions.items():
        if "properties" in definition:
            text += f"\n### {name}\n\n{definition['description']}\n\n{_table(definition, {}, definitions)}"
    return text


@dataclass(frozen=True)
class _Row:
    key: str
    schema: Schema
    default: Any
    must: bool
    """Whether it must be given."""


def _table(schema: Schema, defaults: Any, definitions: dict[str, Schema]) -> str:
    lines = ["| Key | Type | Default | What it is |", "| --- | --- | --- | --- |"]
    for row in _rows(schema, defaults):
        key = f"**`{row.key}`**" if row.must else f"`{row.key}`"
        default = "" if row.default is None or "properties" in row.schema else f"`{_flow(row.default)}`"
        cells = (key, _type(row.schema, definitions), default, row.schema["description"].replace("|", "\\|"))
        lines.append("|" + "".join(f" {cell} |" if cell else " |" for cell in cells))
    return "\n".join(lines) + "\n"


def _rows(schema: Schema, defaults: Any, path: str = "") -> Iterator[_Row]:
    """Of every key, a group before what is in it."""
    for key, inner in schema.get("properties", {}).items():
        default = defaults.get(key) if isinstance(defaults, dict) else None
        if default in ([], {}) and ("minItems" in inner or "minProperties" in inner):
            default = None  # it is refused
        inside = list(_rows(inner, default, f"{path}{key}."))
        must = key in schema.get("required", ()) and (default is None or any(row.must for row in inside))
        yield _Row(path + key, inner, default, must)
        yield from inside
    if isinstance(schema.get("items"), dict):
        yield from _rows(schema["items"], None, f"{path.removesuffix('.')}[].")


def _type(schema: Schema, definitions: dict[str, Schema]) -> str:
    """Nothing for a group of keys, which stand in rows of their own."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        definition = definitions[name]
        return f"[{name}](#{name.lower()})" if "properties" in definition else _type(definition, definitions)
    if "properties" in schema:
        return ""
    if values := schema.get("enum", [schema["const"]] if "const" in schema else []):
        return ", ".join(f"`{_flow(value)}`" for value in values)
    inside: Schema = next(
        (schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)), {}
    )
    words = {"array": "list", "object": "map"}
    types: list[str] = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    told = " or ".join(words.get(each, each) for each in types)
    of = _type(inside, definitions) if inside else ""
    return f"{told} of {of}" if of else told


def _flow(value: Any) -> str:
    """As one writes it in YAML, in one line."""
    if isinstance(value, str):
        return value or '""'
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10**6).strip().removesuffix("\n...")
