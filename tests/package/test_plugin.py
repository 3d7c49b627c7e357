"""The components as a Pulumi package: what the schema says, and what a program that is not Python gets."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.provider.experimental.analyzer import Analyzer
from pulumi.provider.experimental.schema import generate_schema

import nodeyard
from nodeyard.mantis_cluster import MantisCluster
from nodeyard.metis_replica import MetisReplica
from nodeyard.metis_sequencer import MetisSequencer
from nodeyard.nodeos_bp_cluster import NodeosBPCluster
from nodeyard.platform import Platform
from nodeyard.plugin.host import Components, components
from nodeyard.theta_edge_node import ThetaEdgeNode
from nodeyard.tsm_network import TSMNetwork
from nodeyard.tsm_node import TSMNode
from nodeyard.words import camel
from tests.package.conftest import STACK, Environment, Program
from tests.unit.examples import platform, sequencer

PUBLIC = [MantisCluster, MetisReplica, MetisSequencer, NodeosBPCluster, Platform, ThetaEdgeNode, TSMNetwork, TSMNode]


@pytest.fixture(scope="module")
def schema(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the engine gets from the installed package."""
    program = Program(tmp_path_factory.mktemp("schema") / "program", {"runtime": "yaml"})
    served: dict[str, Any] = json.loads(program.ok("package", "get-schema", str(environment.package / "plugin")))
    return served


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every input, output and key of a type, with its path."""
    for token, part in (schema["resources"] | schema["types"]).items():
        for kind in ("inputProperties", "properties"):
            for key, declared in part.get(kind, {}).items():
                yield f"{token}.{key}", declared


def without_descriptions(part: Any) -> Any:
    if isinstance(part, list):
        return [without_descriptions(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        key: without_descriptions(each)
        for key, each in part.items()
        if key != "description" or not isinstance(each, str)
    }


def test_every_component_with_arguments_is_public() -> None:
    assert list(components()) == PUBLIC


def test_the_schema_is_what_pulumis_own_analyzer_reads_from_the_components(schema: dict[str, Any]) -> None:
    read = Analyzer("nodeyard").analyze(list(PUBLIC))
    own = generate_schema(
        "nodeyard", nodeyard.__version__, None, read["component_definitions"], read["type_definitions"], []
    )
    served = {key: schema[key] for key in ("name", "version", "resources", "types")}
    expected = json.loads(json.dumps(own.to_json()))
    # The engine may leave out what is empty.
    assert without_descriptions(served) == without_descriptions({key: expected[key] for key in served})
    assert served["resources"].keys() == {f"nodeyard:index:{component.__name__}" for component in PUBLIC}


def test_every_key_and_type_and_word_is_described(schema: dict[str, Any]) -> None:
    undescribed = [path for path, declared in properties(schema) if not declared.get("description")]
    for token, kind in schema["types"].items():
        undescribed += [] if kind.get("description") else [token]
        undescribed += [f"{token}.{word['name']}" for word in kind.get("enum", []) if not word.get("description")]
    assert undescribed == []


def test_in_whatever_order_keys_come_a_component_gets_them_in_one() -> None:
    """A struct of the wire has none."""
    served = Components()
    platform_of = served._component_defs["Platform"]
    tags = {"team": "validators", "cost": "42"}
    given = [{"tags": tags, "cloud": "aws"}, {"cloud": "aws", "tags": dict(reversed(tags.items()))}]
    mapped = [json.dumps(served.map_inputs(inputs, platform_of)) for inputs in given]
    assert mapped == ['{"cloud": "aws", "tags": {"cost": "42", "team": "validators"}}'] * 2


def test_descriptions_spell_keys_as_programs_write_them(schema: dict[str, Any]) -> None:
    keys = {path.rpartition(".")[2] for path, _ in properties(schema)}
    snake = {re.sub(r"([A-Z])", lambda letter: "_" + letter[0].lower(), key) for key in keys} - keys
    quoted = {word for text in re.findall(r"`([^`]*)`", json.dumps(schema)) for word in re.findall(r"\w+", text)}
    assert quoted & snake == set()
    assert quoted & keys


def test_nothing_is_typed_as_anything(schema: dict[str, Any]) -> None:
    """Each has a type, and a mapping or a list says of what."""

    def typed(declared: dict[str, Any]) -> bool:
        if ref := declared.get("$ref"):
            return ref.removeprefix("#/types/") in schema["types"]
        inside = {"object": "additionalProperties", "array": "items"}.get(declared["type"])
        return typed(declared[inside]) if inside else declared["type"] in ("string", "integer", "boolean")

    assert [path for path, declared in properties(schema) if not typed(declared)] == []


def test_words_are_enums(schema: dict[str, Any]) -> None:
    def words(token: str, key: str) -> list[str]:
        where = schema["resources"].get(token) or schema["types"][token]
        declared = where.get("inputProperties", where["properties"])[key]
        return [word["value"] for word in schema["types"][declared["$ref"].removeprefix("#/types/")]["enum"]]

    assert words("nodeyard:index:MetisSequencer", "network") == ["andromeda", "sepolia"]
    assert words("nodeyard:index:ThetaEdgeNode", "placement") == ["machine", "cluster"]
    assert words("nodeyard:index:Platform", "cloud") == ["aws", "azure", "gcp"]
    assert words("nodeyard:index:TeamAccessArgs", "role") == ["reader", "operator", "deployer"]
    assert words("nodeyard:index:TSMNode", "key") == ["external", "generated"]
    assert words("nodeyard:index:SiteArgs", "cloud") == ["aws", "azure", "gcp"]


EDGE = {
    "network": "mainnet",
    "image": "registry.invalid/edgelauncher@sha256:" + "ab" * 32,
    "site": {"cloud": "aws", "region": "us-east-2"},
    "zones": ["us-east-2a", "us-east-2b"],
    "diskGib": 300,
    "nodes": {"edge-1": {}, "edge-2": {"password": {"value": {"fn::secret": "hunter2-canary"}}}},
}


def as_files_spell(value: Any) -> Any:
    if isinstance(value, dict):
        return {camel(key): as_files_spell(part) for key, part in value.items()}
    return [as_files_spell(part) for part in value] if isinstance(value, list) else value


def settings(environment: Environment, component: str, properties: Any, **more: Any) -> dict[str, Any]:
    """Of a YAML program of one component, which finds the package where it is installed."""
    plugin = {"name": "nodeyard", "path": str(environment.package / "plugin")}
    resources = {"it": {"type": f"nodeyard:{component}", "properties": properties}} | more.pop("resources", {})
    return {"runtime": "yaml", "plugins": {"providers": [plugin]}, "resources": resources, **more}


def test_a_yaml_program_makes_edge_nodes_and_the_next_up_changes_nothing(
    environment: Environment, tmp_path: Path
) -> None:
    shown = {"nodes": "${it.nodes}", "missing": "${it.missing}", "cluster": "${it.platform.clusterName}"}
    program = Program(tmp_path / "edge", settings(environment, "ThetaEdgeNode", EDGE, outputs=shown))
    program.up(STACK)
    outputs = program.outputs(STACK)
    assert outputs["nodes"].keys() == {"edge-1", "edge-2"}
    assert outputs["nodes"]["edge-1"]["disk"].startswith("vol-")
    assert (outputs["missing"], outputs["cluster"]) == ([], "")
    resources = program.export(STACK)["deployment"]["resources"]
    volumes = [each for each in resources if each["type"] == "aws:ebs/volume:Volume"]
    assert [each["inputs"]["size"] for each in volumes] == [300, 300]
    assert "hunter2-canary" not in json.dumps(resources) + program.printed
    assert set(program.preview(STACK)["changeSummary"]) == {"same"}


def test_a_yaml_program_plans_a_sequencer(environment: Environment, tmp_path: Path) -> None:
    properties = as_files_spell(json.loads(json.dumps(sequencer())))
    planned = Program(tmp_path / "metis", settings(environment, "MetisSequencer", properties)).preview(STACK)
    made = [step["newState"] for step in planned["steps"] if step["op"] == "create"]
    inputs = {(each["type"], each["urn"].rpartition("::")[2]): each.get("inputs", {}) for each in made}
    assert inputs["aws:ebs/volume:Volume", "it-l2geth"]["size"] == 750
    (chart,) = [given["chart"] for (kind, _), given in inputs.items() if kind == "kubernetes:helm.sh/v3:Release"]
    # The path is relative to where the engine runs the provider.
    assert Path(chart).parts[-3:] == ("nodeyard", "charts", "metis-sequencer")


def test_a_yaml_program_refers_to_the_platform_that_a_python_program_made(
    environment: Environment, tmp_path: Path
) -> None:
    exported = {"platform": json.loads(json.dumps(platform()))}
    made = Program(tmp_path / "platform", {"name": "platform", "runtime": "yaml", "outputs": exported})
    made.up(STACK)
    reference = {"type": "pulumi:pulumi:StackReference", "properties": {"name": f"organization/platform/{STACK}"}}
    properties = as_files_spell(sequencer()) | {"platform": '${shared.outputs["platform"]}'}
    standing = settings(environment, "MetisSequencer", properties, resources={"shared": reference})
    planned = Program(tmp_path / "metis", standing, made.home).preview(STACK)
    assert planned["changeSummary"]["create"] > 50


def test_bad_input_is_told_all_at_once_as_the_program_spells_it_and_nothing_is_made(
    environment: Environment, tmp_path: Path
) -> None:
    bad = EDGE | {"diskGib": 0, "exposeCidrs": ["10.0.0.0/8"], "nodes": {"edge-1": {"oldDiskIsGone": True}}}
    program = Program(tmp_path / "edge", settings(environment, "ThetaEdgeNode", bad))
    failed = program.run("up", "--stack", STACK, "--yes", "--skip-preview")
    assert failed.returncode != 0
    said = failed.stdout + failed.stderr
    for told in ("property diskGib", "exposeCidrs", "oldDiskIsGone"):
        assert told in said
    assert "Traceback" not in said
    kinds = {each["type"] for each in program.export(STACK)["deployment"].get("resources", [])}
    assert not {kind for kind in kinds if not kind.startswith("pulumi:")}
