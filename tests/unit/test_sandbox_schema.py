"""Names, requiredness and types come from the installed SDKs."""

import ast

import pytest

from sandbox.simulation import schema
from sandbox.simulation.values import SIGNATURE, UNKNOWN

NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
GROUP = {
    "clusterName": "c",
    "nodeRoleArn": "arn:aws:iam::123456789012:role/r",
    "subnetIds": ["subnet-1"],
    "scalingConfig": {"desiredSize": 1, "minSize": 1, "maxSize": 1},
    "taints": [{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}],
}


def test_right_inputs_have_no_problems() -> None:
    assert schema.check(NODE_GROUP, GROUP) == []


@pytest.mark.parametrize("name", GROUP)
def test_renaming_any_property_is_an_unknown_property_with_a_suggestion(name: str) -> None:
    renamed = {f"{key}s" if key == name else key: value for key, value in GROUP.items()}
    assert (f"{name}s", f"unknown property '{name}s'; did you mean '{name}'?") in schema.check(NODE_GROUP, renamed)


def test_a_missing_property_is_named_with_its_path() -> None:
    group = {**GROUP, "scalingConfig": {"desiredSize": 1, "minSize": 1}}
    del group["nodeRoleArn"]
    assert set(schema.check(NODE_GROUP, group)) == {
        ("nodeRoleArn", "missing required property 'nodeRoleArn'"),
        ("scalingConfig.maxSize", "missing required property 'maxSize'"),
    }


@pytest.mark.parametrize(
    ("change", "path", "reason"),
    [
        ({"clusterName": 1}, "clusterName", "expected a string, got a whole number"),
        ({"subnetIds": "subnet-1"}, "subnetIds", "expected a list, got a string"),
        ({"subnetIds": ["subnet-1", 2]}, "subnetIds[1]", "expected a string, got a whole number"),
        ({"diskSize": "20"}, "diskSize", "expected a whole number, got a string"),
        ({"forceUpdateVersion": "yes"}, "forceUpdateVersion", "expected a boolean, got a string"),
        ({"labels": ["a"]}, "labels", "expected a map, got a list"),
        ({"labels": {"a": True}}, "labels.a", "expected a string, got a boolean"),
        (
            {"taints": [{"key": "k", "efect": "x"}]},
            "taints[0].efect",
            "unknown property 'efect'; did you mean 'effect'?",
        ),
    ],
)
def test_a_wrong_type_is_named_with_its_path(change: dict, path: str, reason: str) -> None:
    assert (path, reason) in schema.check(NODE_GROUP, {**GROUP, **change})


def test_an_enum_takes_its_values_and_nothing_else() -> None:
    assert schema.check("eks:index:Cluster", {"authenticationMode": "API"}) == []
    [(path, reason)] = schema.check("eks:index:Cluster", {"authenticationMode": "APII"})
    assert path == "authenticationMode"
    assert reason == "expected CONFIG_MAP or API or API_AND_CONFIG_MAP, got 'APII'"


def test_what_is_unknown_or_an_asset_passes_for_any_type() -> None:
    asset = {SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "path": "values.yaml"}
    assert schema.check(NODE_GROUP, {**GROUP, "scalingConfig": UNKNOWN, "subnetIds": [UNKNOWN]}) == []
    assert schema.check("kubernetes:helm.sh/v3:Release", {"chart": "c", "valueYamlFiles": [asset]}) == []


def test_types_of_other_modules_and_packages_are_followed() -> None:
    deployment = {"metadata": {"labls": {}}, "spec": {"selector": {}, "template": {}}}
    assert [path for path, _ in schema.check("kubernetes:apps/v1:Deployment", deployment)] == ["metadata.labls"]
    group = {"cluster": UNKNOWN, "taints": [{"key": "k", "effekt": "x"}]}
    paths = [path for path, _ in schema.check("eks:index:ManagedNodeGroup", group)]
    assert paths == ["taints[0].effekt", "taints[0].effect"]


def test_a_type_that_the_sdk_lacks_is_refused() -> None:
    assert schema.check("aws:ec2/vpc:Vpcs", {}) == [("", "the installed SDK knows no resource type aws:ec2/vpc:Vpcs")]


def test_a_parser_that_another_thread_disturbs_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    parse, disturbed = ast.parse, [SystemError("AST constructor recursion depth mismatch")]

    def once_disturbed(text: str) -> ast.Module:
        if disturbed:
            raise disturbed.pop()
        return parse(text)

    monkeypatch.setattr(ast, "parse", once_disturbed)
    assert ast.unparse(schema.parsed("x = 1")) == "x = 1"
