"""What a stack's file may say, and how its writer is told what is wrong."""

import json
from pathlib import Path
from typing import Any

import grpc
import pulumi
import pytest
import yaml
from jsonschema import Draft202012Validator
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks
from typing_extensions import TypedDict

import stacks
from nodeyard.errors import InputError
from nodeyard.inputs import SecretSource, declared
from sandbox.mocks import STATE
from sandbox.placeholders import filled_in
from stacks.configuration import read
from stacks.file import StackFile, secret_keys
from stacks.schema import schema
from tests.unit.examples import platform
from tests.unit.recording import record

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
STACK_FILES = sorted(CONFIGS.glob("Pulumi.*.yaml"))
CANARY = "canary-19ae"
ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
"""From EIP-55's own examples."""


class Unknown(grpc.RpcError):
    """What the engine answers, as gRPC hands it to the SDK."""

    def __init__(self, details: str) -> None:
        self.details = lambda: details
        self.code = lambda: grpc.StatusCode.UNKNOWN


class Backend(Mocks):
    """A backend that has one platform, `platform-aws`."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        raise AssertionError(f"{args.typ} {args.name} was registered")

    def call(self, args: MockCallArgs) -> dict[str, Any]:
        if args.token == STATE:
            return {"outputs": {}}
        assert args.token == "pulumi:pulumi:readStackOutputs"
        if not args.args["name"].endswith("/platform-aws"):
            raise Unknown(f"unknown stack {args.args['name']}")
        return {"secretOutputNames": [], "outputs": {"platform": platform()}}


def file(name: str, **changes: Any) -> dict[str, Any]:
    """The shipped file's `nodeyard:stack` with what it says to replace replaced, changed; a key that becomes None is
    taken out."""
    settings, _ = filled_in(yaml.safe_load((CONFIGS / f"Pulumi.{name}.yaml").read_text()))
    raw = settings["config"]["nodeyard:stack"]
    return {key: value for key, value in {**raw, **changes}.items() if value is not None}


def refused(
    config: dict[str, Any], secret: tuple[str, ...] = ("nodeyard:secrets",), stack: str = "it"
) -> dict[str, str]:
    """What a run with these config keys is told, by path; nothing is registered meanwhile."""
    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    pulumi.runtime.set_all_config(values, list(secret))
    try:
        with pytest.raises(InputError) as raised:
            record(stacks.run, Backend(), stack)
    finally:
        pulumi.runtime.set_all_config({}, [])
    assert CANARY not in str(raised.value)
    return dict(raised.value.problems)


def problems(raw: Any, **secrets: Any) -> dict[str, str]:
    return refused({"nodeyard:stack": raw, **({"nodeyard:secrets": secrets} if secrets else {})})


def metis(**changes: Any) -> dict[str, str]:
    return problems(file("metis-mainnet", **changes))


def aws(**changes: Any) -> dict[str, str]:
    return problems(file("platform-aws", **changes))


S = "nodeyard:stack"
METIS: list[tuple[dict[str, Any], str, str]] = [
    # file change, path, words of the reason
    ({"network": "sepola"}, "network", "must be one of andromeda, sepolia; did you mean sepolia?"),
    ({"namespace": "Metis"}, "namespace", "a-z, 0-9 and -"),
    ({"namespace": "other"}, "namespace", "the platform made no namespace 'other'"),
    ({"sequencerAddress": "banana"}, "sequencerAddress", "40 hexadecimal digits"),
    ({"sequencerAddress": ADDRESS[:-1] + "D"}, "sequencerAddress", "checksum (EIP-55)"),
    ({"sequencerAddress": ADDRESS, "validatorPublicKey": "0x" + "ab" * 64}, "sequencerAddress", "`validatorPublicKey`"),
    ({"releaseVersion": None}, "releaseVersion", "is required"),
    ({"releaseVersion": "latest"}, "releaseVersion", "Bottlerocket's on AWS"),
    ({"releaseVersion": "1.33.5"}, "releaseVersion", "no release of BOTTLEROCKET"),
    ({"platform": 5}, "platform", "must be the platform's stack"),
    ({"platform": "platform-gone"}, "platform", "unknown stack"),
    ({"l2geth": {"diskGb": 1}}, "l2geth.diskGb", "did you mean `diskGib`?"),
    ({"l2geth": {"disk_gib": 800}}, "l2geth.disk_gib", "did you mean `diskGib`?"),
    ({"l2geth": {"diskGib": 499}}, "l2geth.diskGib", "andromeda needs 500 GiB or more"),
    ({"l2geth": {"diskGib": True}}, "l2geth.diskGib", "whole number"),
    ({"l2geth": {"zone": "US-EAST-2A"}}, "l2geth.zone", "us-east-2a"),
    ({"l2geth": {"instanceType": "c5.large"}}, "l2geth.instanceType", "too small"),
    ({"themis": {"instanceType": "c5.large"}}, "themis.instanceType", "too small"),
    ({"l2geth": {"seedFrom": "snap-1", "existingDisk": "vol-1"}}, "l2geth.seedFrom", "`existingDisk`"),
    ({"l2geth": {"existingDisk": "disk-1"}}, "l2geth.existingDisk", "vol-..."),
    ({"l1dtl": {"seedFrom": "vol-1"}}, "l1dtl.seedFrom", "snap-..."),
    ({"themis": {"existingAddress": "203.0.113.7"}}, "themis.existingAddress", "eipalloc-..."),
    ({"secrets": {"seqPriv": {"existing": "seq-priv"}}}, "secrets.seqPriv.existing", "arn:aws:secretsmanager:"),
    ({"l2geth": {"env": {"A B": "1"}}}, 'l2geth.env["A B"]', "name of a variable"),
    ({"themis": {"instanceType": "c5.large"}}, "themis.instanceType", "they ask for 3050m CPU"),
    ({"themis": {"instanceType": "t3.micro"}}, "themis.instanceType", "does not tell its size"),
    ({"l2geth": {"env": {"MAX_PEER": 1.5}}}, "l2geth.env.MAX_PEER", "put quotes around it"),
    ({"l2geth": {"env": {"MAX_PEER": None}}}, "l2geth.env.MAX_PEER", "must be a string"),
    ({"l2geth": {"env": {"MAX_PEER": [150]}}}, "l2geth.env.MAX_PEER", "must be a string"),
    ({"l2geth": {"args": []}}, "l2geth.args", "1 or more entries"),
    ({"l2geth": {"args": ["--datadir=/"]}}, "l2geth.args[0]", "which the chart sets"),
    ({"l2geth": {"args": ["txpool"]}}, "l2geth.args[0]", "begins with --"),
    ({"l2geth": {"resources": {"requests": {"memory": "30Gi"}}}}, "l2geth.instanceType", "too small"),
    ({"l2geth": {"resources": {"requests": {"memory": "8GB"}}}}, "l2geth.resources.requests.memory", "its unit"),
    ({"l2geth": {"resources": {"requests": {"cpu": 0.5}}}}, "l2geth.resources.requests.cpu", "put quotes around it"),
    ({"l2geth": {"resources": {"request": {}}}}, "l2geth.resources.request", "did you mean `requests`?"),
    (
        {"l1dtl": {"resources": {"limits": {"memory": "256Mi"}}}},
        "l1dtl.resources.limits.memory",
        "is less than the 512Mi that it asks for",
    ),
    (
        {"l1dtl": {"env": {"NODE_OPTIONS": "--max-old-space-size=5632"}}},
        "l1dtl.env.NODE_OPTIONS",
        "leaves nothing of the 5632 MiB",
    ),
    ({"themis": {"env": {"ETH_RPC_URL": "x"}}}, "themis.env.ETH_RPC_URL", "give it as `secrets.l1RpcEndpoint`"),
    ({"bridge": {"env": {"REST_SERVER": "x"}}}, "bridge.env.REST_SERVER", "the chart sets it"),
    ({"imagePullSecrets": ["A"]}, "imagePullSecrets[0]", "the name of an object of Kubernetes"),
    ({"monitoringLabels": {"a b": "x"}}, 'monitoringLabels["a b"]', "the name of a label"),
    ({"monitoringLabels": {"release": "a b"}}, "monitoringLabels.release", "the value of a label"),
    ({"monitoringLabels": {"helm.sh/chart": "x"}}, 'monitoringLabels["helm.sh/chart"]', "the chart sets itself"),
    ({"monitoring": False, "monitoringLabels": {"a": "b"}}, "monitoringLabels", "`monitoring: false` leaves out"),
    ({"l2geth": {"env": {"GCMODE": "full"}}}, "l2geth.env.GCMODE", "a sequencer needs 'archive', not 'full'"),
    ({"l2geth": {"env": {"CHAIN_ID": "59902"}}}, "l2geth.env.CHAIN_ID", "andromeda has chain id 1088, not 59902"),
    ({"l2geth": {"env": {"RPC_API": "eth,rollup"}}}, "l2geth.env.RPC_API", "needs rollupbridge"),
    ({"l2geth": {"env": {"SEQ_PRIV": "x"}}}, "l2geth.env.SEQ_PRIV", "give it as `secrets.seqPriv`"),
    ({"l2geth": {"env": {"DATADIR": "/"}}}, "l2geth.env.DATADIR", "the chart sets it"),
    (
        {"l1dtl": {"env": {"DATA_TRANSPORT_LAYER__SYNC_L1_BATCH": "false"}}},
        "l1dtl.env.DATA_TRANSPORT_LAYER__SYNC_L1_BATCH",
        "a sequencer needs 'true', not 'false'",
    ),
    ({"l1dtl": {"egressPorts": []}}, "l1dtl.egressPorts", "1 or more entries"),
    ({"l1dtl": {"egressPorts": [0]}}, "l1dtl.egressPorts[0]", "1 or more"),
    ({"images": {"l2geth": "metisdao/l2geth:latest"}}, "images.l2geth", "other than latest"),
    ({"images": {"themis": "metisdao/themis"}}, "images.themis", "with its tag"),
    ({"images": {"geth": "x:1"}}, "images.geth", "unknown key; did you mean `l2geth`?"),
    ({"images": {"addressClaim": "amazon/aws-cli:2"}}, "images.addressClaim", "by digest"),
    ({"secrets": {"seqPriv": "id"}}, "secrets.seqPriv", "must hold keys and their values"),
    ({"secrets": {"seqPrv": {}}}, "secrets.seqPrv", "did you mean `seqPriv`?"),
    ({"secrets": {"seqPriv": {"existing": ""}}}, "secrets.seqPriv.existing", "not empty"),
    (
        {"secrets": {"seqPriv": {"value": CANARY}}},
        "secrets.seqPriv.value",
        "give it with `pulumi config set --secret --path 'nodeyard:secrets.seqPriv'`",
    ),
    (
        {"themis": {"signingState": {"resumeAtHeight": 5, "keyRanNowhereElse": True}}},
        "themis.signingState",
        "`resumeAtHeight` needs `keyRanNowhereElse: true`, and the `volume`",
    ),
    (
        {
            "themis": {
                "signingState": {"bootstrap": True, "resumeAtHeight": 5, "keyRanNowhereElse": True, "volume": "v"}
            }
        },
        "themis.signingState",
        "give one of them",
    ),
    (
        {"themis": {"signingState": {"bootstrap": True}}},
        "themis.signingState",
        "`bootstrap` needs the `volume` that it is meant for",
    ),
    ({"themis": {"signingState": {"volume": "vol-1"}}}, "themis.signingState.volume", "says nothing alone"),
    (
        {"themis": {"signingState": {"keyRanNowhereElse": True}}},
        "themis.signingState.keyRanNowhereElse",
        "says nothing",
    ),
    ({"themis": {"signingState": {"resumeAtHeight": 10**10}}}, "themis.signingState.resumeAtHeight", "or less"),
    ({"monitoring": "yes"}, "monitoring", "true or false"),
    ({"l2geth": []}, "l2geth", "must hold keys"),
]


@pytest.mark.parametrize(
    ("change", "path", "words"), METIS, ids=[f"{path}-{n}" for n, (_, path, _) in enumerate(METIS)]
)
def test_a_sequencers_file_is_refused_where_it_is_wrong(change: dict[str, Any], path: str, words: str) -> None:
    found = metis(**change)
    assert list(found) == [f"{S}.{path}"]
    assert words in found[f"{S}.{path}"]


THETA: list[tuple[dict[str, Any], str, str]] = [
    ({"nodes": [{"name": "a"}]}, "nodes", "must hold keys and their values"),
    ({"nodes": "3"}, "nodes", "without quotes"),
    ({"zones": {"a": {"b": 1}}}, "zones", "must be a list"),
    ({"site": [{"clod": "aws"}]}, "site", "must hold keys and their values"),
]


@pytest.mark.parametrize(("change", "path", "words"), THETA)
def test_a_fleets_file_is_refused_where_it_is_wrong_and_nowhere_else(
    change: dict[str, Any], path: str, words: str
) -> None:
    found = problems(file("theta-mainnet", **change))
    assert list(found) == [f"{S}.{path}"]
    assert words in found[f"{S}.{path}"]


PLATFORM: list[tuple[dict[str, Any], str, str]] = [
    ({"account": 111122223333}, "account", "put quotes around it (`pulumi config set` takes --type string)"),
    ({"account": "1111"}, "account", "12 digits"),
    ({"region": "US-EAST-2"}, "region", "did you mean us-east-2?"),
    ({"region": "us-gov-west-1"}, "region", "not supported"),
    ({"region": "cn-north-1"}, "region", "not supported"),
    ({"zones": ["us-east-2a", "us-east-2b", "us-west-2a"]}, "zones[2]", "no zone of us-east-2"),
    ({"zones": ["us-east-2a", "us-east-2a", "us-east-2b"]}, "zones", "more than once"),
    ({"zones": ["us-east-2a", "us-east-2b"]}, "zones", "3 or more entries"),
    ({"cidr": "fd00::/16"}, "cidr", "IPv4"),
    ({"cidr": "10.40.0.0/24"}, "cidr", "/16 to /20"),
    ({"cidr": "10.40.0.1/16"}, "cidr", "host bits set"),
    ({"kubernetesVersion": 1.33}, "kubernetesVersion", "put quotes around it"),
    ({"publicAccessCidrs": ["0.0.0.0/0"]}, "publicAccessCidrs", "whole internet"),
    ({"publicAccessCidrs": ["0.0.0.0/1", "128.0.0.0/1"]}, "publicAccessCidrs", "whole internet"),
    ({"publicAccessCidrs": ["203.0.113.0/24", "203.0.113.0/24"]}, "publicAccessCidrs", "more than once"),
    ({"peeredCidrs": [f"10.99.{n}.0/24" for n in range(101)]}, "peeredCidrs", "100 or fewer entries"),
    ({"peeredCidrs": ["10.0.0.0/8"]}, "peeredCidrs[0]", "overlaps the network's own 10.40.0.0/16"),
    (
        {"systemNodes": {"instanceType": "m6i.large", "releaseVersion": "1.33.5"}},
        "systemNodes.releaseVersion",
        "no release",
    ),
    ({"systemNodes": {"instanceType": "m6i.large"}}, "systemNodes.releaseVersion", "is required"),
    ({"admins": ["platform-admin"]}, "admins[0]", "ARN of an IAM role or user"),
    ({"cloud": "AWS"}, "cloud", "did you mean aws?"),
    ({"bridgeCidr": "10.0.0.0/8"}, "bridgeCidr", "unknown key; known are `access`"),
    *(
        (
            {"access": {"metis": {**file("platform-aws")["access"]["metis"], "namespaces": ["metis", namespace]}}},
            "access.metis.namespaces[1]",
            "Kubernetes' own",
        )
        for namespace in ("kube-system", "default", "kube-public")
    ),
    (
        {"access": {"metis": {"principal": "arn:aws:iam::111122223333:role/x", "role": "admin", "namespaces": ["a"]}}},
        "access.metis.role",
        "deployer",
    ),
]


@pytest.mark.parametrize(
    ("change", "path", "words"), PLATFORM, ids=[f"{path}-{n}" for n, (_, path, _) in enumerate(PLATFORM)]
)
def test_a_platforms_file_is_refused_where_it_is_wrong(change: dict[str, Any], path: str, words: str) -> None:
    found = aws(**change)
    assert f"{S}.{path}" in found, found
    assert words in found[f"{S}.{path}"]


@pytest.mark.parametrize(
    ("name", "change", "path", "words"),
    [
        ("platform-azure", {"account": None}, "account", "is required"),
        ("platform-azure", {"account": "my-subscription"}, "account", "36 characters"),
        ("platform-azure", {"region": "usgovvirginia"}, "region", "not supported"),
        ("platform-azure", {"region": "East US 2"}, "region", "a region like eastus2"),
        ("platform-azure", {"kubernetesVersion": "1.35"}, "systemNodes.releaseVersion", "newer than the cluster"),
        ("platform-gcp", {"account": None}, "account", "is required"),
        ("platform-gcp", {"account": "123456789012"}, "account", "not its number"),
        ("platform-gcp", {"region": "us-east-2"}, "region", "a region like us-central1"),
        ("platform-gcp", {"kubernetesVersion": "1.34"}, "systemNodes.releaseVersion", "newer than the cluster"),
        ("platform-gcp", {"kubernetesVersion": "1.37"}, "systemNodes.releaseVersion", "more than 1 minor older"),
        ("platform-gcp", {"publicAccessCidrs": ["0.0.0.0/1", "128.0.0.0/1"]}, "publicAccessCidrs", "whole internet"),
    ],
)
def test_what_one_cloud_asks_its_siblings_ask(name: str, change: dict[str, Any], path: str, words: str) -> None:
    found = problems(file(name, **change))
    assert words in found[f"{S}.{path}"], found


SECRETS: list[tuple[dict[str, Any], str, str]] = [
    ({"seqPriv": "zzz"}, "seqPriv", "64 hexadecimal digits"),
    ({"seqPriv": '{"priv_key": "x"}'}, "seqPriv", "give the hexadecimal number in it alone"),
    ({"seqPriv": " "}, "seqPriv", "is empty"),
    ({"seqPriv": 5}, "seqPriv", "must be a string"),
    ({"seqPriv": {}}, "seqPriv", "must be a string"),
    ({"secrets": {}}, "secrets", "unknown key"),
    ({"nodeKey": "{}"}, "nodeKey", "PrivKeyEd25519"),
    ({"privValidatorKey": CANARY}, "privValidatorKey", "PrivKeySecp256k1"),
    ({"l1RpcEndpoint": f"{CANARY}.example"}, "l1RpcEndpoint", "is no URL"),
    ({"l1BeaconEndpoint": "ftp://x"}, "l1BeaconEndpoint", "is no URL"),
    ({"persistentPeers": f"{CANARY}@host:26656"}, "persistentPeers", "<node id, 40 hexadecimal digits>@<host>:<port>"),
    ({"seqPrv": CANARY}, "seqPrv", "did you mean `seqPriv`?"),
    ({"seqPriv": {"value": CANARY}}, "seqPriv.value", "unknown key"),
]


@pytest.mark.parametrize(("secrets", "path", "words"), SECRETS, ids=[f"{p}-{n}" for n, (_, p, _) in enumerate(SECRETS)])
def test_a_secrets_value_is_refused_where_it_was_given_and_never_told(secrets: Any, path: str, words: str) -> None:
    found = problems(file("metis-mainnet"), **secrets)
    assert list(found) == [f"nodeyard:secrets.{path}"]
    assert words in found[f"nodeyard:secrets.{path}"]


def test_a_secret_that_is_adopted_and_has_a_value_is_refused() -> None:
    existing = "arn:aws:secretsmanager:us-east-2:123456789012:secret:rpc-a1b2c3"
    adopted = file("metis-mainnet", secrets={"l1RpcEndpoint": {"existing": existing}})
    assert list(problems(adopted, l1RpcEndpoint="https://l1.example")) == [f"{S}.secrets.l1RpcEndpoint"]


def test_every_problem_of_a_file_is_told_at_once() -> None:
    wrong = file(
        "metis-mainnet", namespace="other", network="sepola", l2geth={"diskGb": 1}, images={"l1dtl": "x:latest"}
    )
    found = refused(
        {S: wrong, "nodeyard:secrets": {"seqPriv": "zzz"}, "nodeyard:stcak": "x", "aws:region": "us-east-2"}
    )
    assert set(found) == {
        f"{S}.namespace",
        f"{S}.network",
        f"{S}.l2geth.diskGb",
        f"{S}.images.l1dtl",
        "nodeyard:secrets.seqPriv",
        "nodeyard:stcak",
        "aws:region",
    }


# --- what stands beside the stack's own object ---


@pytest.mark.parametrize("raw", ["", "5", "[]", "{}", '"metis"', "null", "{"])
def test_a_stack_that_is_no_object_is_told_so(raw: str) -> None:
    assert refused({S: raw}) == {S: "must hold keys and their values: see configs/ for examples"}


@pytest.mark.parametrize(
    ("stack", "changes", "paths"),
    [
        (
            "metis-mainnet",
            {"images": {"l1dtl": None}, "l1dtl": {"egressPorts": None}, "l2geth": {"zone": None}, "themis": None},
            ["images.l1dtl", "l1dtl.egressPorts", "l2geth.zone", "themis"],
        ),
        ("platform-aws", {"chartMirror": None, "access": None}, ["chartMirror", "access"]),
        ("theta-mainnet", {"gpu": None, "zones": None, "notify": None}, ["gpu", "zones", "notify"]),
    ],
)
def test_nothing_is_no_value_of_any_key(stack: str, changes: dict[str, Any], paths: list[str]) -> None:
    found = problems({**file(stack), **changes})
    assert set(found) == {f"{S}.{path}" for path in paths}
    assert all(reason.startswith(("must be ", "must hold ")) for reason in found.values())


@pytest.mark.parametrize(
    "name", ["metis-mainnet", "metis-sepolia-azure", "platform-aws", "theta-mainnet", "nodeos-jungle"]
)
def test_a_file_may_have_a_name_of_its_own_by_the_rule_of_names(name: str) -> None:
    found = problems({**file(name), "name": "Old_Name"})
    assert "has other characters than a-z, 0-9 and -" in found[f"{S}.name"]
    assert "must be a string" in problems({**file(name), "name": 5})[f"{S}.name"]


def test_the_name_of_the_file_stands_in_for_the_stacks_own() -> None:
    """A stack of a name that nothing could be called by."""
    config = {S: file("metis-mainnet", sequencerAddress="banana")}
    assert S in refused(config, stack="Old.Name")
    config[S]["name"] = "a" * 60
    assert "longer than" in refused(config, stack="Old.Name")[f"{S}.name"]
    config[S]["name"] = "metis-mainnet"
    assert list(refused(config, stack="Old.Name")) == [f"{S}.sequencerAddress"]


def test_a_card_has_no_name_because_it_makes_nothing() -> None:
    assert "unknown" in problems({**file("tsm-player0-card"), "name": "x"})[f"{S}.name"]


def test_a_stack_without_configuration_says_so() -> None:
    assert refused({}) == {S: "is missing: see configs/ for examples"}


@pytest.mark.parametrize("kind", ["metys", None, 5, "schema", "file", "../metis", ["metis"]])
def test_an_unknown_kind_names_the_known_ones(kind: Any) -> None:
    assert problems({"kind": kind}) == {
        f"{S}.kind": "must be one of mantis, metis, metis_replica, nodeos, platform, theta, tsm, tsm_card, tsm_network"
    }


def test_an_encrypted_value_in_the_stack_is_refused_and_told_where_it_belongs() -> None:
    found = refused({S: file("metis-mainnet", namespace=CANARY)}, secret=(S,))
    assert list(found) == [S]
    assert "pulumi config set --secret --path 'nodeyard:secrets.<key>'" in found[S]


def test_a_secret_in_clear_is_refused() -> None:
    config = {S: file("metis-mainnet"), "nodeyard:secrets": {"l1RpcEndpoint": f"https://{CANARY}.example"}}
    found = refused(config, secret=())
    assert list(found) == ["nodeyard:secrets"]
    assert "--secret" in found["nodeyard:secrets"]


@pytest.mark.parametrize("raw", ["x", "5", '"x"', "[]"])
def test_secrets_that_are_no_object_are_told_so(raw: str) -> None:
    found = refused({S: file("metis-mainnet"), "nodeyard:secrets": raw})
    assert list(found) == ["nodeyard:secrets"]
    assert "must hold keys" in found["nodeyard:secrets"]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("aws:defaultTags", "is read by nobody"),
        ("aws:allowedAccountIds", "is read by nobody"),
        ("nodeyard:stacks", "did you mean `nodeyard:stack`?"),
        ("nodeyard:stack.diskGib", "`pulumi config set --path 'nodeyard:stack.diskGib'` was meant"),
        ("nodeyard:secrets.seqPriv", "`pulumi config set --secret --path 'nodeyard:secrets.seqPriv'` was meant"),
    ],
)
def test_a_key_that_nobody_reads_is_refused(key: str, words: str) -> None:
    found = refused({S: file("metis-mainnet"), key: "x"})
    assert list(found) == [key]
    assert words in found[key]


def test_the_engines_own_keys_are_its_own() -> None:
    found = refused({S: file("metis-mainnet", network="x"), "pulumi:tags": "{}"})
    assert list(found) == [f"{S}.network"]


# --- what is right ---


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.stem)
def test_every_shipped_stack_file_is_valid_and_names_its_schema(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("# yaml-language-server: $schema=stack.schema.json\n")
    Draft202012Validator(schema()).validate(yaml.safe_load(text))


def test_the_schema_in_the_repository_is_what_the_components_declare() -> None:
    assert json.loads((CONFIGS / "stack.schema.json").read_text()) == schema()


@pytest.mark.parametrize(
    "stack",
    [
        file("metis-mainnet", diskGib=1),
        file("metis-mainnet", secrets={"seqPriv": {"value": "x"}}),
        file("metis-mainnet", l2geth={"disk_gib": 1}),
        file("theta-mainnet", nodes=0),
        file("theta-mainnet", nodes={"a": {"zoen": "x"}}),
    ],
)
def test_the_schema_refuses_what_the_program_refuses(stack: Any) -> None:
    assert not Draft202012Validator(schema()).is_valid({"config": {S: stack}})


def test_values_of_secrets_stand_where_the_stack_has_them_without_what_that_already_says() -> None:
    found = {
        kind: {".".join(map(str, key)) for key in secret_keys(module.FILE.args_type)}
        for kind, module in stacks.kinds().items()
    }
    assert found["metis"] == {
        "seqPriv",
        "nodeKey",
        "privValidatorKey",
        "l1RpcEndpoint",
        "l1BeaconEndpoint",
        "persistentPeers",
    }
    assert found["theta"] == {"nodes.*.password"}
    receivers = {f"monitoring.receivers.*.{key}" for key in ("url", "routingKey", "password")}
    assert found["platform"] == {"monitoring.grafana.signIn.clientSecret", "monitoring.watchdog.url", *receivers}


def test_two_secrets_that_would_stand_at_one_place_are_refused_when_the_kind_is_defined() -> None:
    inner = declared(TypedDict("Inner", {"key": SecretSource}))
    outer: Any = declared(TypedDict("Outer", {"secrets": inner, "key": SecretSource}))
    with pytest.raises(TypeError, match=r"Outer has two secrets that would stand at nodeyard:secrets\.key"):
        StackFile(outer, lambda _, args: args)


def test_a_value_of_a_secret_reaches_the_component_as_a_secret() -> None:
    told: dict[str, Any] = {}

    def program() -> None:
        args = stacks.kinds()["metis"].FILE.args(read())
        told.update(args)
        secret = args["secrets"]["seq_priv"]["value"].is_secret()
        pulumi.Output.from_input(secret).apply(lambda secret: told.update(secret=secret))

    class Referred(Backend):
        def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
            assert args.typ == "pulumi:pulumi:StackReference"
            return args.name, {"outputs": {}, "secretOutputNames": [], **args.inputs}

    values = {S: json.dumps(file("metis-mainnet")), "nodeyard:secrets": json.dumps({"seqPriv": "ab" * 32})}
    pulumi.runtime.set_all_config(values, ["nodeyard:secrets"])
    try:
        record(program, Referred(), "it")
    finally:
        pulumi.runtime.set_all_config({}, [])
    assert told["secret"] is True
    assert told["platform"] == platform()
