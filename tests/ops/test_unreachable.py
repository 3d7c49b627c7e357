"""What every command says when Pulumi answers and nothing else does: no cloud, no cluster and no node.

The table says it of each; a command without a line fails here.
"""

import json
from typing import Any

import pytest

from tests.ops.harness import REGION, Command, aws_stack, theta_node
from tests.ops.test_command_line import COMMANDS

ARN = "arn:aws:secretsmanager:us-east-2:123456789012:secret:stack"
RELEASED = {"namespace": "n", "release": "r"}
KINDS: dict[str, dict[str, Any]] = {
    "metis": {
        **RELEASED,
        "kind": "metis",
        "component": "metis_sequencer",
        "secrets": {key: f"{ARN}/{key}-AbCdEf" for key in ("seqPriv", "nodeKey", "privValidatorKey")},
    },
    "mantis": {
        **RELEASED,
        "kind": "mantis",
        "component": "mantis_cluster",
        "client": "core-geth",
        "chainId": 61001,
        "genesisHash": f"0x{'1' * 64}",
        "genesisMiners": 2,
        "public": False,
        "tasks": {f"miner-{n}": {"role": "miner", "pod": f"miner-{n}-0", "address": f"0x{n}"} for n in range(2)},
    },
    "nodeos": {
        **RELEASED,
        "kind": "nodeos",
        "component": "nodeos_bp_cluster",
        "ordinals": {f"bp-{n}": {"service": f"bp-{n}", "pod": f"n/bp-{n}-0", "zone": "us-east-2a"} for n in range(2)},
        "lease": "nodeos-bp",
        "failover": "manual",
        "missing": [],
        "producers": ["ours"],
        "secrets": {"token": f"{ARN}/token-AbCdEf"},
    },
    "theta": {"kind": "theta", "component": "theta_edge_node", "nodes": {"a": theta_node(group="a-group")}},
}
ASKING: dict[str, tuple[str, list[str]]] = {
    "status": ("metis", []),
    "status, of a machine": ("theta", ["--wait", "1"]),
    "logs": ("mantis", ["miner-0"]),
    "logs, of a machine": ("theta", ["a"]),
    "restart": ("mantis", ["miner-0", "--yes"]),
    "restart, of a machine": ("theta", ["a", "--yes"]),
    "stop": ("mantis", ["miner-0", "--yes"]),
    "start": ("mantis", ["miner-0"]),
    "shell": ("mantis", ["miner-0"]),
    "exec": ("mantis", ["miner-0", "--", "ls"]),
    "recover": ("metis", ["--yes"]),
    "secrets list": ("metis", []),
    "secrets check": ("metis", []),
    "secrets set": ("metis", ["seqPriv", "--file", "-"]),
    "release status": ("mantis", []),
    "release unlock": ("mantis", ["--yes"]),
    "release repair": ("mantis", ["--yes"]),
    "metis keys": ("metis", ["--yes"]),
    "metis lock-check": ("metis", []),
    "metis snapshot": ("metis", ["--part", "l2geth"]),
    "nodeos switch-producer": ("nodeos", ["--to", "bp-1", "--yes"]),
    "nodeos upgrade": ("nodeos", ["--image", "nodeos:2", "--yes"]),
    "nodeos backup": ("nodeos", []),
    "nodeos restore": ("nodeos", ["--ordinal", "bp-1", "--yes"]),
    "nodeos reload": ("nodeos", []),
    "mantis join": ("mantis", ["--port-forward"]),
    "mantis upgrade": ("mantis", []),
    "mantis propose": ("mantis", ["miner-1", "--yes"]),
    "mantis step-back": ("mantis", ["miner-1", "--yes"]),
    "mantis clean-backup-node": ("mantis", ["--yes"]),
}
"""What a command is told: the stack, and the words behind it. Behind a comma stands what it does there."""
NOBODY = ("nobody answers at 192.0.2.1", "Could not connect to the endpoint", "the cloud cannot be reached")
"""What kubectl and the clouds' command lines, a cloud's SDK, and Pulumi's providers say then."""
ASKS_NOBODY = {
    "kubeconfig": "prints what the stack's outputs say",
    "versions": "reads the project's files; what it cannot see of the stacks' states it leaves out",
    "history": "tells Pulumi's part, and notes that Helm's is not known (tests/ops/test_history.py)",
    "theta dashboard": "prints what the stack's outputs say",
    "tsm keygen": "makes a key",
    "tsm apikey": "makes a key",
    "tsm card": "reads the stack's outputs and a file",
    "tsm config check": "reads a file",
    "mantis keys generate": "makes keys",
}
"""Commands for which Pulumi is enough, or nothing is needed, and why."""
RELEASE = "kubernetes:helm.sh/v3:Release"
VOLUME = "kubernetes:core/v1:PersistentVolume"
PROVIDER = "pulumi:providers:aws"


