"""run.sh, gpu.sh and packages.sh: how the container is started, and on what."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.boot.harness import AWS, IMAGE, PASSWORD, Machine


def docker_run(node: Machine, output: str = "hello") -> list[str]:
    """The words with which the container was started."""
    node.program("docker", f'[ "$1" != run ] || {{ printf "%s\\n" "$@" >{node.root}/argv; echo "{output}"; }}')
    node.program("ip", """echo '[{"dst":"1.1.1.1","prefsrc":"10.1.2.3"}]'""")
    (node.state / "image").write_text(f"{IMAGE}\n")
    (node.run_dir / "password").write_text(PASSWORD)
    result = node.script("run.sh")
    assert result.returncode == 0, result.stderr
    (node.root / "stdout").write_text(result.stdout)
    return (node.root / "argv").read_text().splitlines()


def values(argv: list[str], option: str) -> list[str]:
    return [argv[n + 1] for n, word in enumerate(argv) if word == option]


def test_the_image_is_the_last_word_and_pinned(machine: Callable[..., Machine]) -> None:
    assert docker_run(machine(AWS))[-1] == IMAGE


def test_the_password_comes_by_a_file(machine: Callable[..., Machine]) -> None:
    node = machine(AWS)
    argv = docker_run(node)
    assert values(argv, "--env-file") == [f"{node.run_dir}/env"]
    assert values(argv, "--env") == ["EDGELAUNCHER_CONFIG_PATH=/edgelauncher/data/mainnet"]
    assert PASSWORD not in " ".join(argv)


def test_only_the_data_is_mounted_and_not_the_record_of_the_identity(machine: Callable[..., Machine]) -> None:
    node = machine(AWS)
    argv = docker_run(node)
    assert values(argv, "--mount") == [f"type=bind,src={node.mount}/edgelauncher,dst=/edgelauncher/data/mainnet"]
    assert not {"-v", "--volume", "--privileged", "--network=host"} & set(argv)


def test_strangers_code_has_few_rights_and_not_all_of_the_machine(machine: Callable[..., Machine]) -> None:
    argv = docker_run(machine(AWS))
    assert values(argv, "--cap-drop") == ["ALL"]
    # Those of the chart's container.
    assert sorted(values(argv, "--cap-add")) == ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]
    assert values(argv, "--security-opt") == ["no-new-privileges"]
    assert int(values(argv, "--pids-limit")[0]) < 1 << 15
    assert int(values(argv, "--oom-score-adj")[0]) > 0


def test_docker_neither_restarts_it_nor_keeps_its_output(machine: Callable[..., Machine]) -> None:
    argv = docker_run(machine(AWS))
    assert "--restart" not in argv
    assert values(argv, "--log-driver") == ["none"]
    assert "--rm" in argv


def test_the_ports_are_on_loopback(machine: Callable[..., Machine]) -> None:
    published = values(docker_run(machine(AWS)), "--publish")
    assert published == [f"127.0.0.1:{port}:{port}" for port in (15888, 17888, 17935)]


def test_exposed_they_are_on_the_machines_private_address_too(machine: Callable[..., Machine]) -> None:
    published = values(docker_run(machine(AWS.but(expose="vpc", expose_cidrs=("10.1.0.0/16",)))), "--publish")
    assert [p for p in published if not p.startswith("127.0.0.1:")] == [
        f"10.1.2.3:{port}:{port}" for port in (15888, 17888, 17935)
    ]
    assert len(published) == 6


def test_it_is_on_a_bridge_of_its_own_that_the_rules_know(machine: Callable[..., Machine]) -> None:
    node = machine(AWS)
    argv = docker_run(node)
    assert values(argv, "--network") == ["theta"]
    node.calls.write_text("")
    node.program("docker", 'case "$*" in "network inspect"*) exit 1 ;; esac')
    node.script("run.sh")
    [created] = [call for call in node.called("docker") if "network create" in call]
    assert "--subnet 198.18.255.240/28" in created
    assert "com.docker.network.bridge.name=theta0" in created
    assert '"theta0"' in (node.etc / "firewall.nft").read_text()


def test_it_asks_the_resolvers_that_the_rules_let_through(machine: Callable[..., Machine]) -> None:
    node = machine(AWS.but(resolvers=("192.0.2.53",)))
    assert values(docker_run(node), "--dns") == ["192.0.2.53"]


@pytest.mark.parametrize(
    ("change", "option", "expected"),
    [
        ({"gpu": True}, "--gpus", ["all"]),
        ({"gpu": False}, "--gpus", []),
        ({}, "--user", []),
        ({"user": "1002:1002"}, "--user", ["1002:1002"]),
        ({}, "--tmpfs", []),
        ({"read_only_root": True}, "--tmpfs", ["/tmp"]),
    ],
)
def test_gpu_user_and_root_filesystem_are_as_told(
    machine: Callable[..., Machine], change: dict[str, object], option: str, expected: list[str]
) -> None:
    argv = docker_run(machine(AWS.but(**change)))
    assert values(argv, option) == expected
    assert ("--read-only" in argv) == bool(change.get("read_only_root"))


def test_its_output_is_filtered_before_the_journal_sees_it(machine: Callable[..., Machine]) -> None:
    node = machine(AWS)
    (node.run_dir / "x").touch()
    (node.root / "said").write_text(f"started with {PASSWORD}\n")
    node.program("docker", f'[ "$1" != run ] || cat {node.root}/said')
    (node.state / "image").write_text(IMAGE)
    (node.run_dir / "password").write_text(PASSWORD)
    result = node.script("run.sh")
    assert result.stdout == "started with [redacted]\n"
    assert PASSWORD not in result.stderr


def test_its_end_is_the_units_end(machine: Callable[..., Machine]) -> None:
    node = machine(AWS)
    node.program("docker", '[ "$1" != run ] || exit 137')
    (node.state / "image").write_text(IMAGE)
    assert node.script("run.sh").returncode == 137


def test_a_gpu_that_answers_late_is_waited_for(machine: Callable[..., Machine]) -> None:
    node = machine(AWS)
    tries = f"$(grep -c ^nvidia-smi {node.calls})"
    node.program("nvidia-smi", f'[ {tries} -ge 3 ] || exit 9; echo "GPU 0: Tesla T4 (UUID: GPU-1)"')
    result = node.script("gpu.sh")
    assert result.returncode == 0
    assert "1 GPU: GPU 0: Tesla T4" in result.stderr


@pytest.mark.parametrize("answer", ["exit 9", "exit 0"], ids=["driver fails", "no GPU"])
def test_without_a_gpu_it_fails_loudly(machine: Callable[..., Machine], answer: str) -> None:
    node = machine(AWS)
    node.program("nvidia-smi", answer)
    node.program("modinfo", "exit 0")
    result = node.script("gpu.sh", ATTEMPTS="3")
    assert result.returncode == 1
    assert "nvidia-smi lists no GPU" in result.stderr


MISMATCH = "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18"


def test_changed_libraries_are_named_and_mended_by_one_restart(machine: Callable[..., Machine]) -> None:
    node = machine(AWS)
    node.program("nvidia-smi", MISMATCH)
    node.program("systemctl", "exit 0")
    first = node.script("gpu.sh", ATTEMPTS="1")
    assert "NVIDIA's libraries were changed, and its driver was not (Failed to initialize NVML" in first.stderr
    assert node.called("systemctl") == ["systemctl reboot"]
    # The machine has started again, and found nothing else.
    for _ in range(3):
        again = node.script("gpu.sh", ATTEMPTS="1")
        assert again.returncode == 1
        assert "A restart of the machine has not mended it: replace the machine" in again.stderr
    assert node.called("systemctl") == ["systemctl reboot"]
    # A year later: it was mended, and is broken anew.
    node.program("nvidia-smi", 'echo "GPU 0: Tesla T4 (UUID: GPU-1)"')
    assert node.script("gpu.sh", ATTEMPTS="1").returncode == 0
    node.program("nvidia-smi", MISMATCH)
    node.script("gpu.sh", ATTEMPTS="1")
    assert node.called("systemctl") == ["systemctl reboot"] * 2


@pytest.mark.parametrize("has_driver", [True, False])
def test_a_kernel_without_a_driver_is_named_and_no_restart_is_tried(
    machine: Callable[..., Machine], has_driver: bool
) -> None:
    node = machine(AWS)
    node.program("nvidia-smi", "echo 'NVIDIA-SMI has failed because it could not communicate'; exit 9")
    node.program("modinfo", f"exit {int(not has_driver)}")
    node.program("systemctl", "exit 0")
    result = node.script("gpu.sh", ATTEMPTS="1")
    assert result.returncode == 1
    assert "it could not communicate" in result.stderr
    assert ("has no NVIDIA driver: is the image one with a driver, or was its kernel changed?" in result.stderr) != (
        has_driver
    )
    assert not node.called("systemctl")


CONFIGURED = 'cgroupfs {"nvidia":{},"runc":{}}'


def installed(node: Machine, *there: str, known: str = CONFIGURED) -> list[str]:
    """What packages.sh installs on an image that has `there`, whose Docker says `known` of itself."""
    # A PATH of stand-ins only, so that this machine's own programs do not count.
    for tool in ("dirname", "cat", "grep", "tee", "bash", "env", "rm", "mkdir", "ln", "flock"):
        (node.bin / tool).symlink_to(f"/usr/bin/{tool}")
    for tool in (*there, "systemctl", "apt-get", "dpkg", "snap"):
        node.program(tool, "exit 0")
    if "docker" in there:
        node.program("docker", f"echo '{known}'")
    result = node.script("packages.sh", PATH=str(node.bin), NODEYARD_DOCKER=str(node.root))
    assert result.returncode == 0, result.stderr
    return [call.split(" ", 1)[1] for name in ("apt-get", "snap") for call in node.called(name)]


ALL = ("jq", "nft", "curl", "gpg", "docker", "aws", "nvidia-ctk")


def test_nothing_is_installed_on_an_image_that_has_all(machine: Callable[..., Machine]) -> None:
    node = machine(AWS)
    assert installed(node, *ALL) == []
    assert not node.called("nvidia-ctk")
    assert node.called("systemctl") == ["systemctl start docker"]
    # No driver is ever installed or built here.
    assert "driver" not in (node.lib / "packages.sh").read_text().replace("native.cgroupdriver", "")


@pytest.mark.parametrize("known", ['cgroupfs {"runc":{}}', 'systemd {"nvidia":{},"runc":{}}'])
def test_a_docker_that_does_not_know_the_toolkit_or_takes_its_gpu_away_is_configured(
    machine: Callable[..., Machine], known: str
) -> None:
    # As an image that brings both may be, or a machine that lost its power between the two.
    node = machine(AWS)
    config = node.root / "daemon.json"
    config.write_text('{"data-root": "/mnt"}')
    node.program("nvidia-ctk", f"""echo '{{"data-root": "/mnt", "runtimes": {{"nvidia": {{}}}}}}' >{config}""")
    node.program("jq", 'exec /usr/bin/jq "$@"')
    (node.bin / "mv").symlink_to("/usr/bin/mv")
    assert installed(node, "nft", "curl", "gpg", "docker", "aws", known=known) == []
    assert json.loads(config.read_text()) == {
        "data-root": "/mnt",
        "runtimes": {"nvidia": {}},
        "exec-opts": ["native.cgroupdriver=cgroupfs"],
    }
    assert node.called("nvidia-ctk") == [f"nvidia-ctk runtime configure --runtime=docker --config={config}"]
    assert node.called("systemctl") == ["systemctl start docker", "systemctl restart docker"]


def test_what_the_image_lacks_is_installed(machine: Callable[..., Machine]) -> None:
    node = machine(AWS.but(gpu=False))
    calls = installed(node, "curl", "gpg")
    assert any("install --yes --no-install-recommends jq nftables docker.io" in call for call in calls)
    assert "install aws-cli --classic --channel=v2/stable" in calls


def test_an_installation_that_lost_its_power_is_ended_first(machine: Callable[..., Machine]) -> None:
    node = machine(AWS)
    assert installed(node, *ALL) == []
    assert node.called("dpkg") == ["dpkg --audit"]
    # Another dpkg at work, which holds the lock, keeps nothing from going on.
    node.program("dpkg", '[ "$1" = --audit ] || exit 2; echo "docker.io is half configured"')
    result = node.script("packages.sh", PATH=str(node.bin), NODEYARD_DOCKER=str(node.root))
    assert result.returncode == 0, result.stderr
    assert "dpkg --configure -a" in node.called("dpkg")


@pytest.mark.parametrize(("by", "trusted"), [("937616F3450B7D806CBD9725D58167303B789C72", True), ("A" * 40, False)])
def test_the_agent_on_aws_is_installed_only_if_aws_signed_it(
    machine: Callable[..., Machine], by: str, trusted: bool
) -> None:
    node = machine(AWS)
    node.program("curl", "exit 0")
    node.program("dpkg", '[ "$1" != --print-architecture ] || echo amd64')
    # gpg says more after the line that counts, and must be let finish.
    more = "for n in $(seq 20000); do echo '[GNUPG:] TRUST_UNDEFINED 0 pgp'; done"
    node.program("gpg", f'[[ "$*" != *--verify* ]] || {{ echo "[GNUPG:] VALIDSIG {by} 2026-06-16"; {more}; }}')
    result = node.script("agent.sh")
    assert ("dpkg --install amazon-cloudwatch-agent.deb" in node.called("dpkg")) == trusted
    assert ("is not signed by AWS's key" in result.stderr) == (not trusted)
