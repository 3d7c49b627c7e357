"""The images of the programs: what their Dockerfiles rest on, and what `make` says where it cannot build.

No image is built here. hadolint reads the Dockerfiles in `make lint`.
"""

import importlib.metadata
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTEXT = ROOT / "services"
PROGRAMS = ("chain_tools", "nodeos_manager")
DOCKERFILES = {program: (CONTEXT / program / "Dockerfile").read_text() for program in PROGRAMS}
IMAGES = ["FLAVOUR=antelope", "NODEOS_IMAGE=registry.example/spring:1.2.2"]


def make(target: str, *arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("make")
    assert tool is not None
    command = [tool, "--silent", target, *arguments]
    return subprocess.run(command, cwd=ROOT, env={"PATH": path}, capture_output=True, text=True)


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    """A docker that says what it was told."""
    program = tmp_path / "docker"
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["image", IMAGES[1]], "FLAVOUR is eos or antelope"),
        (["image-nodeos-manager", "FLAVOUR=bos", IMAGES[1]], "FLAVOUR is eos or antelope"),
        (["image-nodeos-manager", IMAGES[0]], "NODEOS_IMAGE is missing"),
        (["image-nodeos-manager", *IMAGES], "docker is needed"),
        (["image-chain-tools"], "docker is needed"),
    ],
)
def test_make_says_what_is_missing(arguments: list[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "sh").symlink_to("/bin/sh")
    result = make(*arguments, path=str(tmp_path))
    assert result.returncode != 0
    assert says in result.stderr


def test_make_image_builds_both_from_one_context(docker: Path) -> None:
    told = make("image", *IMAGES, path=f"{docker}:{os.environ['PATH']}").stdout
    manager, tools = told.splitlines()
    assert "--build-arg NODEOS_IMAGE=registry.example/spring:1.2.2" in manager
    assert manager.endswith("--file services/nodeos_manager/Dockerfile --tag nodeos-manager:antelope services")
    assert tools == "build --file services/chain_tools/Dockerfile --tag chain-tools services"


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_image_and_tool_is_pinned_but_for_the_users_own(program: str) -> None:
    images = re.findall(r"^FROM (\S+)", DOCKERFILES[program], re.MULTILINE)
    ours = images[:-1] if program == "nodeos_manager" else images
    assert ours
    assert all(re.search(r":\d[\w.-]+$", image) for image in ours)


def test_the_image_of_nodeos_is_the_users_own() -> None:
    dockerfile = DOCKERFILES["nodeos_manager"]
    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)[-1] == "${NODEOS_IMAGE}"
    assert re.findall(r"pip install [^\n]*?(\S+==\S+)$", dockerfile, re.MULTILINE) == ["uv==0.13.8"]
    assert not re.search(r"^ARG NODEOS_IMAGE=", dockerfile, re.MULTILINE)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_does_not_run_as_root_and_is_the_first_process(program: str) -> None:
    last = DOCKERFILES[program].rpartition("FROM ")[2]
    assert "\nUSER 10001:10001\n" in last
    assert re.search(rf'\nENTRYPOINT \["\S*python", "-m", "{program}"\]$', last.rstrip())


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_a_program_imports_of_ours_is_copied(program: str) -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILES[program], re.MULTILINE)
    assert copied == [f"{program}/requirements.txt", "chain_store", program]
    text = "".join(
        file.read_text() for file in [*CONTEXT.glob(f"{program}/**/*.py"), *CONTEXT.glob("chain_store/*.py")]
    )
    ours = {folder.name for folder in CONTEXT.iterdir() if (folder / "__init__.py").exists()}
    assert set(re.findall(r"^from (\w+)", text, re.MULTILINE)) & ours == {"chain_store"}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_has_the_versions_that_the_tests_run_on(program: str) -> None:
    lines = (CONTEXT / program / "requirements.txt").read_text().splitlines()
    # A name may ask for an extra: `eth-hash[pycryptodome]`.
    pins = dict(re.sub(r"\[.+\]", "", line).split("==") for line in lines if not line.startswith("#"))
    assert pins == {name: importlib.metadata.version(name) for name in pins}
