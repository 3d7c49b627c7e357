"""What an addition costs: a toy component is built of the public pieces, and `docs/extending.md` names every place."""

import json
import re
import subprocess
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pulumi
import pytest
from jsonschema import Draft202012Validator

import nodeyard
import stacks
from nodeyard.clouds.contract.platform import CloudName, PlatformContract
from nodeyard.errors import InputError
from nodeyard.metis.networks import MetisNetworkName
from nodeyard.plugin.host import components
from nodeyard.theta_edge_node.networks import ThetaNetwork
from ops.status import readers
from stacks.configuration import Configuration
from tests.toy.beacon_node import BeaconNode
from tests.toy.beacon_node.component import CHART
from tests.unit import examples, gcp_world
from tests.unit.recording import Recording, record
from tests.unit.worlds import with_platform

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = CHECKOUT / "docs/extending.md"
CONCEPTS = CHECKOUT / "components/clouds/contract"
IMAGE = "registry.invalid/beacon:v1.0.0"


def arguments(**changes: Any) -> Any:
    return {
        "platform": examples.platform(),
        "network": "hoodi",
        "namespace": "metis-mainnet",
        "release_version": "1.46.0-431fe75a",
        "instance_type": "m6i.xlarge",
        "image": IMAGE,
        **changes,
    }


def deploy(args: Any, platform: PlatformContract) -> Recording:
    recording = record(lambda: BeaconNode("beacon", args), with_platform(platform))
    recording.check()
    return recording


@pytest.fixture(scope="module")
def aws() -> Recording:
    return deploy(arguments(), examples.platform())


def test_the_toy_has_a_node_a_disk_a_secret_and_a_reader_and_the_chart_is_told_of_them(aws: Recording) -> None:
    values = aws.one("kubernetes:helm.sh/v3:Release").inputs["values"]
    taints = aws.one("aws:eks/nodeGroup:NodeGroup").inputs["taints"]
    assert [(taint["key"], taint["value"]) for taint in taints] == [("toy.invalid/beacon-node", "beacon")]
    assert values["placement"]["nodeSelector"] == {"toy.invalid/beacon-node": "beacon"}
    assert values["claim"] == aws.one("kubernetes:core/v1:PersistentVolumeClaim").inputs["metadata"]["name"]
    mount = aws.one("kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass").inputs
    assert values["secretProviderClass"] == mount["metadata"]["name"]
    assert values["secretFiles"] == {"peerKey": "peerKey"}
    assert '"objectAlias": "peerKey"' in mount["spec"]["parameters"]["objects"]
    assert aws.one("aws:ebs/volume:Volume").protect
    assert aws.one("aws:secretsmanager/secret:Secret").inputs["name"] == "beacon/peer-key"


def test_the_same_toy_runs_on_another_cloud() -> None:
    args = arguments(platform=gcp_world.platform(), release_version=gcp_world.RELEASE, instance_type="n2-standard-4")
    made = deploy(args, gcp_world.platform())
    assert made.one("gcp:container/nodePool:NodePool")
    assert made.one("gcp:compute/disk:Disk").protect


def test_the_toys_chart_takes_what_it_is_told_and_helm_renders_it(aws: Recording) -> None:
    values = aws.one("kubernetes:helm.sh/v3:Release").inputs["values"]
    Draft202012Validator(json.loads((CHART / "values.schema.json").read_text())).validate(values)
    rendered = subprocess.run(
        [CHECKOUT / "sandbox/helm", "template", "beacon", CHART, "--values", "-"],
        input=json.dumps(values),
        capture_output=True,
        text=True,
        check=False,
    )
    assert rendered.returncode == 0, rendered.stderr
    assert "--key=/secrets/peerKey" in rendered.stdout


