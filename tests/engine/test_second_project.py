"""A team's project of its own takes what a stack of ours exports: the example in `examples/`, run beside that stack."""

import json
from pathlib import Path

from tests.engine.harness import CHECKOUT, Sandbox
from tests.engine.worlds import Worlds

EXAMPLE = CHECKOUT / "examples/beside-a-sequencer"
STACK = "metis-mainnet"


def test_the_example_puts_the_sequencers_address_beside_it(worlds: Worlds, tmp_path: Path) -> None:
    ours = worlds.shipped(STACK, tmp_path / "home")
    theirs = Sandbox(ours.home, EXAMPLE)
    theirs.up("dev")
    url = ours.outputs(STACK)["endpoints"]["l2geth"]
    assert theirs.outputs("dev") == {"url": url}
    (made,) = (r["inputs"] for r in theirs.resources("dev") if r["type"] == "kubernetes:core/v1:ConfigMap")
    assert (made["metadata"]["namespace"], made["data"]) == (ours.outputs(STACK)["namespace"], {"url": url})
    (cluster,) = (r["inputs"] for r in theirs.resources("dev") if r["type"] == "pulumi:providers:kubernetes")
    reached = json.loads(cluster["kubeconfig"])["clusters"][0]["cluster"]["server"]
    assert reached == ours.outputs("platform-aws")["platform"]["cluster_endpoint"]


def test_a_platform_says_how_a_person_logs_in(worlds: Worlds, tmp_path: Path) -> None:
    outputs = worlds.shipped(STACK, tmp_path / "home").outputs("platform-aws")
    assert outputs["login"] == "aws eks update-kubeconfig --name platform-aws --region us-east-2"
    assert outputs["kubeconfig"]["users"][0]["user"]["exec"]["args"][:2] == ["eks", "get-token"]
