"""What a component takes, its chart takes too: no release is refused that a component has let through."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from nodeyard.clouds.contract.node_pool import NodePool
from nodeyard.clouds.contract.platform import PlatformContract
from nodeyard.errors import InputError
from nodeyard.keys import camel, fields
from nodeyard.metis_sequencer import MetisSequencerArgs
from nodeyard.metis_sequencer.secrets import SECRETS
from nodeyard.metis_sequencer.settings import DISKS, NODES, PORTS, Settings, resolve
from nodeyard.metis_sequencer.values import chart_values
from nodeyard.pods import PodSecrets
from tests.unit.examples import platform, sequencer

CHARTS = Path(__file__).resolve().parents[2] / "charts"
ALL_CHARTS = sorted(path.parent for path in CHARTS.glob("*/values.schema.json"))
CHART = CHARTS / "metis-sequencer"
DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA = Draft7Validator(json.loads((CHART / "values.schema.json").read_text()))


def subnets(*zones: str) -> Any:
    return [{"id": zone, "zone": zone, "cidr": f"10.0.{place}.0/24"} for place, zone in enumerate(zones)]


AZURE, GCP = subnets("eastus2-1", "eastus2-2"), subnets("us-central1-a", "us-central1-b")
AZURE_ONLY = dict.fromkeys(
    ("tenant", "resource_group", "cluster_id", "cluster_principal", "key_vault", "backup_vault"), "x"
)
CLOUDS: dict[str, tuple[PlatformContract, str]] = {
    "aws": (platform(), "1.46.0-431fe75a"),
    "azure": (
        platform(
            cloud="azure", kubernetes_version="1.36", public_subnets=AZURE, private_subnets=AZURE, azure=AZURE_ONLY
        ),
        "1.36.2",
    ),
    "gcp": (
        platform(
            cloud="gcp",
            public_subnets=GCP,
            private_subnets=GCP,
            gcp={"project_number": "1", "workload_identity_pool": "nodeyard.svc.id.goog"},
        ),
        "1.33.5-gke.1080000",
    ),
}
NODE_CHOICE: Any = {"l2geth": {}, "l1dtl": {}, "themis": {}}


def told(cloud: str, **changes: Any) -> Settings:
    contract, release = CLOUDS[cloud]
    return resolve("metis", {**sequencer(), "platform": contract, "release_version": release, **NODE_CHOICE, **changes})


def values(asked: Settings) -> dict[str, Any]:
    """The release's values, of stand-ins for what is made. What is made has names and ids of our own making."""

    def pool(process: str) -> Any:
        made = NodePool.__new__(NodePool)
        spec = asked.node_pool("l2geth" if process == "l2geth" else "themis")
        made.labels, made.taints = spec.labels, spec.taints
        return made

    address: Any = SimpleNamespace(ingress_address="192.0.2.1", address_id="address-1")
    disk: Any = SimpleNamespace(claim_name="metis", unique_id="disk-1")
    mount: Any = SimpleNamespace(provider_class_name="metis", synced_secret_name="metis")
    secrets = {
        pod: PodSecrets(
            identity=mount,
            mount=mount,
            env=[camel(key) for key, use in SECRETS.items() if pod in use.env],
            files=[camel(key) for key, use in SECRETS.items() if pod in use.file],
        )
        for pod in PORTS
    }
    pools, disks = {process: pool(process) for process in NODES}, dict.fromkeys(DISKS, disk)
    return chart_values(asked, dict.fromkeys(NODES, address), pools, disks, secrets)


def merged(base: Any, over: Any) -> Any:
    """As Helm lays values over a chart's own. An empty list never gets there: pulumi-kubernetes drops it."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    kept = {key: value for key, value in over.items() if value not in ([], None)}
    return {**base, **{key: merged(base.get(key), value) for key, value in kept.items()}}


def refusals(release: dict[str, Any]) -> list[str]:
    return [error.json_path for error in SCHEMA.iter_errors(merged(copy.deepcopy(DEFAULTS), release))]


def put(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of `tree` with `value` at `path`."""
    if not path:
        return value
    first, *rest = path
    if isinstance(first, int):
        return [put(None, tuple(rest), value)]
    return {**(tree or {}), first: put((tree or {}).get(first), tuple(rest), value)}


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else None
    if items is None:
        yield path, tree
        return
    for key, value in items:
        yield from leaves(value, (*path, key))


# What of the input gets into the chart's values as it is, and a value of it that nothing else has there.
REACHES: dict[tuple[Any, ...], Any] = {
    **{("images", key): f"reg.invalid/{key}:v7" for key in ("l2geth", "l1dtl", "themis", "exporter")},
    ("images", "address_claim"): "reg.invalid/claim@sha256:" + "7" * 64,
    ("sequencer_address",): "0x" + "77" * 20,
    ("l2geth", "env", "SENTINEL"): "l2geth's sentinel",
    ("l1dtl", "env", "SENTINEL"): "l1dtl's sentinel",
    ("l1dtl", "egress_ports", 0): 7777,
    ("themis", "signing_state", "volume"): "sentinel-volume",
    ("themis", "signing_state", "resume_at_height"): 7777777,
}
# What of the input decides what is made, or which of our own constants are told.
DECIDES = {
    "platform", "network", "namespace", "release_version", "validator_public_key", "secrets", "monitoring",
    *(f"{node}.{key}" for node in ("l2geth", "themis") for key in ("zone", "instance_type", "existing_address")),
    *(f"{process}.{key}" for process in ("l2geth", "l1dtl", "themis") for key in ("disk_gib", "existing_disk")),
    "l2geth.seed_from", "l1dtl.seed_from",
    "themis.signing_state.bootstrap", "themis.signing_state.key_ran_nowhere_else",
}  # fmt: skip

