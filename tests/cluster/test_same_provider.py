"""The stand-in for Pulumi's Kubernetes provider says what the official one says of the same program.

Each program runs twice: on a control plane, where the official provider answers, and in a plain sandbox, where the
stand-in does. Compared is what a user sees: the steps and changed properties of a preview, the gist of a refusal, the
outputs, what a second `up` finds and what a refresh finds. `KNOWN` has the differences that stay, with their reasons.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, NamedTuple, TypeVar

import pytest
import yaml

from tests.cluster.harness import CHART, SAMPLE
from tests.cluster.program import Program, running
from tests.engine.harness import STACK

OBJECTS = """
volume:
  apiVersion: v1
  kind: PersistentVolume
  metadata: {name: volume}
  spec:
    capacity: {storage: 10Gi}
    accessModes: [ReadWriteOncePod]
    persistentVolumeReclaimPolicy: Retain
    storageClassName: ""
    csi: {driver: ebs.csi.aws.com, volumeHandle: vol-1, fsType: ext4}
    nodeAffinity:
      required:
        nodeSelectorTerms:
          - matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [eu-central-1a]}]
claim:
  apiVersion: v1
  kind: PersistentVolumeClaim
  metadata: {name: claim, annotations: {pulumi.com/skipAwait: "true"}}
  spec:
    accessModes: [ReadWriteOncePod]
    storageClassName: ""
    volumeName: elsewhere
    resources: {requests: {storage: 10Gi}}
class:
  apiVersion: storage.k8s.io/v1
  kind: StorageClass
  metadata: {name: class}
  provisioner: ebs.csi.aws.com
  parameters: {type: gp3}
  reclaimPolicy: Retain
  volumeBindingMode: WaitForFirstConsumer
binding:
  apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: binding}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: one}
  subjects: [{kind: ServiceAccount, name: account, namespace: default}]
encoded:
  apiVersion: v1
  kind: Secret
  metadata: {name: encoded}
  type: Opaque
  data: {key: b25l}
plain:
  apiVersion: v1
  kind: Secret
  metadata: {name: plain}
  stringData: {key: one}
account:
  apiVersion: v1
  kind: ServiceAccount
  metadata: {name: account, annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::123456789012:role/one"}}
place:
  apiVersion: v1
  kind: Namespace
  metadata: {name: place, labels: {team: one}}
settings:
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: settings}
  data: {key: one, other: same}
unnamed:
  apiVersion: v1
  kind: ConfigMap
  metadata: {labels: {team: one}}
  data: {key: one}
service:
  apiVersion: v1
  kind: Service
  metadata: {name: service, annotations: {pulumi.com/skipAwait: "true"}}
  spec:
    selector: {app: app}
    ports: [{name: http, port: 80, targetPort: 8080}, {name: more, port: 81}]
keys:
  apiVersion: secrets-store.csi.x-k8s.io/v1
  kind: SecretProviderClass
  metadata: {name: keys, namespace: default}
  spec: {provider: aws, parameters: {region: eu-central-1, objects: "[]"}}
app:
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: app, annotations: {pulumi.com/skipAwait: "true"}}
  spec:
    replicas: 1
    selector: {matchLabels: {app: app}}
    template:
      metadata: {labels: {app: app}}
      spec: {containers: [{name: app, image: images.invalid/app}]}
"""
PROGRAM = """
    for name, inputs in json.loads({objects!r}).items():
        group, _, version = inputs.get("apiVersion", "helm.sh/v3").rpartition("/")
        token = f"kubernetes:{{group or 'core'}}/{{version}}:{{inputs.get('kind', 'Release')}}"
        pulumi.CustomResource(token, name, inputs, opts=opts)
