"""The ranges of pyproject.toml, the pins of requirements*.txt and what the code imports say the same."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nodeyard.clouds.contract.platform import CloudName
from tests.engine.harness import CHECKOUT

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
EXTRAS = {extra: [Requirement(line) for line in lines] for extra, lines in PROJECT["optional-dependencies"].items()}
CORE = [Requirement(line) for line in PROJECT["dependencies"]]
ALL = EXTRAS.pop("all")
BROUGHT = {
    "azure-core": "azure-identity",
    "botocore": "boto3",
    "google-api-core": "google-cloud-secret-manager",
    "google-auth": "google-cloud-secret-manager",
    "pydantic-core": "pydantic",
}
"""What another one is made of and requires: it is there with that one, in the version that fits."""
RANGES = [*CORE, *(requirement for extra in EXTRAS.values() for requirement in extra)]


def names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements}


def pinned(file: str) -> dict[str, str]:
    lines = (CHECKOUT / file).read_text().splitlines()
    pins = [re.split(r"(?:\[.*\])?==", line) for line in lines if "==" in line]
    return {canonicalize_name(name): version for name, version in pins}


def imported(folder: Path, without: str = "") -> Iterator[str]:
    """The distributions that the modules of a folder import."""
    distributions = packages_distributions()
    for file in folder.rglob("*.py*"):
        of_package = (file.parent / "__init__.py").exists()  # else it is a script that is sent to a machine
        if file.suffix not in (".py", ".pyi") or not of_package or (without and without in file.parts):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            for module in modules:
                if module.split(".")[0] not in {*sys.stdlib_module_names, "nodeyard"}:
                    found = distribution_of(module, distributions)
                    yield BROUGHT.get(found, found)


def distribution_of(module: str, distributions: dict[str, list[str]]) -> str:
    """Of those that share a namespace, such as `google`, the one whose name the module begins with."""
    offered = {canonicalize_name(name) for name in distributions[module.split(".")[0]]}
    letters = module.replace(".", "").replace("_", "")
    return max(offered, key=lambda name: len(name) if letters.startswith(name.replace("-", "")) else 0)


@pytest.mark.parametrize("requirement", RANGES, ids=lambda requirement: requirement.name)
def test_a_range_begins_at_the_version_that_is_tested_and_ends_before_the_next_major(requirement: Requirement) -> None:
    pin = (pinned("requirements.txt") | pinned("requirements-ops.txt"))[canonicalize_name(requirement.name)]
    bounds = {specifier.operator: specifier.version for specifier in requirement.specifier}
    assert bounds.keys() == {">=", "<"}
    assert bounds[">="] == pin
    assert requirement.specifier.contains(pin)


def test_every_pin_of_a_deployment_has_its_range() -> None:
    assert pinned("requirements.txt").keys() == names([*CORE, *(part for cloud in CloudName for part in EXTRAS[cloud])])


def test_every_pin_of_the_command_has_its_range() -> None:
    assert pinned("requirements-ops.txt").keys() <= names([*CORE, *EXTRAS["ops"]])


def test_all_is_every_extra() -> None:
    assert [(part.name, part.extras) for part in ALL] == [("nodeyard", set(EXTRAS))]


def test_the_components_import_what_the_package_requires_and_nothing_else() -> None:
    assert set(imported(CHECKOUT / "components", without="clouds")) <= names(CORE)


@pytest.mark.parametrize("cloud", list(CloudName))
def test_a_cloud_imports_what_its_extra_brings(cloud: CloudName) -> None:
    found = set(imported(CHECKOUT / "components/clouds" / cloud))
    assert found <= names([*CORE, *EXTRAS[cloud]])
    assert names(EXTRAS[cloud]) <= found


def test_the_command_imports_what_its_extra_brings() -> None:
    assert set(imported(CHECKOUT / "ops")) <= names([*CORE, *EXTRAS["ops"]])