@pytest.fixture
def alone(nodeyard: Command) -> Command:
    """Only Pulumi's backend answers: with outputs, states, and a create that is pending."""
    for tool in ("kubectl", "aws", "az", "gcloud"):
        nodeyard.install(tool, "unreachable")
    nodeyard.monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    nodeyard.monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    (nodeyard.directory / "Pulumi.yaml").write_text("name: nodeyard\n")
    for kind, outputs in KINDS.items():
        nodeyard.deploy(kind, **aws_stack(**outputs))
        (nodeyard.directory / f"{kind}.state").write_text(json.dumps({"version": 3, "deployment": deployment(kind)}))
        (nodeyard.directory / f"{kind}.cloud").write_text("[]")
        (nodeyard.directory / f"{kind}.unreachable").touch()
    return nodeyard


def deployment(stack: str) -> dict[str, Any]:
    def resource(type_: str, name: str, **more: Any) -> dict[str, Any]:
        return {"urn": f"urn:pulumi:{stack}::nodeyard::{type_}::{name}", "type": type_, "custom": True, **more}

    released = {"name": "r", "namespace": "n"}
    provider = resource(PROVIDER, "p", id="p", inputs={"region": REGION})
    disk = {"spec": {"csi": {"driver": "csi", "volumeHandle": "vol-1"}}}
    role = resource("aws:iam/role:Role", "role", inputs={"name": "role"}, provider=f"{provider['urn']}::p")
    return {
        "resources": [
            provider,
            resource(RELEASE, "r", id="r", inputs=released, outputs=released),
            resource(VOLUME, f"{released['name']}-l2geth", id="v", outputs=disk),
        ],
        "pending_operations": [{"type": "creating", "resource": role}],
    }


def test_the_table_has_every_command() -> None:
    asking = {name.partition(",")[0] for name in ASKING}
    assert asking.isdisjoint(ASKS_NOBODY)
    assert asking | set(ASKS_NOBODY) == {" ".join(words) for words in COMMANDS}


@pytest.mark.parametrize("command", ASKING)
def test_where_nobody_answers_one_sentence_says_who_and_the_exit_code_is_3(command: str, alone: Command) -> None:
    stack, more = ASKING[command]
    result = alone(*command.partition(",")[0].split(), stack, *more, stdin="ab" * 32)
    said = [line for line in result.stderr.splitlines() if line.startswith("nodeyard: ")]
    assert (result.exit_code, len(said)) == (3, 1), result.output
    assert any(word in result.output for word in NOBODY), result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["kubeconfig", "history", "theta dashboard"])
def test_what_only_pulumi_knows_is_told_all_the_same(command: str, alone: Command) -> None:
    (alone.directory / "theta.history").write_text("[]")
    alone.deploy("theta", **aws_stack(**KINDS["theta"], **RELEASED, kubeconfig={"clusters": []}))
    result = alone(*command.split(), "theta")
    assert (result.exit_code, bool(result.stdout)) == (0, True), result.stderr
