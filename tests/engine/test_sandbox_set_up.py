"""The wrapper takes what pulumi takes, keeps the checkout clean, and says what is missing in one sentence."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.engine.conftest import STACK, MakeProject
from tests.engine.harness import CHECKOUT, Sandbox

PULUMI = CHECKOUT / "sandbox/pulumi"


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A PATH with a shell's bare minimum."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for tool in ("sh", "dirname"):
        found = shutil.which(tool)
        assert found
        (directory / tool).symlink_to(found)
    return directory


def call(path: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(path), "HOME": str(cache), "XDG_CACHE_HOME": str(cache)}
    return subprocess.run([PULUMI, "version"], env=environment, capture_output=True, text=True, check=False)


def test_without_python_one_sentence_says_what_to_install(bare_path: Path, tmp_path: Path) -> None:
    result = call(bare_path, tmp_path)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "sandbox: Python 3.11 or newer is needed: install it, with its venv module, so that python3 runs it."
    ]


def test_without_go_one_sentence_says_what_to_install(bare_path: Path, tmp_path: Path) -> None:
    (bare_path / "python3").symlink_to(Path(sys.executable).resolve())
    result = call(bare_path, tmp_path)
    assert result.returncode == 1
    [sentence] = [line for line in result.stderr.splitlines() if not line.startswith("sandbox: building")]
    assert sentence.startswith("sandbox: Go 1.26 or newer is needed to build Pulumi's engine and Helm")


def test_a_warm_call_adds_less_than_half_a_second() -> None:
    """Of processor time, so that a busy machine does not fail it; an idle one takes as long."""

    def seconds(*command: object) -> float:
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0
        return usage.ru_utime + usage.ru_stime

    cached = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nodeyard"
    engine = next(iter(cached.glob("engine-*/pulumi")), None) or shutil.which("pulumi")
    added = [seconds(PULUMI, "version") - seconds(engine, "version") for _ in range(3)]
    assert min(added) < 0.5, added


def test_the_checkout_stays_clean(sandbox: Sandbox) -> None:
    def status() -> str:
        command = ["git", "status", "--porcelain", "--", "configs", "Pulumi.yaml"]
        return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout

    before = status()
    sandbox.configure("platform-aws", "--path", "nodeyard:stack.cidr", "10.41.0.0/16")
    sandbox.ok("config", "--stack", "platform-aws")
    assert status() == before
    assert (sandbox.home / "projects/nodeyard/configs/Pulumi.platform-aws.yaml").exists()


def test_paths_are_the_users_own(project: MakeProject) -> None:
    probe = project('import pulumi; pulumi.export("a", 1)')
    probe.up(STACK)
    probe.ok("stack", "export", "--stack", STACK, "--file", "state.json")
    assert (probe.cwd / "state.json").exists()


def test_another_directory_can_be_named(project: MakeProject, tmp_path: Path) -> None:
    probe = project('import pulumi; pulumi.export("a", 1)')
    directory, probe.cwd = probe.cwd, tmp_path
    assert "a: 1" in probe.ok("--cwd", str(directory), "up", "--stack", STACK, "--yes", "--skip-preview")


def test_the_owners_encrypted_values_become_labelled_secrets(project: MakeProject) -> None:
    probe = project(
        """
        import pulumi
        found = pulumi.Config().require_secret_object("keys")
        pulumi.export("label", pulumi.Output.unsecret(found.apply(lambda keys: keys["main"][0])))
        """
    )
    name = (probe.cwd / "Pulumi.yaml").read_text().split("name: ")[1].split()[0]
    stack_file = {
        "encryptionsalt": "v1:of-the-owner",
        "config": {f"{name}:keys": {"main": [{"secure": "v1:aaaa:bbbb"}]}},
    }
    (probe.cwd / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(stack_file))
    probe.up(STACK)
    assert probe.outputs(STACK) == {"label": f"sandbox dummy for {name}:keys.main[0]"}
    kept = yaml.safe_load((probe.home / f"projects/{name}/Pulumi.{STACK}.yaml").read_text())
    assert "secure" in kept["config"][f"{name}:keys"]["main"][0]


def test_config_set_here_outlives_a_change_of_the_stack_file(project: MakeProject) -> None:
    probe = project("import pulumi")
    probe.configure(STACK, "mine", "kept")
    probe.stack_file({"aws:region": "eu-west-1"})
    shown = probe.ok("config", "--stack", STACK)
    assert "kept" in shown
    assert "eu-west-1" in shown


def test_the_platform_is_deployed_first_when_there_is_none(project: MakeProject) -> None:
    probe = project(
        """
        import pulumi
        if pulumi.get_stack() == "ground":
            pulumi.export("platform", {"name": "ground"})
        else:
            pulumi.export("on", pulumi.StackReference("ground").require_output("platform"))
        """
    )
    name = (probe.cwd / "Pulumi.yaml").read_text().split("name: ")[1].split()[0]
    (probe.cwd / "Pulumi.ground.yaml").write_text("config: {}\n")
    probe.stack_file({f"{name}:stack": {"platform": "ground"}})
    first = probe.run("preview", "--stack", STACK, "--json")
    assert first.returncode == 0
    assert "ground, which this sandbox does not have yet: deploying it first" in first.stderr
    assert first.stdout.lstrip().startswith("{")
    assert "deploying it first" not in probe.run("preview", "--stack", STACK).stderr


def test_a_platform_of_another_project_is_never_deployed(project: MakeProject) -> None:
    probe = project("import pulumi")
    name = (probe.cwd / "Pulumi.yaml").read_text().split("name: ")[1].split()[0]
    probe.stack_file({f"{name}:stack": {"platform": "organization/elsewhere/ground"}})
    assert "deploying" not in probe.run("preview", "--stack", STACK).stderr
