"""No value shows: in a process of its own, with every process that it starts written down, and on a real terminal."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.ops.harness import CHECKOUT, REGION, Command, aws_stack, environment, eventually

SECRET = "correct-horse-battery-staple"
YES_OR_NO = "[y/N]"
PATIENCE = 600
"""Seconds, after which a command hangs. A busy machine is no fault of its."""

# Python tells its audit hooks of every process that it starts.
AUDIT = """
import os, sys
def hook(event, arguments):
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"):
        with open(os.environ["AUDIT"], "a") as log:
            log.write(f"{event} {arguments!r}\\n")
sys.addaudithook(hook)
"""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    finally:
        server.stop()


@pytest.fixture
def manager(nodeyard: Command, endpoint: str, request: pytest.FixtureRequest) -> Any:
    client = boto3.client("secretsmanager", region_name=REGION, endpoint_url=endpoint)
    ids = {key: client.create_secret(Name=f"{request.node.name}/{key}")["ARN"] for key in ("first", "second")}
    nodeyard.deploy("metis", **aws_stack(secrets=ids))
    return client


@pytest.fixture
def child(nodeyard: Command, endpoint: str) -> dict[str, str]:
    """The environment of a `nodeyard` that writes down what it starts."""
    (nodeyard.directory / "sitecustomize.py").write_text(AUDIT)
    return {
        **os.environ,
        **environment(nodeyard.directory),
        "AWS_ENDPOINT_URL": endpoint,
        "PYTHONPATH": f"{nodeyard.directory}{os.pathsep}{CHECKOUT}",
        "AUDIT": str(nodeyard.directory / "audit"),
    }


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ops", *arguments]


def everything_written(directory: Path) -> str:
    return "".join(path.read_text() for path in directory.iterdir() if path.is_file())


def test_no_process_gets_the_value(nodeyard: Command, manager: Any, child: dict[str, str], request: Any) -> None:
    done = subprocess.run(
        command("secrets", "set", "metis", "first", "--file", "-"),
        input=f"{SECRET}\n",
        env=child,
        cwd=nodeyard.directory,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert manager.get_secret_value(SecretId=f"{request.node.name}/first")["SecretString"] == SECRET
    started = (nodeyard.directory / "audit").read_text()
    assert "--stack', 'metis'" in started, "the audit saw Pulumi, or it saw nothing"
    assert SECRET not in started
    assert SECRET not in done.stdout + done.stderr
    assert SECRET not in everything_written(nodeyard.directory)


def echoes(terminal: int) -> bool:
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def converse(arguments: list[str], child: dict[str, str], cwd: Path, answers: list[tuple[str, str]]) -> tuple[str, int]:
    """Runs a command on a terminal and answers each question. Gives all that the terminal showed, and the exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        # Tests that a shell runs in the background inherit that interrupts are ignored.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.chdir(cwd)
        os.execve(sys.executable, command(*arguments), child)
    shown, end = "", time.monotonic() + PATIENCE
    waiting = list(answers)
    seen = 0
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 4096).decode()
            except OSError:
                break
        if waiting and waiting[0][0] in shown[seen:]:
            question, answer = waiting.pop(0)
            seen = len(shown)
            # The prompt is out before the terminal stops to echo.
            assert YES_OR_NO in question or eventually(lambda: not echoes(terminal), PATIENCE), shown
            os.write(terminal, f"{answer}\n".encode())
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert not waiting, f"never asked {waiting}: {shown}"
    return shown, code


def test_a_prompt_shows_nothing_and_asks_twice(
    nodeyard: Command, manager: Any, child: dict[str, str], request: Any
) -> None:
    answers = [
        ("first (hidden)", SECRET),
        ("first again", "a-typing-error"),
        ("first (hidden)", SECRET),
        ("first again", SECRET),
    ]
    shown, code = converse(["secrets", "set", "metis", "first"], child, nodeyard.directory, answers)
    assert code == 0, shown
    assert manager.get_secret_value(SecretId=f"{request.node.name}/first")["SecretString"] == SECRET
    assert SECRET not in shown
    assert "a-typing-error" not in shown


