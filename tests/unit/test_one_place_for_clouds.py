"""A cloud's name stands in the cloud's own folder: a fourth cloud adds files and edits next to none."""

import re
from collections.abc import Iterator
from pathlib import Path

from nodeyard.clouds.contract.platform import CloudName

ROOT = Path(__file__).resolve().parents[2]

NAMED = re.compile(rf"""["'](?:{"|".join(CloudName)})["']|\bCloudName\.[A-Z]+\b""")
"""A cloud's name in quotes, or as the enumeration's."""

TABLES = {
    "components/mantis_cluster/instance_types.py": "the component's one table: the default instance types",
    "components/metis_replica/instance_types.py": "the component's one table: the default instance types",
    "components/metis_sequencer/instance_types.py": "the component's one table: the default instance types",
    "components/nodeos_bp_cluster/networks.py": "the component's one table: the default instance types",
    "components/theta_edge_node/instance_types.py": "the component's one table: the default instance types",
    "components/tsm_node/instance_types.py": "the component's one table: the default instance types",
}
"""Files that may name every cloud, and why."""

EXAMPLES = {
    "components/platform/component.py": "the use that its docstring shows",
    "components/theta_edge_node/component.py": "the use that its docstring shows",
}
"""Files that may name a cloud in prose, and why."""


def sources() -> Iterator[Path]:
    """The product's code and its charts' templates, without the clouds' own folders."""
    for folder, pattern in (("components", "**/*.py"), ("stacks", "**/*.py"), ("charts", "*/templates/**/*")):
        for file in sorted((ROOT / folder).glob(pattern)):
            if file.is_file() and (ROOT / "components/clouds") not in file.parents:
                yield file


def naming() -> dict[str, list[str]]:
    """By file, the lines that name a cloud."""
    found = {
        str(file.relative_to(ROOT)): [line.strip() for line in file.read_text().splitlines() if NAMED.search(line)]
        for file in sources()
    }
    return {file: lines for file, lines in found.items() if lines}


def test_outside_its_folder_a_cloud_is_named_in_one_table_for_a_component_at_most() -> None:
    found = naming()
    strangers = {file: lines for file, lines in found.items() if file not in {*TABLES, *EXAMPLES}}
    assert not strangers


def test_what_may_name_clouds_still_does() -> None:
    assert {*TABLES, *EXAMPLES} <= set(naming())


def test_a_table_names_every_cloud() -> None:
    for file in TABLES:
        lines = naming()[file]
        named = {cloud for cloud in CloudName if any(re.search(rf"\b{cloud}\b", line.lower()) for line in lines)}
        assert named == set(CloudName), file


def test_nodeyard_looks_up_what_is_a_clouds_by_its_name() -> None:
    """Each of these folders has a module for each cloud, and only these modules name their cloud."""
    for folder in ("dashboard", "reach", "recover/ids", "secrets"):
        for cloud in CloudName:
            assert (ROOT / "ops" / folder / f"{cloud}.py").is_file(), (folder, cloud)
    strangers = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in sorted((ROOT / "ops").rglob("*.py"))
        if file.stem not in set(CloudName)
        for line in file.read_text().splitlines()
        if NAMED.search(line)
    ]
    assert not strangers
