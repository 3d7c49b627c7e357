"""The user data as a whole: what cloud-init, the shell and systemd say of it, and what it never holds."""

from __future__ import annotations

import base64
import gzip
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from nodeyard.clouds.aws import user_data as aws_user_data
from nodeyard.clouds.azure import user_data as azure_user_data
from nodeyard.clouds.gcp import user_data as gcp_user_data
from nodeyard.errors import InputError
from nodeyard.theta_edge_node.boot import BootChoices, choice_problems
from tests.boot.harness import AWS, ETC, LIB, WITH_SBIN, Boot

ENCODE = {"aws": aws_user_data.encode, "azure": azure_user_data.encode, "gcp": gcp_user_data.encode}

VARIANTS = {
    "gpu": {},
    "cpu": {"gpu": False},
    "full": {
        "spot": True,
        "expose": "vpc",
        "expose_cidrs": ("10.1.0.0/16", "10.2.0.0/16"),
        "network_cidrs": ("10.1.0.0/16", "192.0.2.0/24"),
        "user": "1002:1002",
        "read_only_root": True,
    },
    "testnet": {"network": "testnet"},
}


@pytest.fixture(params=list(VARIANTS))
def variant(request: pytest.FixtureRequest, boot: Boot) -> Boot:
    return boot.but(**VARIANTS[request.param])


@pytest.fixture
def tree(tmp_path: Path, variant: Boot) -> Path:
    """The machine's files, where they are on the machine, below a directory."""
    for path, text in variant.files.items():
        target = tmp_path / path.removeprefix("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o755 if path.endswith(".sh") else 0o644)
    return tmp_path


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, env=WITH_SBIN)


def test_cloud_init_accepts_it(variant: Boot, tmp_path: Path) -> None:
    file = tmp_path / "user-data"
    file.write_text(variant.text)
    result = run("cloud-init", "schema", "--config-file", file)
    assert result.returncode == 0, result.stdout + result.stderr


def test_cloud_init_writes_exactly_the_rendered_files_and_starts_units_that_exist(variant: Boot) -> None:
    config = yaml.safe_load(variant.text)
    assert {entry["path"]: entry["content"] for entry in config["write_files"]} == variant.files
    *_, enable = config["runcmd"]
    assert {f"/etc/systemd/system/{unit}" for unit in enable if unit.startswith("theta-")} <= variant.files.keys()
    assert "theta-edge-node.service" in enable
    # Some of them wait for hours: cloud-init does not wait with them.
    assert "--no-block" in enable


def test_only_root_reads_the_settings_and_scripts_are_executable(variant: Boot) -> None:
    modes = {entry["path"]: entry["permissions"] for entry in yaml.safe_load(variant.text)["write_files"]}
    assert {mode for path, mode in modes.items() if path.startswith(ETC)} == {"0600"}
    assert {mode for path, mode in modes.items() if path.endswith(".sh")} == {"0755"}


def test_shellcheck_finds_nothing(tree: Path) -> None:
    scripts = sorted((tree / LIB.strip("/")).glob("*.sh"))
    assert len(scripts) > 8
    result = run("shellcheck", "--external-sources", *scripts)
    assert result.returncode == 0, result.stdout


def test_every_script_stops_at_the_first_error(tree: Path) -> None:
    for script in (tree / LIB.strip("/")).glob("*.sh"):
        first = next(line for line in script.read_text().splitlines() if not line.startswith("#"))
        assert first == "set -euo pipefail", script.name


def test_python_programs_compile_for_the_oldest_image(tree: Path) -> None:
    # Ubuntu 22.04 has Python 3.10.
    import ast

    programs = sorted((tree / LIB.strip("/")).glob("*.py"))
    assert len(programs) > 4
    for program in programs:
        ast.parse(program.read_text(), feature_version=(3, 10))


def test_systemd_accepts_the_units(tree: Path) -> None:
    units = sorted(file for file in (tree / "etc/systemd/system").iterdir() if file.is_file())
    for unit in units:
        # The programs are where the machine has them: only below this directory.
        unit.write_text(unit.read_text().replace(LIB, f"{tree}{LIB}").replace("docker stop", "true"))
    result = run("systemd-analyze", "verify", *units)
    assert result.returncode == 0, result.stderr
    assert not result.stderr, result.stderr