def test_what_is_typed_wrong_is_asked_for_again_and_never_shown(
    nodeyard: Command, manager: Any, child: dict[str, str], request: Any
) -> None:
    arn = manager.describe_secret(SecretId=f"{request.node.name}/first")["ARN"]
    nodeyard.deploy("metis", **aws_stack(component="metis_sequencer", secrets={"seqPriv": arn}))
    right = "ab" * 32
    answers = [
        ("seqPriv (hidden)", SECRET),
        ("seqPriv again", SECRET),
        ("seqPriv (hidden)", right),
        ("seqPriv again", right),
    ]
    shown, code = converse(["secrets", "set", "metis", "seqPriv"], child, nodeyard.directory, answers)
    assert code == 0, shown
    assert "seqPriv is no private key: 64 hexadecimal digits." in shown
    assert manager.get_secret_value(SecretId=arn)["SecretString"] == right
    assert SECRET not in shown
    assert right not in shown


def test_reading_shows_no_value_and_gives_it_to_no_process(
    nodeyard: Command, manager: Any, child: dict[str, str], request: Any
) -> None:
    arn = manager.describe_secret(SecretId=f"{request.node.name}/first")["ARN"]
    manager.put_secret_value(SecretId=arn, SecretString=SECRET)
    nodeyard.deploy("metis", **aws_stack(component="metis_sequencer", secrets={"seqPriv": arn}))
    shown, code = converse(["secrets", "check", "metis", "--read"], child, nodeyard.directory, [])
    assert code == 1, shown
    assert "Wrong: seqPriv is no private key" in shown
    assert SECRET not in shown
    assert SECRET not in (nodeyard.directory / "audit").read_text()


def test_a_secret_on_the_command_line_is_not_repeated(nodeyard: Command, manager: Any, child: dict[str, str]) -> None:
    for words in (["first", SECRET], [SECRET], ["first", "--file", SECRET]):
        shown, code = converse(["secrets", "set", "metis", *words], child, nodeyard.directory, [])
        assert (code, SECRET in shown) == (2, False), shown


def test_without_a_key_every_empty_one_is_asked_for(
    nodeyard: Command, manager: Any, child: dict[str, str], request: Any
) -> None:
    answers = [
        ("first (hidden, empty skips it)", ""),
        ("first again", ""),
        ("second (hidden, empty skips it)", SECRET),
        ("second again", SECRET),
    ]
    shown, code = converse(["secrets", "set", "metis"], child, nodeyard.directory, answers)
    assert code == 0, shown
    assert manager.get_secret_value(SecretId=f"{request.node.name}/second")["SecretString"] == SECRET
    assert not manager.list_secret_version_ids(SecretId=f"{request.node.name}/first")["Versions"]


def test_declining_changes_nothing(nodeyard: Command, manager: Any, child: dict[str, str], request: Any) -> None:
    manager.put_secret_value(SecretId=f"{request.node.name}/first", SecretString="old")
    arguments = ["secrets", "set", "metis", "first"]
    shown, code = converse(arguments, child, nodeyard.directory, [("Overwrite it? [y/N]", "n")])
    assert code == 1
    assert "Nothing was changed." in shown
    assert manager.get_secret_value(SecretId=f"{request.node.name}/first")["SecretString"] == "old"


def test_an_interrupt_at_a_question_is_no_answer(nodeyard: Command, manager: Any, child: dict[str, str]) -> None:
    shown, code = converse(
        ["secrets", "set", "metis", "first"], child, nodeyard.directory, [("first (hidden)", "\x03")]
    )
    assert code == 130, shown
    assert "nodeyard: interrupted." in shown


def test_no_sdk_is_imported_before_it_is_needed(child: dict[str, str], nodeyard: Command) -> None:
    program = (
        "import sys, ops.app; "
        "print([m for m in sys.modules if m.split('.')[0] in ('boto3', 'botocore', 'azure') or m == 'google.cloud'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=child,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout.strip() == "[]"
