"""Only what a stack uses is imported: an SDK takes a second and more."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SDKS = {"aws": "pulumi_aws", "azure": "pulumi_azure_native", "gcp": "pulumi_gcp"}


def imported(program: str) -> set[str]:
    """The top-level packages that a fresh interpreter has after `program`."""
    shown = f"{program}\nimport json, sys\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", shown], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def fleet(cloud: str) -> str:
    """A program that makes a fleet on machines, on mocks."""
    return f"""
import tempfile
from pathlib import Path
from nodeyard.theta_edge_node import ThetaEdgeNode
from sandbox.mocks import SandboxMocks
from tests.unit.recording import record
from tests.unit.theta_fleet import CLOUDS, arguments
mocks = SandboxMocks(Path(tempfile.mkdtemp()), region=CLOUDS[{cloud!r}].site["region"])
recording = record(lambda: ThetaEdgeNode("theta", arguments({cloud!r})), mocks)
assert recording.of("nodeyard:index:EdgeNode")
"""


@pytest.mark.parametrize("cloud", SDKS)
def test_machines_need_neither_kubernetes_nor_another_clouds_sdk(cloud: str) -> None:
    assert imported(fleet(cloud)) & {"pulumi_kubernetes", "pulumi_eks", *SDKS.values()} == {SDKS[cloud]}


def test_a_clouds_name_needs_no_sdk_at_all() -> None:
    found = imported("from nodeyard.clouds.contract.platform import CloudName")
    assert not {name for name in found if name.startswith("pulumi")}


def test_the_components_need_no_clouds_sdk_before_they_know_the_cloud() -> None:
    found = imported("import nodeyard.theta_edge_node")
    assert not found & {"pulumi_kubernetes", "pulumi_eks", *SDKS.values()}