def test_the_log_is_cut_before_it_fills_the_root_disk(boot: Boot) -> None:
    # logrotate looks at `maxsize` only when it runs, once a day as it comes.
    config = yaml.safe_load(boot.text)
    assert "maxsize 100M" in boot.files["/etc/logrotate.d/theta-edge-node"]
    timer = boot.files["/etc/systemd/system/logrotate.timer.d/nodeyard.conf"]
    assert re.findall(r"^OnCalendar=(.*)$", timer, re.M) == ["", "*:0/5"]
    [restart] = [call for call in config["runcmd"] if "restart" in call]
    assert "logrotate.timer" in restart
    assert run("systemd-analyze", "calendar", "*:0/5").returncode == 0
    assert "LogRateLimitBurst=" in boot.files["/etc/systemd/system/theta-edge-node.service"]


def test_comments_stay_here_but_for_what_programs_read(boot: Boot) -> None:
    lines = {line.strip() for text in boot.files.values() for line in text.splitlines()}
    found = {line for line in lines if line.startswith("#")}
    assert {"#!/usr/bin/env bash", "#!/usr/bin/env python3"} <= found
    assert all(line.startswith(("#!", "# shellcheck ")) for line in found)


def test_the_rules_parse(tree: Path) -> None:
    result = run("nft", "--check", "--file", tree / ETC.strip("/") / "firewall.nft")
    assert result.returncode == 0, result.stderr


def test_the_settings_read_the_same_by_the_shell_and_by_systemd(tree: Path, variant: Boot) -> None:
    text = (tree / ETC.strip("/") / "theta.env").read_text()
    # No quote, no dollar, no backslash but the outer single quotes: there is only one way to read such a line.
    assert all(re.fullmatch(r"[A-Z_]+=([^\s'\"$\\]*|'[^'\"$\\]*')", line) for line in text.splitlines())
    shown = run("bash", "-c", f"set -a; . {tree}{ETC}theta.env; echo $NODE; echo $SECRET; echo $PORTS; echo $GPU")
    gpu = "yes" if variant.choices.gpu else "no"
    assert shown.stdout.splitlines() == [variant.node, variant.secret, "15888 17888 17935", gpu]


def test_it_is_within_the_clouds_limit(variant: Boot) -> None:
    assert ENCODE[variant.name_of_cloud](variant.text)


def test_what_the_cloud_gets_is_what_cloud_init_reads(boot: Boot) -> None:
    sent = ENCODE[boot.name_of_cloud](boot.text)
    if boot.name_of_cloud == "aws":
        assert gzip.decompress(base64.b64decode(sent)).decode() == boot.text
        # RFC 1952: the header's time of modification, which would make every preview a change.
        assert base64.b64decode(sent)[4:8] == bytes(4)
    elif boot.name_of_cloud == "azure":
        assert base64.b64decode(sent).decode() == boot.text
    else:
        assert sent == boot.text


@pytest.mark.parametrize(("cloud", "most"), [("aws", 16384), ("azure", 65536), ("gcp", 262144)])
def test_beyond_the_limit_is_an_error_and_not_a_machine_that_boots_into_nothing(cloud: str, most: int) -> None:
    many = tuple(f"11.{n // 256}.{n % 256}.0/24" for n in range(20000))
    with pytest.raises(
        InputError, match=rf"user data is too long[\s\S]*user_data: \d+ cannot be: .* {most} bytes at most"
    ):
        ENCODE[cloud](AWS.but(network_cidrs=many).text)


def test_the_same_input_gives_the_same_bytes(boot: Boot) -> None:
    encode = ENCODE[boot.name_of_cloud]
    assert encode(boot.text) == encode(replace(boot).text)


def test_a_new_image_changes_no_user_data(boot: Boot) -> None:
    # There is no way to put one in: the reference is read from where `image_source` says.
    assert "sha256:" not in re.sub(r"sha256:\[0-9a-f\]", "", boot.text)
    assert boot.image_source in boot.text


def test_a_cpu_node_asks_for_no_gpu(boot: Boot) -> None:
    unit = boot.but(gpu=False).files["/etc/systemd/system/theta-edge-node.service"]
    assert "gpu.sh" not in unit
    assert "gpu.sh" in boot.files["/etc/systemd/system/theta-edge-node.service"]