def file(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Any:
    """The toy's input as its stack's file says it, read by the same reader as every other kind's."""
    monkeypatch.setattr(stacks, "__path__", [*stacks.__path__, str(CHECKOUT / "tests/toy/stacks")])
    monkeypatch.setattr("nodeyard.reference.read", lambda *_: examples.platform())
    monkeypatch.setattr("nodeyard.reference.show", lambda _: None)
    monkeypatch.setattr(pulumi, "get_stack", lambda: "beacon")
    content = {
        "kind": "beacon",
        "platform": "platform-aws",
        "network": "hoodi",
        "namespace": "metis-mainnet",
        "releaseVersion": "1.46.0-431fe75a",
        "instanceType": "m6i.xlarge",
        "image": IMAGE,
        **changes,
    }
    configuration = Configuration(content)
    return stacks._kind(configuration).FILE.args(configuration)


def test_a_new_kind_of_stack_is_found_by_its_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert file(monkeypatch, diskGib=20)["disk_gib"] == 20


def test_what_is_wrong_with_a_new_kind_of_file_is_told_at_once_as_the_file_spells_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(InputError) as raised:
        file(monkeypatch, diskGib=0, instanceTyp="m6i.xlarge", network="hody", namespace="nobodys")
    assert dict(raised.value.problems).keys() == {
        "nodeyard:stack.diskGib",
        "nodeyard:stack.instanceTyp",
        "nodeyard:stack.network",
        "nodeyard:stack.namespace",
    }


def test_a_folder_with_arguments_and_no_component_of_its_name_does_not_go_missing_from_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "l2_node"
    folder.mkdir()
    (folder / "__init__.py").write_text("class L2node: ...\n")
    (folder / "args.py").touch()
    monkeypatch.setattr(nodeyard, "__path__", [*nodeyard.__path__, str(tmp_path)])
    with pytest.raises(TypeError, match=r"nodeyard.l2_node has an args.py, and no component of its name"):
        list(components())


def test_nodeyard_status_has_a_reader_of_every_component() -> None:
    names = [component.__module__.split(".")[1] for component in components()]
    assert [name for name in names if readers.of_component(name) is None] == []
    assert readers.of_component("beacon_node") is None, "one without a reader is told by its pods"


# --- the page


def places(heading: str) -> list[str]:
    """The places that the page lists under a heading, as patterns with `*` for what is new."""
    section = PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = re.findall(r"^\| `([^`]+)` \|", section, flags=re.M)
    assert found, f"docs/extending.md lists no place under {heading!r}"
    return [re.sub(r"<[^>]+>", "*", place) for place in found]


def standing(pattern: str, *flags: str) -> list[str]:
    """Tracked files of the product whose text matches."""
    command = ["git", "grep", "-lE", *flags, pattern, "--", ".", ":!tests", ":!docs", ":!*.md", ":!dashboards"]
    shown = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    return shown.split()


def unlisted(files: list[str], listed: list[str]) -> list[str]:
    return [file for file in files if not any(fnmatch(file, pattern) for pattern in listed)]


def needless(files: list[str], listed: list[str]) -> list[str]:
    """Places that no addition of the kind has ever touched."""
    return [pattern for pattern in listed if not any(fnmatch(file, pattern) for file in files)]


KEYS = ["probe_?image", "egress_?ports"]
"""Keys whose names nothing else has: one of Theta's, and one of Metis' that the chart is told."""


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_named_in_no_other_place_than_the_page_lists(key: str) -> None:
    assert unlisted(standing(key, "-i"), places("A key")) == []


def test_every_place_of_a_key_is_one_of_some_key() -> None:
    assert needless([file for key in KEYS for file in standing(key, "-i")], places("A key")) == []


COMPONENTS: Mapping[str, str] = {
    "Metis": "metis[-_]?sequencer",
    "Theta": "theta[-_]?edge[-_]?node",
}


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_is_named_in_no_other_place_than_the_page_lists(component: str) -> None:
    assert unlisted(standing(COMPONENTS[component], "-i"), places("A component")) == []


def test_every_place_of_a_component_is_one_of_some_component() -> None:
    assert (
        needless([file for name in COMPONENTS.values() for file in standing(name, "-i")], places("A component")) == []
    )


@pytest.mark.parametrize("network", [*MetisNetworkName, *ThetaNetwork])
def test_a_network_is_named_in_no_other_place_than_the_page_lists(network: str) -> None:
    shown = [file for file in standing(f'"{network}"') if not file.endswith("/component.py")]  # a docstring's example
    assert unlisted(shown, places("A network")) == []


def of_cloud(cloud: CloudName) -> list[str]:
    """Files that are a cloud's own by their name, or that name a cloud."""
    command = ["git", "ls-files", f"*/{cloud}/*", f"*/{cloud}_*/*", f"*/{cloud}.py", f"*-{cloud}.sh", f"*-{cloud}.yaml"]
    own = subprocess.run([*command, ":!tests", ":!docs"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    sdk = f"^pulumi-{cloud}"
    named = standing(rf"[\"']{cloud}[\"']|CloudName\.{cloud.name}|^{cloud} = |^{cloud.name}_[A-Z]+ = |{sdk}")
    return [*own.stdout.split(), *(file for file in named if not file.endswith("/component.py"))]  # or a docstring's


@pytest.mark.parametrize("cloud", CloudName)
def test_a_cloud_is_named_in_no_other_place_than_the_page_lists(cloud: CloudName) -> None:
    assert unlisted(of_cloud(cloud), places("A cloud")) == []


def test_every_place_of_a_cloud_is_one_of_google_cloud() -> None:
    assert needless(of_cloud(CloudName.GCP), places("A cloud")) == []


@pytest.mark.parametrize("concept", sorted(file.stem for file in CONCEPTS.glob("*.py")))
def test_every_concept_that_is_made_has_a_file_of_its_name_in_each_cloud(concept: str) -> None:
    listed = places("A concept")
    assert "components/clouds/contract/*.py" in listed
    made = "ComponentResource)" in (CONCEPTS / f"{concept}.py").read_text()
    for cloud in CloudName:
        folder = CHECKOUT / "components/clouds" / cloud
        assert not made or (folder / f"{concept}.py").exists(), f"{cloud} has no {concept}.py"
        assert not made or f"from .{concept} import" in (folder / "__init__.pyi").read_text()


def test_every_place_that_the_page_lists_is_there() -> None:
    for heading in ("A key", "A network", "A component", "A concept", "A cloud"):
        for place in places(heading):
            assert list(CHECKOUT.glob(place)), f"{heading}: nothing matches {place}"
