"""What is taken from others stands in `components/pins`, once, with what is known of it."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nodeyard import clouds, pins
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.pins.pin import Chart, Image, Pin
from ops.versions import kind_of

ROOT = Path(__file__).parents[2]
PINS = [pin for _, pin in pins.every()]
OF_OTHERS = re.compile(
    r"sha256:[0-9a-f]{64}"
    r"|[\"'](?:[\w-]+\.)+(?:io|com|dev|aws)/[\w./-]+:[\w.-]+[\"']"
    r"|[\"']https://[\w.-]+/[\w./-]*charts?[\"']"
)
"""A digest, an image of a registry with its tag, a chart's repository."""
EXAMPLES = re.compile(r"registry\.example\.com/|example\.invalid/")


def name(pin: Pin) -> str:
    return pin.name


def strangers() -> Iterator[str]:
    for file in sorted((ROOT / "components").rglob("*.py")):
        if (ROOT / "components/pins") in file.parents:
            continue
        for line in file.read_text().splitlines():
            if OF_OTHERS.search(line) and not EXAMPLES.search(line):
                yield f"{file.relative_to(ROOT)}: {line.strip()}"


def test_nothing_is_pinned_anywhere_else() -> None:
    assert list(strangers()) == []


def test_what_is_looked_for_is_found_where_it_stands() -> None:
    """So that the test above would find it elsewhere."""
    stands = (ROOT / "components/pins/images.py").read_text() + (ROOT / "components/pins/charts.py").read_text()
    assert len(OF_OTHERS.findall(stands)) >= len([pin for pin in PINS if isinstance(pin, Image) and pin.digest])
    assert OF_OTHERS.search('image="docker.io/metisdao/l2geth:v0.3.9"')


@pytest.mark.parametrize("pin", PINS, ids=name)
def test_each_has_a_source_and_a_day(pin: Pin) -> None:
    assert pin.version
    assert pin.source.startswith("https://")
    read = date.fromisoformat(pin.read if len(pin.read) == len("2026-08-01") else f"{pin.read}-01")
    assert read.year >= 2026


@pytest.mark.parametrize("pin", [pin for pin in PINS if isinstance(pin, Image)], ids=name)
def test_an_image_by_tag_says_why(pin: Image) -> None:
    assert pin.digest or pin.note.startswith("by tag: ")
    assert pin.reference.startswith(pin.repository)


def test_an_image_is_named_by_its_tag_by_its_digest_or_by_both() -> None:
    image = Image(name="a", version="1.0", repository="registry.invalid/a", source="", read="")
    assert image.reference == "registry.invalid/a:1.0"
    assert replace(image, digest="sha256:ab").reference == "registry.invalid/a:1.0@sha256:ab"
    assert replace(image, tag="", digest="sha256:ab").reference == "registry.invalid/a@sha256:ab"


@pytest.mark.parametrize("pin", [pin for pin in PINS if isinstance(pin, Chart)], ids=name)
def test_a_chart_stands_at_one_version(pin: Chart) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", pin.version)


@pytest.mark.parametrize("cloud", CloudName)
@pytest.mark.parametrize("gpu", [False, True])
def test_each_clouds_images_of_machines_are_among_them(cloud: CloudName, gpu: bool) -> None:
    assert clouds.named(cloud).machine_image(gpu=gpu) in PINS


def keys(schema: Any) -> Iterator[tuple[str, Any]]:
    """Every key of a stack's file, with its schema."""
    if isinstance(schema, dict):
        found = schema.get("properties")
        yield from found.items() if isinstance(found, dict) else ()
        for each in schema.values():
            yield from keys(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from keys(each)


def test_nodeyard_versions_knows_each_key_of_a_stack_that_pins_something() -> None:
    schema = json.loads((ROOT / "configs/stack.schema.json").read_text())
    telling = {key for key, _ in keys(schema) if re.search(r"[vV]ersion$|[iI]mage$", key)}
    assert len(telling) > len({"kubernetesVersion", "releaseVersion", "machineImage", "image"})
    assert [key for key in sorted(telling) if not kind_of(key)] == []
    assert (kind_of("images.tools"), kind_of("imagePullSecrets"), kind_of("namespace")) == ("image", "", "")