def test_the_steps_of_a_start_come_in_their_order(boot: Boot) -> None:
    unit = boot.files["/etc/systemd/system/theta-edge-node.service"]
    steps = re.findall(r"^Exec(?:StartPre|Start)=(.*)$", unit, re.M)
    names = [re.sub(r".*/", "", step) for step in steps]
    assert names == ["packages.sh", "gpu.sh", "disk.sh", "firewall.nft", "start.sh", "run.sh"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"network": "moonbase"}, "network: 'moonbase' is not one of mainnet, testnet"),
        ({"expose": "vpc"}, "expose_cidrs: who may reach the ports?"),
        ({"expose_cidrs": ("10.0.0.0/8",)}, "expose_cidrs: only with `expose: vpc`"),
        ({"expose": "vpc", "expose_cidrs": ("0.0.0.0/0",)}, "expose_cidrs: 0.0.0.0/0 is not private"),
        ({"expose": "vpc", "expose_cidrs": ("0.0.0.0/1",)}, "expose_cidrs: 0.0.0.0/1 is not private"),
        ({"expose": "vpc", "expose_cidrs": ("8.8.8.0/24",)}, "expose_cidrs: 8.8.8.0/24 is not private"),
        ({"resolvers": ("1.1.1.0/24",)}, "resolvers: '1.1.1.0/24' is no address"),
        ({"network_cidrs": ("10.0.0.1/8",)}, "network_cidrs: '10.0.0.1/8' is no IPv4 address or range"),
        ({"network_cidrs": ("198.18.0.0/15",)}, "bridge_cidr: 198.18.255.240/28 lies in the network's own ranges"),
        ({"resolvers": ()}, "resolvers: the container needs a name server"),
        ({"user": "bcuser"}, "user: 'bcuser' is not uid:gid"),
    ],
)
def test_a_bad_choice_is_told_before_anything_is_made_and_is_never_rendered(change: dict[str, Any], said: str) -> None:
    [(path, reason)] = choice_problems(BootChoices(**{"network": "mainnet", "gpu": True, **change}))
    assert f"{path}: {reason}".startswith(said)
    with pytest.raises(InputError) as raised:
        AWS.but(**change).text  # noqa: B018 asked for its error
    assert f"\n  {said}" in str(raised.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"machine": "a b"}, "node: 'a b' is empty or has other characters"),
        ({"machine": "$(id)"}, "node: "),
        ({"secret": "arn:aws:secretsmanager:x'y"}, "SECRET: "),
        ({"disk": ""}, "VOLUME: '' is empty"),
    ],
)
def test_what_a_shell_would_read_otherwise_is_never_rendered(change: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as raised:
        replace(AWS, made=replace(AWS.made, **change)).text  # noqa: B018 asked for its error
    assert f"\n  {said}" in str(raised.value)


def test_a_networks_own_public_range_may_be_exposed_to() -> None:
    network = {"network_cidrs": ("203.0.113.0/24",), "expose_cidrs": ("203.0.113.128/25",)}
    assert "203.0.113.128/25" in AWS.but(expose="vpc", **network).files[f"{ETC}firewall.nft"]


def test_every_problem_is_told_at_once() -> None:
    wrong = replace(AWS.but(network="x", user="y"), made=replace(AWS.made, machine=""))
    with pytest.raises(InputError) as raised:
        wrong.text  # noqa: B018 asked for its error
    assert {path for path, _ in raised.value.problems} == {"network", "user", "node"}


def test_nobody_changes_kernel_or_driver_of_a_gpu_node_at_night(boot: Boot, tmp_path: Path) -> None:
    hold = "/etc/apt/apt.conf.d/99-nodeyard-gpu"
    assert hold not in boot.but(gpu=False).files
    (tmp_path / "hold").write_text(boot.files[hold])
    said = run("apt-config", "--config-file", tmp_path / "hold", "dump", "Unattended-Upgrade::Package-Blacklist").stdout
    # As unattended-upgrades takes them: Python's, from the beginning of a name.
    patterns = re.findall(r'Blacklist:: "(.*)"', said)
    held = ("linux-image-aws", "linux-modules-nvidia-580-aws", "nvidia-driver-580", "libnvidia-gl-580", "cuda-drivers")
    assert all(any(re.match(pattern, name) for pattern in patterns) for name in held)
    assert not any(re.match(pattern, name) for pattern in patterns for name in ("openssl", "docker.io", "libc6"))


def test_the_journal_has_a_limit_and_syslog_no_second_copy(boot: Boot) -> None:
    journal = boot.files["/etc/systemd/journald.conf.d/nodeyard.conf"]
    assert re.search(r"^SystemMaxUse=1G$", journal, re.M)
    assert re.search(r"^ForwardToSyslog=no$", journal, re.M)
    [restart] = [call for call in yaml.safe_load(boot.text)["runcmd"] if "restart" in call]
    assert "systemd-journald.service" in restart
