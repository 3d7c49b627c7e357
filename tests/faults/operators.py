"""What an operator does by `nodeyard` on a sandbox's stack."""

import os
import subprocess
import sys

from tests.engine.harness import CHECKOUT, Sandbox


def nodeyard(sandbox: Sandbox, *arguments: str) -> str:
    """All that the command prints, whether or not it succeeds. The sandbox's Pulumi is the one that it asks."""
    told = subprocess.run(
        [sys.executable, "-m", "ops", "-C", str(sandbox.cwd), *arguments],
        cwd=CHECKOUT,
        env={
            **os.environ,
            **sandbox.environment,
            "NODEYARD_PULUMI": str(CHECKOUT / "sandbox/pulumi"),
            "SANDBOX_NO_ENDPOINTS": "",
            "SANDBOX_CLUSTER_OWNER": str(os.getpid()),  # what answers for the clouds ends with the tests
        },
        capture_output=True,
        text=True,
        check=False,
    )
    sandbox.printed += told.stdout + told.stderr
    return told.stdout + told.stderr