"""
Item = dict[str, Any]
Edits = Mapping[str, Any]
"""Path in OBJECTS -> its new value; None takes it away."""

ZONE_B = {"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["eu-central-1b"]}]}
OTHER = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}}

Takes = Literal["official", "stand-in"]

#: Programs that both take: each object of one is changed in one way.
CHANGES: dict[str, Edits] = {
    "what changes in place": {
        "volume/spec/capacity/storage": "20Gi",
        "class/allowVolumeExpansion": True,
        "binding/subjects": [{"kind": "ServiceAccount", "name": "other", "namespace": "default"}],
        "encoded/metadata/labels": {"team": "one"},
        "account/metadata/annotations/eks.amazonaws.com~1role-arn": "arn:aws:iam::123456789012:role/two",
        "place/metadata/labels/team": "two",
        "unnamed/metadata/labels/team": "two",
        "service/spec/ports": [{"name": "http", "port": 80, "targetPort": 9090}],
        "keys/spec/parameters/objects": "[1]",
        "app/spec/replicas": 2,
        "release/values/images/l1dtl": "images.invalid/metisdao/dtl:v0.2.7",
    },
    "what is replaced": {
        "class/parameters/type": "io2",
        "encoded/data/key": "dHdv",
        "plain/stringData/key": "two",
        "settings/data/more.yaml": "two",
        "unnamed/data/key": "two",
        "app/spec/selector/matchLabels/app": "another",
        "app/spec/template/metadata/labels/app": "another",
        "release/name": "another",
    },
    "what gets another name, or goes": {
        "volume/metadata/name": "another",
        "class/metadata/name": "another",
        "encoded/type": "example.com/other",
        "settings/metadata/name": "another",
        "settings/data/other": None,
        "service/metadata/namespace": "place",
        "keys": None,
        "app/spec/template/spec/containers": [{"name": "app", "image": "images.invalid/app:2"}],
        "release/namespace": "place",
    },
    "the same Secret in other words": {"encoded/data": None, "encoded/stringData": {"key": "one"}},
}
#: Programs whose preview both refuse, and what both say.
REFUSED: dict[str, tuple[Edits, str]] = {
    "another disk": (
        {"volume/spec/csi/volumeHandle": "vol-2"},
        "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation",
    ),
    "a disk's zone": ({"volume/spec/nodeAffinity/required/nodeSelectorTerms": [ZONE_B]}, "field is immutable"),
    "a claim's class": (
        {"claim/spec/storageClassName": "class"},
        "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName",
    ),
    "a class's policy": ({"class/reclaimPolicy": "Delete"}, "field is immutable"),
    "a class's binding": ({"class/volumeBindingMode": "Immediate"}, "field is immutable"),
    "another role": ({"binding/roleRef/name": "two"}, "cannot change roleRef"),
    "a headless Service": ({"service/spec/clusterIP": "None"}, "may not change once set"),
    "less than no replicas": (
        {"app/spec/replicas": -1},
        "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
    ),
    "a label that is none": ({"account/metadata/labels": {"a~1": "b"}}, "name part must consist of alphanumeric"),
}
#: What one of the two takes in a preview and the other refuses, and why it stays so. Besides these:
#: - a bound volume whose claim is gone, or goes: the API server waits, the stand-in deletes at once;
#: - words: the stand-in gives a kind without its group, and a field without its value;
#: - drift: nothing changes an object of the stand-in behind the state, so it compares inputs with inputs.
KNOWN: dict[str, tuple[Edits, Takes]] = {
    # The stand-in binds no claims, so it cannot know which one may ask for more.
    "more room for an unbound claim": ({"claim/spec/resources/requests/storage": "20Gi"}, "stand-in"),
    # The stand-in refuses a field that does not exist, since it is nearly always a slip.
    "an unknown field": ({"settings/dta": {"a": "b"}}, "official"),
    # The official provider asks a chart's schema first in `up`.
    "a value that the chart's schema refuses": ({"release/values/images/l1dtl": 1}, "official"),
}
#: Outputs that each gives in its own way, by object.
UNLIKE = {
    "volume": ".spec.storageClassName:",  # the API server leaves out an empty one
    "encoded": ".data.",  # the provider makes it a secret by itself; the SDK's class for a Secret does so on both
    "plain": ".stringData:",  # the API server has it as data
    "unnamed": ".metadata.name:",  # it ends by chance
    "release": ".resourceNames.",  # the provider spells the keys with the kind's group
}
#: Of an object's outputs, what each cluster gives in its own way.
OWN = {"uid", "generation", "resourceVersion", "clusterIP", "__fieldManager", "__inputs"}


class Step(NamedTuple):
    op: str
    changed: dict[str, str]
    """Property path -> what becomes of it."""
    replaces: list[str]


class Pair(NamedTuple):
    official: Program
    stand_in: Program

    def both(self, ask: Callable[[Program], Answer]) -> tuple[Answer, Answer]:
        """The two answers, asked for at the same time."""
        with ThreadPoolExecutor() as pool:
            official, stand_in = pool.map(ask, self)
        return official, stand_in


Answer = TypeVar("Answer")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both clusters, with everything of OBJECTS in them."""
    homes = [tmp_path_factory.mktemp(name) for name in ("official", "stand-in")]
    with running(homes[0]) as official, running(homes[1], control_plane=False) as stand_in:
        pair = Pair(official, stand_in)
        pair.both(lambda program: program.up(text()))
        yield pair


def objects() -> Item:
    """OBJECTS, and a release of one of our charts that nothing waits for."""
    values = yaml.safe_load(SAMPLE.read_text())
    release = {"name": "release", "namespace": "default", "chart": str(CHART), "values": values, "skipAwait": True}
    return {**yaml.safe_load(OBJECTS), "release": release}


def text(edits: Edits | None = None) -> str:
    """The program with these edits."""
    edited = objects()
    for pointer, value in (edits or {}).items():
        *parents, last = (part.replace("~1", "/") for part in pointer.split("/"))
        inner = edited
        for part in parents:
            inner = inner.setdefault(part, {})
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    return PROGRAM.format(objects=json.dumps(edited))


