"""The image of the node manager: what its Dockerfile rests on, and what `make image` says where it cannot build.

No image is built here. hadolint reads the Dockerfile in `make lint`.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CONTEXT = ROOT / "services/nodeos_manager"
DOCKERFILE = (CONTEXT / "Dockerfile").read_text()
IMAGES = ["FLAVOUR=antelope", "NODEOS_IMAGE=registry.example/spring:1.2.2"]


def make(*arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("make")
    assert tool is not None
    command = [tool, "--silent", "image", *arguments]
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
        (IMAGES[1:], "FLAVOUR is eos or antelope"),
        (["FLAVOUR=bos", IMAGES[1]], "FLAVOUR is eos or antelope"),
        (IMAGES[:1], "NODEOS_IMAGE is missing"),
        (IMAGES, "docker is needed"),
    ],
)
def test_make_image_says_what_is_missing(arguments: list[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "sh").symlink_to("/bin/sh")
    result = make(*arguments, path=str(tmp_path))
    assert result.returncode != 0
    assert says in result.stderr


def test_make_image_builds_on_the_given_image(docker: Path) -> None:
    told = make(*IMAGES, path=f"{docker}:{os.environ['PATH']}").stdout
    assert "--build-arg NODEOS_IMAGE=registry.example/spring:1.2.2" in told
    assert "--tag nodeos-manager:antelope services/nodeos_manager" in told


def test_every_image_and_tool_is_pinned_but_for_the_users_own() -> None:
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert images[-1] == "${NODEOS_IMAGE}"
    assert all(re.search(r":\d[\w.-]+$", image) for image in images[:-1])
    assert re.findall(r"pip install [^\n]*?(\S+==\S+)$", DOCKERFILE, re.MULTILINE) == ["uv==0.13.8"]
    assert not re.search(r"^ARG NODEOS_IMAGE=", DOCKERFILE, re.MULTILINE)


def test_the_manager_does_not_run_as_root_and_is_the_first_process() -> None:
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert "\nUSER 10001:10001\n" in last
    assert last.rstrip().endswith('ENTRYPOINT ["/opt/nodeos-manager/venv/bin/python", "-m", "nodeos_manager"]')


def test_what_is_copied_is_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE)
    assert copied == ["requirements.txt", "."]
    assert all((CONTEXT / name).exists() for name in copied)
