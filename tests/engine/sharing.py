"""What the tests that bring stacks up share in a run, whatever their folder: the worlds, and a warm process."""

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import bootstrap
from tests.engine.worlds import Worlds


@pytest.fixture(scope="session")
def warm() -> Iterator[None]:
    """Programs start in forks of a process that has the SDKs already."""
    python, program = bootstrap.virtual_environment(), Path(__file__).with_name("warm.py")
    path = Path(tempfile.mkdtemp()) / "socket"  # a socket's path must be short
    server = subprocess.Popen([python, "-u", program, "serve", path], stdout=subprocess.PIPE)
    assert server.stdout
    server.stdout.readline()
    os.environ["SANDBOX_LAUNCHER"] = shlex.join(map(str, (python, "-I", "-S", program, "call", path)))
    yield
    del os.environ["SANDBOX_LAUNCHER"]
    server.terminate()
    server.wait()
    shutil.rmtree(path.parent)


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    """What is brought up once in this run, whatever the number of its workers."""
    base = tmp_path_factory.getbasetemp()
    return Worlds((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "worlds")
