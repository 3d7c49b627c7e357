"""What a stack file may say, and how it is told what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from nodeyard.errors import InputError
from stacks.config import MetisConfig, parse
from stacks.schema import schema
from stacks.theta_config import EdgeNode, ThetaConfig
from tests.unit.examples import metis_config

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
STACK_FILES = sorted(CONFIGS.glob("Pulumi.*.yaml"))


def problems(raw: Any) -> dict[str, str]:
    with pytest.raises(InputError) as raised:
        parse(raw)
    return dict(raised.value.problems)


def test_every_problem_is_told_at_once_with_the_path_of_its_key() -> None:
    found = problems(
        metis_config(
            namespace="Metis",
            sequencerAddress="0x1",
            l2geth={"zone": "us-east-2a", "diskGb": 1, "env": {"GCMODE": "full"}},
            themis={"diskGib": 0},
        )
    )
    assert set(found) == {
        "nodeyard:stack.namespace",
        "nodeyard:stack.sequencerAddress",
        "nodeyard:stack.l2geth.diskGb",
        "nodeyard:stack.themis.diskGib",
    }


def test_an_unknown_key_is_an_error_that_suggests_the_known_one() -> None:
    found = problems(metis_config(l2geth={"zone": "us-east-2a", "diskGb": 1}))
    assert found == {"nodeyard:stack.l2geth.diskGb": "unknown key; did you mean diskGib?"}


def test_a_missing_key_is_named() -> None:
    config = metis_config()
    del config["releaseVersion"]
    assert problems(config) == {"nodeyard:stack.releaseVersion": "is required"}


def test_an_unknown_kind_names_the_known_ones() -> None:
    assert problems({"kind": "metys"}) == {"nodeyard:stack.kind": "must be one of platform, metis, theta"}


def test_a_stack_without_configuration_says_so() -> None:
    assert problems(None) == {"nodeyard:stack": "is missing: see configs/ for examples"}


@pytest.mark.parametrize(
    ("process", "env", "reason"),
    [
        ("l2geth", {"GCMODE": "full"}, "a sequencer needs 'archive', not 'full'"),
        ("l2geth", {"CHAIN_ID": "59902"}, "andromeda has chain id 1088, not 59902"),
        ("l2geth", {"RPC_API": "eth,rollup"}, "a sequencer's RPC_API needs rollupbridge"),
        ("l2geth", {"SEQ_PRIV": "0x1"}, "cannot be set here: it is a secret: give it as secrets.seqPriv"),
        ("l1dtl", {"DATA_TRANSPORT_LAYER__SYNC_L1_BATCH": "false"}, "a sequencer needs 'true', not 'false'"),
        ("l1dtl", {"DATA_TRANSPORT_LAYER__L2_CHAIN_ID": "1"}, "andromeda has chain id 1088, not 1"),
        (
            "l1dtl",
            {"DATA_TRANSPORT_LAYER__L1_BEACON_ENDPOINT": ""},
            "cannot be set here: it is a secret: give it as secrets.l1BeaconEndpoint",
        ),
    ],
)
def test_settings_that_would_break_a_sequencer_are_refused(process: str, env: dict[str, str], reason: str) -> None:
    nodes: dict[str, Any] = {"l2geth": {"zone": "us-east-2a"}, "l1dtl": {}}
    nodes[process]["env"] = env
    assert problems(metis_config(**nodes)) == {f"nodeyard:stack.{process}.env.{next(iter(env))}": reason}


def test_mainnet_refuses_an_l2geth_disk_under_500_gib_and_sepolia_takes_it() -> None:
    small = {"zone": "us-east-2a", "diskGib": 499}
    assert problems(metis_config(l2geth=small)) == {"nodeyard:stack.l2geth.diskGib": "andromeda needs 500 GiB or more"}
    assert isinstance(parse(metis_config(network="sepolia", l2geth=small)), MetisConfig)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (
            {"resumeAtHeight": 5, "keyRanNowhereElse": True},
            "resumeAtHeight needs keyRanNowhereElse: true, and the volume that it is meant for",
        ),
        (
            {"bootstrap": True, "resumeAtHeight": 5, "keyRanNowhereElse": True},
            "bootstrap is for a new validator, resumeAtHeight for one that has signed: give one",
        ),
    ],
)
def test_a_signing_state_that_contradicts_itself_is_refused(state: dict[str, Any], reason: str) -> None:
    found = problems(metis_config(themis={"zone": "us-east-2b", "signingState": state}))
    assert found == {"nodeyard:stack.themis.signingState": reason}


def test_defaults_are_upstreams_newest_table() -> None:
    config = parse(metis_config())
    assert isinstance(config, MetisConfig)
    assert (config.l2geth.disk_gib, config.themis.disk_gib) == (750, 300)
    assert not config.themis.signing_state.bootstrap


@pytest.mark.parametrize("cloud", ["azure", "gcp"])
def test_a_platform_elsewhere_than_on_aws_must_name_its_account(cloud: str) -> None:
    raw = yaml.safe_load((CONFIGS / "Pulumi.platform-aws.yaml").read_text())["config"]["nodeyard:stack"]
    assert problems({**raw, "cloud": cloud}) == {"nodeyard:stack.account": "is required on Azure and Google Cloud"}
    parse({**raw, "cloud": cloud, "account": "mine"})


def test_a_platform_may_not_open_its_api_server_to_the_whole_internet() -> None:
    raw = yaml.safe_load((CONFIGS / "Pulumi.platform-aws.yaml").read_text())["config"]["nodeyard:stack"]
    found = problems({**raw, "publicAccessCidrs": ["0.0.0.0/0"]})
    assert list(found) == ["nodeyard:stack.publicAccessCidrs"]
    assert "whole internet" in found["nodeyard:stack.publicAccessCidrs"]


def test_a_range_that_is_none_is_refused_by_its_place_in_the_list() -> None:
    raw = yaml.safe_load((CONFIGS / "Pulumi.platform-aws.yaml").read_text())["config"]["nodeyard:stack"]
    assert list(problems({**raw, "peeredCidrs": ["10.0.0.0/8", "10.0.0.1/8"]})) == ["nodeyard:stack.peeredCidrs[1]"]


@pytest.mark.parametrize("file", STACK_FILES, ids=lambda file: file.stem)
def test_every_shipped_stack_file_is_valid_and_names_its_schema(file: Path) -> None:
    text = file.read_text()
    assert text.startswith("# yaml-language-server: $schema=stack.schema.json\n")
    content = yaml.safe_load(text)
    parse(content["config"]["nodeyard:stack"])
    Draft202012Validator(schema()).validate(content)


def test_the_schema_in_the_repository_is_the_models_own() -> None:
    assert json.loads((CONFIGS / "stack.schema.json").read_text()) == schema()


def test_the_schema_refuses_an_unknown_key() -> None:
    errors = list(Draft202012Validator(schema()).iter_errors({"config": {"nodeyard:stack": metis_config(diskGib=1)}}))
    assert errors


# --- theta ---


def theta_config(**changes: Any) -> dict[str, Any]:
    raw: dict[str, Any] = yaml.safe_load((CONFIGS / "Pulumi.theta-mainnet.yaml").read_text())
    return {key: value for key, value in {**raw["config"]["nodeyard:stack"], **changes}.items() if value is not None}


def test_a_number_of_nodes_is_as_many_names() -> None:
    config = parse(theta_config(nodes=3))
    assert isinstance(config, ThetaConfig)
    assert list(config.nodes) == ["edge-1", "edge-2", "edge-3"]
    assert config.nodes["edge-2"] == EdgeNode()


@pytest.mark.parametrize("nodes", [0, {}, True, "3"])
def test_a_fleet_without_nodes_is_refused(nodes: Any) -> None:
    assert list(problems(theta_config(nodes=nodes))) == ["nodeyard:stack.nodes"]


def test_a_misspelt_key_of_a_node_is_named_with_its_path() -> None:
    found = problems(theta_config(nodes={"a": {"zoen": "us-east-2a"}}))
    assert found == {"nodeyard:stack.nodes.a.zoen": "unknown key; did you mean zone?"}


def test_an_image_by_tag_is_refused() -> None:
    assert list(problems(theta_config(image="edgelauncher:latest"))) == ["nodeyard:stack.image"]


def test_a_theta_stack_stands_on_a_platform_or_on_a_site() -> None:
    assert list(problems(theta_config(platform="platform-aws"))) == ["nodeyard:stack"]
    assert list(problems(theta_config(site=None))) == ["nodeyard:stack"]
    parse(theta_config(site=None, platform="platform-aws"))


def test_the_schema_takes_a_number_and_names() -> None:
    validator = Draft202012Validator(schema())
    for nodes, fine in ((3, True), ({"a": {}}, True), (0, False), ({"a": {"zoen": "x"}}, False)):
        file = {"config": {"nodeyard:stack": theta_config(nodes=nodes)}}
        assert validator.is_valid(file) is fine, nodes
