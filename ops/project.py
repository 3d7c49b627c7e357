"""The Pulumi project that an operator stands in, read from its files: Pulumi itself takes a second and more."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

_PROJECT = ("Pulumi.yaml", "Pulumi.yml")


def stack_names(directory: Path) -> list[str]:
    """The names of the stacks that have a file in the project at `directory` or above it. None where there is no
    project, or nobody can read it."""
    try:
        return sorted(stack_files(directory))
    except (OSError, ValueError, yaml.YAMLError):
        return []


def stack_files(directory: Path) -> Mapping[str, Path]:
    """The stacks' files of the project at `directory` or above it, by the stack's name. None where there is no project.
    Raises `OSError`, `ValueError` or `yaml.YAMLError` for a project that nobody can read."""
    root = next(_roots(directory), None)
    files = _stack_files(root).glob("Pulumi.*.yaml") if root else []
    return {file.name.removeprefix("Pulumi.").removesuffix(".yaml"): file for file in files}


def _roots(directory: Path) -> Iterator[Path]:
    """As Pulumi looks for a project: upwards."""
    here = directory.absolute()
    for each in (here, *here.parents):
        yield from (each / name for name in _PROJECT if (each / name).is_file())


def _stack_files(project: Path) -> Path:
    told: Any = yaml.safe_load(project.read_text())
    named = told.get("stackConfigDir") if isinstance(told, dict) else None
    return project.parent / named if isinstance(named, str) else project.parent
