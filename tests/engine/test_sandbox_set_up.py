"""The wrapper takes what pulumi takes, keeps the checkout clean, and says what is missing in one sentence."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.engine.conftest import MakeProject
from tests.engine.harness import CHECKOUT, STACK, Project, Sandbox

pytestmark = pytest.mark.usefixtures("cold")
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


def test_the_owners_encrypted_values_are_left_out(project: MakeProject) -> None:
    probe = project(
        """
        import pulumi
        pulumi.export("found", pulumi.Config().get_object("keys"))
        """
    )
    name = (probe.cwd / "Pulumi.yaml").read_text().split("name: ")[1].split()[0]
    stack_file = {
        "encryptionsalt": "v1:of-the-owner",
        "config": {f"{name}:keys": {"main": [{"secure": "v1:aaaa:bbbb"}], "other": "clear"}},
    }
    (probe.cwd / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(stack_file))
    probe.up(STACK)
    assert probe.outputs(STACK) == {"found": {"other": "clear"}}


def test_values_reach_the_program_as_pulumi_reads_them(project: MakeProject) -> None:
    """By Go's YAML, that is, and not by Python's older one."""
    probe = project(
        """
        import pulumi
        pulumi.export("found", pulumi.Config().require_object("env"))
        """
    )
    name = (probe.cwd / "Pulumi.yaml").read_text().split("name: ")[1].split()[0]
    env = "{a: y, b: off, c: 1:30, d: 0o14, e: 2026-01-01, f: '1', g: true, h: 012345678}"
    (probe.cwd / f"Pulumi.{STACK}.yaml").write_text(f"config:\n  {name}:env: {env}\n")
    probe.up(STACK)
    text = {"a": "y", "b": "off", "c": "1:30", "f": "1"}
    date = "2026-01-01 00:00:00 +0000 UTC"  # what Pulumi makes of one without quotes
    assert probe.outputs(STACK)["found"] == {**text, "d": 12, "e": date, "g": True, "h": 12345678}


def test_a_stack_file_that_cannot_be_read_is_one_error_with_its_lines(project: MakeProject) -> None:
    probe = project("import pulumi")
    stack_file = probe.cwd / f"Pulumi.{STACK}.yaml"
    stack_file.write_text("config:\n  aws:region: eu-west-1\n  aws:region: eu-west-2\n")
    (probe.cwd / "Pulumi.other.yaml").write_text("config: [\n")
    result = probe.run("preview", "--stack", STACK)
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f"sandbox: {stack_file}:3: the key 'aws:region' is already there in line 2",
        f"{probe.cwd}/Pulumi.other.yaml:2:1: did not find expected node content",
    ]


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


def replaced_with(probe: Project, stack: str) -> list[str]:
    resources = probe.export(stack)["deployment"]["resources"]
    [second] = [resource for resource in resources if resource["urn"].endswith("::second")]
    found: list[str] = second["replaceWith"]
    return found


def test_a_stack_can_be_renamed(project: MakeProject) -> None:
    """One of whose resources is replaced with another, which engines before 3.274 could not rename."""
    probe = project(
        """
        import pulumi, pulumi_random as random
        first = random.RandomPassword("first", length=2)
        random.RandomPassword("second", length=2, opts=pulumi.ResourceOptions(replace_with=[first]))
        """
    )
    probe.up(STACK)
    second = replaced_with(probe, STACK)
    assert second[0].endswith("::first")
    probe.ok("stack", "rename", "renamed", "--stack", STACK)
    assert replaced_with(probe, "renamed") == [urn.replace(f":{STACK}::", ":renamed::", 1) for urn in second]
    assert "3 unchanged" in probe.ok("preview", "--stack", "renamed")


def test_an_import_of_a_type_that_the_sandbox_does_not_know_says_so(project: MakeProject) -> None:
    probe = project("import pulumi")
    printed = probe.fails("import", "aws:sqs/queue:Queue", "q", "some-id", "--stack", STACK, "--yes")
    assert "the sandbox has no stand-in for aws:sqs/queue:Queue" in printed
    assert "KeyError" not in printed


def test_an_import_takes_what_is_there_and_writes_no_code(project: MakeProject) -> None:
    probe = project('import pulumi_aws as aws; aws.ec2.Vpc("v", cidr_block="10.0.0.0/16")')
    probe.up(STACK)
    [vpc] = [r for r in probe.export(STACK)["deployment"]["resources"] if r["type"] == "aws:ec2/vpc:Vpc"]
    probe.ok("state", "delete", vpc["urn"], "--stack", STACK, "--yes")
    assert "1 imported" in probe.ok("import", "aws:ec2/vpc:Vpc", "v", vpc["id"], "--stack", STACK, "--yes")
    assert "an import writes no code in the sandbox" in probe.printed


def test_a_new_sandbox_is_the_users_own(project: MakeProject, tmp_path: Path) -> None:
    probe = project("import pulumi")
    home = tmp_path / "new"
    probe.environment["SANDBOX_HOME"] = str(home)
    probe.up(STACK)
    assert home.stat().st_mode & 0o777 == 0o700
    states = [file for file in home.glob("state/.pulumi/**/*.json*") if file.is_file()]
    assert states
    assert {file.stat().st_mode & 0o777 for file in states} == {0o600}


def test_a_state_whose_attributes_a_killed_engine_left_empty_is_read_again(project: MakeProject) -> None:
    probe = project("import pulumi; pulumi.export('it', 'lives')")
    probe.up(STACK)
    [attributes] = (probe.home / f"state/.pulumi/stacks/{probe.project}").glob("*.json.attrs")
    attributes.write_text("")
    assert "lives" in probe.ok("stack", "output", "--stack", STACK)
    assert f"removed {attributes}, which a killed engine left empty" in probe.printed