def planned(program: Program, edits: Edits) -> dict[str, Step]:
    """What a preview would do, by object."""
    program.write(text(edits))
    steps = program.project.preview(STACK)["steps"]
    return {step["urn"].split("::")[-1]: step_of(step) for step in steps if step["op"] != "same"}


def step_of(step: Item) -> Step:
    changed = {path: change["kind"] for path, change in (step.get("detailedDiff") or {}).items()}
    return Step(step["op"], changed, sorted(step.get("replaceReasons") or []))


def outputs(program: Program) -> Item:
    """The outputs of every object, by its name in the program."""
    resources = program.project.export(STACK)["deployment"]["resources"]
    return {found["urn"].split("::")[-1]: found["outputs"] for found in resources if found["type"].count("kubernetes:")}


def settles(program: Program) -> None:
    """A second `up` and a refresh find nothing to do."""
    for command in ("up", "refresh"):
        program.project.ok(command, "--stack", STACK, "--yes", "--skip-preview", "--expect-no-changes")


def untold(said: Any, known: Any, path: str = "") -> Iterator[str]:
    """The paths at which the stand-in says what the official provider does not."""
    if isinstance(said, dict) and isinstance(known, dict):
        for key in said.keys() - OWN:
            yield from untold(said[key], known.get(key), f"{path}.{key}")
    elif isinstance(said, list) and isinstance(known, list) and len(said) == len(known):
        for index, (one, other) in enumerate(zip(said, known, strict=True)):
            yield from untold(one, other, f"{path}[{index}]")
    elif said != known:
        yield f"{path}: {said!r}, and not {known!r}"


def test_a_second_up_and_a_refresh_find_nothing(pair: Pair) -> None:
    pair.both(settles)


def test_the_stand_ins_outputs_are_among_the_official_providers(pair: Pair) -> None:
    official, stand_in = pair.both(outputs)
    assert official.keys() == stand_in.keys()
    found = [(name, text) for name in stand_in for text in untold(stand_in[name], official[name])]
    assert [(name, text) for name, text in found if not text.startswith(UNLIKE.get(name, "none"))] == []


@pytest.mark.parametrize("edits", CHANGES.values(), ids=CHANGES)
def test_a_preview_plans_the_same(pair: Pair, edits: Edits) -> None:
    official, stand_in = pair.both(lambda program: planned(program, edits))
    assert stand_in == official


@pytest.mark.parametrize(("edits", "words"), REFUSED.values(), ids=REFUSED)
def test_what_the_official_provider_refuses_in_a_preview_is_refused(pair: Pair, edits: Edits, words: str) -> None:
    official, stand_in = pair.both(lambda program: program.preview_fails(text(edits)))
    assert words in official
    assert words in stand_in


@pytest.mark.parametrize(("edits", "takes"), KNOWN.values(), ids=KNOWN)
def test_a_known_difference_is_still_one(pair: Pair, edits: Edits, takes: Takes) -> None:
    pair.both(lambda program: program.write(text(edits)))
    official, stand_in = pair.both(lambda program: program.project.run("preview", "--stack", STACK).returncode == 0)
    assert (official, stand_in) == (takes == "official", takes == "stand-in")


def test_what_a_preview_refuses_may_come_true_since_the_old_one_goes_first(pair: Pair) -> None:
    edits = REFUSED["another disk"][0] | REFUSED["another role"][0]
    pair.both(lambda program: program.up(text(edits)))
    pair.both(settles)
    pair.both(lambda program: program.up(text()))


def test_a_change_that_failed_fails_again_and_the_way_back_is_free(pair: Pair) -> None:
    edits, words = REFUSED["a class's policy"]
    for ask in (Program.fails, Program.preview_fails):
        for said in pair.both(lambda program, ask=ask: ask(program, text(edits))):
            assert words in said
    pair.both(lambda program: program.project.ok("refresh", "--stack", STACK, "--yes", "--skip-preview"))
    pair.both(lambda program: program.up(text()))
    pair.both(settles)


def test_an_object_that_is_there_is_taken_over_when_it_says_the_same_and_goes_with_either(pair: Pair) -> None:
    for said in pair.both(lambda program: program.fails(text({"again": {**OTHER, "data": {"key": "three"}}}))):
        assert "Apply failed with 1 conflict" in said
    same = {"again": objects()["settings"]}
    pair.both(lambda program: program.up(text(same)))
    pair.both(settles)
    pair.both(lambda program: program.up(text()))
    for said in pair.both(lambda program: program.project.ok("refresh", "--stack", STACK, "--yes", "--skip-preview")):
        assert "ConfigMap settings deleted" in said
    pair.both(lambda program: program.up(text()))


def test_an_object_without_its_namespace_is_planned(pair: Pair) -> None:
    nowhere = {"lost": {**OTHER, "metadata": {"name": "lost", "namespace": "nowhere"}}}
    official, stand_in = pair.both(lambda program: planned(program, nowhere))
    assert stand_in == official


def test_changes_made_are_settled(pair: Pair) -> None:
    pair.both(lambda program: program.up(text(CHANGES["what changes in place"])))
    pair.both(settles)
