"""packages.sh with apt itself, on an archive of the test's own: a foreign source of the image stops nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.boot.harness import AWS, GCP, Machine, Result

PACKAGE = "Package: {}\nArchitecture: all\nVersion: 1\nMaintainer: x\nFilename: ./x.deb\nSize: 1\nSHA256: {}\n\n"
AGENT = "google-cloud-ops-agent"
LACKS = ("jq", "nftables", "curl", "gpg", "docker.io")

BAD = {
    "unsigned": "deb file:{archive} ./",
    "unreachable": "deb http://127.0.0.1:1/ubuntu noble main",
    "gone": "deb file:{archive}/nowhere noble main",
    "malformed": "deb this is no source",
}


@pytest.fixture
def node(machine: Callable[..., Machine]) -> Machine:
    return without_tools(machine(AWS.but(gpu=False)))


def without_tools(node: Machine) -> Machine:
    """A machine without any of the tools, whose apt is the real one on directories of its own. It installs nothing."""
    root = node.root
    for directory in ("archive", "apt/sources.list.d", "lists/partial", "cache/archives/partial"):
        (root / directory).mkdir(parents=True)
    (root / "archive/Packages").write_text("".join(PACKAGE.format(name, "0" * 64) for name in (*LACKS, AGENT)))
    (root / "status").touch()
    settings = {
        "Dir::Etc": root / "apt",
        "Dir::State::lists": root / "lists",
        "Dir::State::status": root / "status",
        "Dir::Cache": root / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Retries": "0",
    }
    (root / "apt.conf").write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()))
    for tool in ("dirname", "cat", "grep", "bash", "env", "rm", "mkdir", "ln", "flock"):
        (node.bin / tool).symlink_to(f"/usr/bin/{tool}")
    for tool in ("systemctl", "dpkg", "aws"):
        node.program(tool, "exit 0")
    node.program(
        "apt-get",
        f"""
[[ " $* " = *" install "* ]] && set -- --simulate "$@"
[ "$1" != clean ] || exit 0
PATH=/usr/bin:/bin APT_CONFIG={root}/apt.conf exec /usr/bin/apt-get "$@" """,
    )
    return node


def prepared(node: Machine, script: str = "packages.sh") -> Result:
    return node.script(script, PATH=str(node.bin), NODEYARD_APT=str(node.root / "apt"))


def installed(result: Result) -> set[str]:
    return {line.split()[1] for line in result.stdout.splitlines() if line.startswith("Inst ")}


def with_foreign(node: Machine, bad: str, form: str) -> None:
    """Gives the machine the distribution's archive as an Ubuntu of that form names it, and a bad source beside it."""
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


@pytest.mark.parametrize("form", ["24.04", "22.04"])
@pytest.mark.parametrize("bad", BAD)
def test_a_foreign_source_of_the_image_does_not_stop_the_boot(node: Machine, bad: str, form: str) -> None:
    with_foreign(node, bad, form)
    result = prepared(node)
    assert result.returncode == 0, result.stderr
    assert installed(result) == set(LACKS)
    assert "apt-get clean" in node.called("apt-get")


@pytest.mark.parametrize("bad", BAD)
def test_a_foreign_source_of_the_image_does_not_keep_the_agent_of_google_cloud_away(
    machine: Callable[..., Machine], bad: str
) -> None:
    node = without_tools(machine(GCP))
    with_foreign(node, bad, "24.04")
    added = node.root / f"apt/sources.list.d/{AGENT}.list"
    # What Google has is not asked for: its place is taken by the archive of this machine once it was noted.
    node.program("gpg", f"cat >{node.root}/apt/keyrings/{AGENT}.gpg")
    node.program("curl", "echo a key")
    node.program("dpkg-query", "exit 1")
    node.program("install", "exit 0")
    real, said = (node.bin / "apt-get").read_text(), node.root / "said"
    own = f"deb [trusted=yes] file:{node.root}/archive.ubuntu.com ./"
    place = f'[ -s {said} ] || {{ cat {added} >{said}; echo "{own}" >{added}; }}'
    (node.bin / "apt-get").write_text(real.replace("\n[[", f"\n{place}\n[[", 1))
    result = prepared(node, "agent.sh")
    assert result.returncode == 0, result.stderr
    assert installed(result) == {AGENT}
    google = rf"https://packages\.cloud\.google\.com/apt {AGENT}-[a-z]+-2 main"
    assert re.fullmatch(rf"deb \[signed-by={node.root}/apt/keyrings/{AGENT}\.gpg\] {google}\n", said.read_text())
    assert node.called("curl") == ["curl -fsSL https://packages.cloud.google.com/apt/doc/apt-key.gpg"]
    assert node.called("systemctl") == [f"systemctl restart {AGENT}"]


def test_a_mirror_of_ones_own_is_read(node: Machine) -> None:
    source = f"deb [trusted=yes] file:{node.root}/archive ./\n"
    (node.root / "apt/sources.list.d/mirror.list").write_text(source)
    result = prepared(node)
    assert result.returncode == 0, result.stderr
    assert installed(result) == set(LACKS)
