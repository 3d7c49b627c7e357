"""packages.sh with apt itself, on an archive of the test's own: a foreign source of the image stops nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.boot.harness import AWS, Machine, Result

PACKAGE = "Package: {}\nArchitecture: all\nVersion: 1\nMaintainer: x\nFilename: ./x.deb\nSize: 1\nSHA256: {}\n\n"
LACKS = ("jq", "nftables", "curl", "gpg", "docker.io")

BAD = {
    "unsigned": "deb file:{archive} ./",
    "unreachable": "deb http://127.0.0.1:1/ubuntu noble main",
    "gone": "deb file:{archive}/nowhere noble main",
    "malformed": "deb this is no source",
}


@pytest.fixture
def node(machine: Callable[..., Machine], tmp_path: Path) -> Machine:
    """A machine without any of the tools, whose apt is the real one on directories of its own. It installs nothing."""
    node, archive, apt = machine(AWS.but(gpu=False)), tmp_path / "archive", tmp_path / "apt"
    for directory in (archive, apt / "sources.list.d", tmp_path / "lists/partial", tmp_path / "cache/archives/partial"):
        directory.mkdir(parents=True)
    (archive / "Packages").write_text("".join(PACKAGE.format(name, "0" * 64) for name in LACKS))
    (tmp_path / "status").touch()
    settings = {
        "Dir::Etc": apt,
        "Dir::State::lists": tmp_path / "lists",
        "Dir::State::status": tmp_path / "status",
        "Dir::Cache": tmp_path / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Retries": "0",
    }
    (tmp_path / "apt.conf").write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()))
    for tool in ("dirname", "cat", "grep", "bash", "env", "rm", "mkdir", "ln"):
        (node.bin / tool).symlink_to(f"/usr/bin/{tool}")
    for tool in ("systemctl", "dpkg", "aws"):
        node.program(tool, "exit 0")
    node.program(
        "apt-get",
        f"""
[[ " $* " = *" install "* ]] && set -- --simulate "$@"
[ "$1" != clean ] || exit 0
PATH=/usr/bin:/bin APT_CONFIG={tmp_path}/apt.conf exec /usr/bin/apt-get "$@" """,
    )
    return node


def prepared(node: Machine) -> Result:
    return node.script("packages.sh", PATH=str(node.bin), NODEYARD_APT=str(node.root / "apt"))


def installed(result: Result) -> set[str]:
    return {line.split()[1] for line in result.stdout.splitlines() if line.startswith("Inst ")}


@pytest.mark.parametrize("form", ["24.04", "22.04"])
@pytest.mark.parametrize("bad", BAD)
def test_a_foreign_source_of_the_image_does_not_stop_the_boot(node: Machine, bad: str, form: str) -> None:
    # Its name has Ubuntu's: an archive of this machine, found as Ubuntu's images name theirs.
    archive = node.root / "archive.ubuntu.com"
    (node.root / "archive").rename(archive)
    (archive / "ubuntu").symlink_to(archive)
    apt = node.root / "apt"
    if form == "24.04":
        source = f"Types: deb\nURIs: file:{archive}\nSuites: ./\nTrusted: yes\n"
        (apt / "sources.list.d/ubuntu.sources").write_text(source)
    else:
        (apt / "sources.list").write_text(f"deb [trusted=yes] file:{archive}/ubuntu/ ./\n")
    (apt / "sources.list.d/foreign.list").write_text(BAD[bad].format(archive=archive) + "\n")
    result = prepared(node)
    assert result.returncode == 0, result.stderr
    assert installed(result) == set(LACKS)
    assert "apt-get clean" in node.called("apt-get")


def test_a_mirror_of_ones_own_is_read(node: Machine) -> None:
    source = f"deb [trusted=yes] file:{node.root}/archive ./\n"
    (node.root / "apt/sources.list.d/mirror.list").write_text(source)
    result = prepared(node)
    assert result.returncode == 0, result.stderr
    assert installed(result) == set(LACKS)