RESUMED = {"themis": {"signing_state": {"resume_at_height": 5, "volume": "v", "key_ran_nowhere_else": True}}}
HOSTILE = [
    "", " ", "\n", "a\nb", "a b", "x", "x:latest", "x:", ":", "@", "x@sha256:7", "é:v1", "x:v1 ", "-", "0x", "A" * 300,
    None, True, 0, -1, 1, 65535, 65536, 1.5, 2**63, [], {}, ["x"], {"x": 1},
]  # fmt: skip


def every_key(annotation: Any, path: str = "") -> Iterator[str]:
    """Every key of the input that is no group of keys, dotted."""
    for key, inner in fields(annotation).items():
        name = f"{path}.{key}" if path else key
        if fields(inner) and key != "secrets":
            yield from every_key(inner, name)
        else:
            yield name


def test_every_key_of_the_input_is_known_to_reach_the_chart_or_not_to() -> None:
    reaching = {".".join(part for part in path if isinstance(part, str) and part != "SENTINEL") for path in REACHES}
    assert reaching | DECIDES == set(every_key(MetisSequencerArgs))
    assert not reaching & DECIDES


@pytest.mark.parametrize("path", REACHES, ids=lambda path: ".".join(map(str, path)))
def test_what_the_chart_refuses_the_component_refuses(path: tuple[Any, ...]) -> None:
    right = {**sequencer(), **NODE_CHOICE, **(RESUMED if "signing_state" in path else {})}
    sentinel = REACHES[path]
    release = values(resolve("metis", put(right, path, sentinel)))
    assert not refusals(release)
    (place,) = [where for where, value in leaves(release) if value == sentinel]
    tried = [value for value in HOSTILE if refusals(put_in(release, place, value))]
    assert tried or path[-2:-1] == ("signing_state",), "nothing is refused there: the chart asks nothing"
    for value in tried:
        accepted(put(right, path, value))


def accepted(args: Any) -> None:
    """Fails when the component takes what its chart does not."""
    try:
        release = values(resolve("metis", args))
    except InputError:
        return
    assert not refusals(release), args


def put_in(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(tree)
    *parents, last = path
    inner = changed
    for part in parents:
        inner = inner[part]
    inner[last] = value
    return changed


@pytest.mark.parametrize("process", ["l2geth", "l1dtl"])
def test_a_variable_that_the_chart_refuses_the_component_refuses(process: str) -> None:
    schema = SCHEMA.schema["properties"][process]["properties"]["env"]["propertyNames"]
    names = [*schema["not"]["enum"], "", "a", "A B", "A-B", "1A", "Ä", "A\n"]
    for name in names:
        with pytest.raises(InputError):
            resolve("metis", put({**sequencer(), **NODE_CHOICE}, (process, "env", name), "1"))


text = st.one_of(st.text(max_size=20), st.sampled_from([value for value in HOSTILE if isinstance(value, str)]))
tag = st.from_regex(r"[a-z.]{1,9}(/[a-z]{1,5})?(:[A-Za-z0-9._-]{1,9}|@sha256:[0-9a-f]{64})?", fullmatch=True)
name = st.one_of(text, st.from_regex(r"[A-Z_][A-Z0-9_]{0,9}", fullmatch=True))
env = st.dictionaries(name, text, max_size=2)


@pytest.mark.parametrize("cloud", CLOUDS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    network=st.sampled_from(["andromeda", "sepolia"]),
    images=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(["l2geth", "l1dtl", "themis", "exporter"], st.one_of(tag, text))
    ),
    l2geth=st.fixed_dictionaries({}, optional={"env": env}),
    l1dtl=st.fixed_dictionaries(
        {}, optional={"env": env, "egress_ports": st.lists(st.integers(-1, 70000), max_size=2)}
    ),
    monitoring=st.booleans(),
)
def test_what_is_taken_on_a_cloud_its_chart_takes(cloud: str, **changes: Any) -> None:
    try:
        asked = told(cloud, **changes)
    except InputError:
        return
    assert not refusals(values(asked))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_least_that_is_told_is_taken_on_every_cloud(cloud: str) -> None:
    assert not refusals(values(told(cloud)))


# --- every chart ---


def objects(schema: Any, whole: Any) -> Iterator[tuple[str, Any]]:
    """(key, schema) of everything that a chart requires."""
    if isinstance(schema, list):
        for item in schema:
            yield from objects(item, whole)
    if not isinstance(schema, dict):
        return
    for key in schema.get("required", []):
        yield key, _followed(schema.get("properties", {}).get(key, {}), whole)
    for inner in schema.values():
        yield from objects(inner, whole)


def _followed(schema: Any, whole: Any) -> Any:
    while "$ref" in schema:
        schema = whole["definitions"][schema["$ref"].rpartition("/")[2]]
    return schema


HELD: dict[str, Callable[[Any], Any]] = {
    "array": lambda schema: schema.get("minItems"),
    "object": lambda schema: schema.get("minProperties") or schema.get("required"),
}


@pytest.mark.parametrize("chart", ALL_CHARTS, ids=lambda chart: chart.name)
def test_nothing_that_a_chart_requires_may_be_empty(chart: Path) -> None:
    """pulumi-kubernetes drops an empty list, and Helm then misses the key."""
    whole = json.loads((chart / "values.schema.json").read_text())
    required = list(objects(whole, whole))
    assert required
    empty = [key for key, schema in required if schema.get("type") in HELD and not HELD[schema["type"]](schema)]
    assert empty == []
    assert not [key for key, schema in required if "null" in (schema.get("type") or ())]
