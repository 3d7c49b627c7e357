"""The models of the stack files: every constraint on `configs/Pulumi.<stack>.yaml` in one place.

A stack's whole configuration is one object, `nodeyard:stack`, so that one schema describes it and an editor can check
it. Values of secrets, for those who keep them in Pulumi's config, stand apart in `nodeyard:secrets`, so that nothing
else becomes secret with them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import pulumi
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from nodeyard.errors import InputError, Problem
from nodeyard.metis_sequencer.networks import L2GETH_LEAST_DISK_GIB, NETWORKS, env_problems

from .model import Cidr, DiskGib, KubernetesName, Model, NodeRelease, PlatformStack
from .theta_config import ThetaConfig

STACK_KEY = "nodeyard:stack"
SECRETS_KEY = "nodeyard:secrets"
INVALID = "The stack's configuration is not valid."


class SystemNodes(Model):
    """The small untainted pool for the cluster's own add-ons."""

    instance_type: str
    node_count: Annotated[int, Field(ge=2)] = 2
    release_version: NodeRelease


class Access(Model):
    """What one cloud principal may do in its team's namespaces."""

    principal: Annotated[
        str,
        Field(
            description="ARN of the role or user (AWS), object id of the group (Azure), member as in "
            "`group:metis@example.com` (Google Cloud)."
        ),
    ]
    role: Literal["deployer", "operator", "reader"]
    namespaces: Annotated[list[KubernetesName], Field(min_length=1)]


class PlatformConfig(Model):
    """One cloud's network, cluster and add-ons."""

    kind: Literal["platform"]
    cloud: Literal["aws", "azure", "gcp"]
    account: Annotated[
        str | None,
        Field(
            description="AWS account id, Azure subscription id or Google Cloud project id; credentials of another one "
            "are refused. On AWS it may be left to the credentials."
        ),
    ] = None
    region: str
    zones: Annotated[list[str], Field(min_length=3, max_length=3)]
    cidr: Cidr
    kubernetes_version: Annotated[str, Field(pattern=r"^1\.\d+$")]
    public_access_cidrs: Annotated[
        list[Cidr], Field(description="Who may reach the API server from outside; empty closes the public endpoint.")
    ]
    peered_cidrs: list[Cidr] = []
    system_nodes: SystemNodes
    admins: Annotated[list[str], Field(description="Principals with every right in the cluster.")] = []
    access: dict[KubernetesName, Access] = {}
    chart_mirror: Annotated[
        str | None,
        Field(description="A directory of chart archives, <chart>-<version>.tgz, to release the add-ons from."),
    ] = None

    def problems(self) -> Iterator[Problem]:
        if self.cloud != "aws" and not self.account:
            yield "account", "is required on Azure and Google Cloud"

    @field_validator("public_access_cidrs")
    @classmethod
    def _restricted(cls, values: list[str]) -> list[str]:
        if any(ip_network(value).prefixlen == 0 for value in values):
            raise ValueError("the whole internet may not reach the API server: name the ranges that may")
        return values


class MetisImages(Model):
    """Where upstream's images are taken from; each has a default by tag. Prefer your own registry and a digest."""

    l2geth: str | None = None
    l1dtl: str | None = None
    themis: str | None = None
    exporter: str | None = None
    address_claim: str | None = None


class Stateful(Model):
    """A process with a disk of its own."""

    disk_gib: DiskGib
    existing_disk: Annotated[str | None, Field(description="The id of a disk to adopt instead of making one.")] = None


class Seeded(Stateful):
    """A disk of chain data, which can be made from someone's snapshot."""

    seed_from: Annotated[
        str | None, Field(description="A snapshot to start from; looked at once, when the disk is made.")
    ] = None

    @model_validator(mode="after")
    def _one_source(self) -> "Seeded":
        if self.seed_from and self.existing_disk:
            raise ValueError("give seedFrom or existingDisk, not both")
        return self


class PlacedNode(Model):
    """The node that a host-network pod has to itself."""

    zone: Annotated[
        str | None, Field(description="The platform's first zone for l2geth and its second for themis unless given.")
    ] = None
    instance_type: Annotated[
        str | None, Field(description="In the cloud's own words; upstream's choice, or the like of it, unless given.")
    ] = None
    existing_address: Annotated[str | None, Field(description="The id of an address to adopt.")] = None


class L2geth(PlacedNode, Seeded):
    """The execution client and its node, which l1dtl shares."""

    disk_gib: DiskGib = 750
    env: Annotated[dict[str, str], Field(description="More environment, or other than upstream's.")] = {}


class L1dtl(Seeded):
    """The data transport layer, which reads the sequencer's batches from L1."""

    disk_gib: DiskGib = 100
    env: dict[str, str] = {}
    egress_ports: Annotated[
        list[Annotated[int, Field(ge=1, le=65535)]] | None,
        Field(description="Ports it may reach outside: 443 and 6083 (upstream's batch archive) unless given."),
    ] = None


class SigningState(Model):
    """What may be done when the disk does not hold this validator's own signing state. Each of these can get the
    validator slashed when it is said and not true."""

    bootstrap: Annotated[
        bool, Field(description="The validator is new: start to sign at height 0 if the disk is empty.")
    ] = False
    resume_at_height: Annotated[
        int | None, Field(ge=1, description="Sign from this height on, which is above the chain's head.")
    ] = None
    volume: Annotated[
        str | None, Field(description="The disk that resumeAtHeight is meant for, as themis' init container names it.")
    ] = None
    key_ran_nowhere_else: Annotated[
        bool, Field(description="I made sure that no other process has this validator key.")
    ] = False

    @model_validator(mode="after")
    def _one_way_on(self) -> "SigningState":
        if self.bootstrap and self.resume_at_height:
            raise ValueError("bootstrap is for a new validator, resumeAtHeight for one that has signed: give one")
        if self.resume_at_height and not (self.key_ran_nowhere_else and self.volume):
            raise ValueError("resumeAtHeight needs keyRanNowhereElse: true, and the volume that it is meant for")
        return self


class Themis(PlacedNode, Stateful):
    """The consensus validator with its bridge, and its node."""

    disk_gib: DiskGib = 300
    signing_state: SigningState = SigningState()


class MetisSecrets(Model):
    """Ids of secrets to adopt. Without one a secret is made, and the operator puts its value there."""

    seq_priv: str | None = None
    node_key: str | None = None
    priv_validator_key: str | None = None
    l1_rpc_endpoint: str | None = None
    l1_beacon_endpoint: str | None = None
    persistent_peers: str | None = None


class MetisSecretValues(Model):
    """Values of secrets, given with `pulumi config set --secret --path 'nodeyard:secrets.seqPriv'`."""

    seq_priv: str | None = None
    node_key: str | None = None
    priv_validator_key: str | None = None
    l1_rpc_endpoint: Annotated[str | None, Field(pattern=r"^https?://")] = None
    l1_beacon_endpoint: Annotated[str | None, Field(pattern=r"^https?://")] = None
    persistent_peers: str | None = None


class MetisConfig(Model):
    """A Metis sequencer: l2geth with l1dtl on one node, themis with its bridge on another."""

    kind: Literal["metis"]
    platform: PlatformStack
    network: Literal["andromeda", "sepolia"]
    namespace: KubernetesName
    sequencer_address: Annotated[
        str, Field(pattern=r"^0x[0-9a-fA-F]{40}$", description="The sequencer's public address on L2.")
    ]
    validator_public_key: Annotated[
        str | None,
        Field(pattern=r"^0x[0-9a-fA-F]{128}$", description="The public half of the validator key, 64 bytes."),
    ] = None
    release_version: NodeRelease
    l2geth: L2geth
    l1dtl: L1dtl = L1dtl()
    themis: Themis
    images: MetisImages = MetisImages()
    secrets: MetisSecrets = MetisSecrets()
    monitoring: Annotated[bool, Field(description="Whether to make a ServiceMonitor and a PrometheusRule.")] = True

    def problems(self) -> Iterator[Problem]:
        network = NETWORKS[self.network]
        for process in ("l2geth", "l1dtl"):
            for key, reason in env_problems(network, getattr(self, process).env):
                yield f"{process}.env.{key}", reason
        if network.mainnet and self.l2geth.disk_gib < L2GETH_LEAST_DISK_GIB:
            yield "l2geth.diskGib", f"{self.network} needs {L2GETH_LEAST_DISK_GIB} GiB or more"


KINDS: dict[str, type[PlatformConfig] | type[MetisConfig] | type[ThetaConfig]] = {
    "platform": PlatformConfig,
    "metis": MetisConfig,
    "theta": ThetaConfig,
}
AnyConfig = PlatformConfig | MetisConfig | ThetaConfig
StackConfig = Annotated[AnyConfig, Field(discriminator="kind")]


def load() -> AnyConfig:
    """The selected stack's configuration.

    Raises `InputError` with every problem of the file at once.
    """
    return parse(pulumi.Config("nodeyard").get_object("stack"))


def parse(raw: Any) -> AnyConfig:
    """The configuration that `raw`, the value of `nodeyard:stack`, describes."""
    if not isinstance(raw, Mapping):
        raise InputError(INVALID, [(STACK_KEY, "is missing: see configs/ for examples")])
    model = KINDS.get(str(raw.get("kind")))
    if model is None:
        raise InputError(INVALID, [(f"{STACK_KEY}.kind", f"must be one of {', '.join(KINDS)}")])
    config = _validate(model, raw, STACK_KEY)
    if problems := [(f"{STACK_KEY}.{path}", reason) for path, reason in config.problems()]:
        raise InputError(INVALID, problems)
    return config


def load_secret_values(model: type[Model]) -> dict[str, Any]:
    """The values under `nodeyard:secrets`, by their Python names, each marked secret."""
    # Not Config.get_object: it warns of what is done here on purpose, to look at the values' shape before anything is
    # created. They leave this function only as secrets.
    raw = pulumi.runtime.get_config(SECRETS_KEY)
    if raw is None:
        return {}
    values = _validate(model, json.loads(raw), SECRETS_KEY).model_dump(exclude_none=True)
    return {name: _secret(value) for name, value in values.items()}


def _secret(value: Any) -> Any:
    """Each value in `value` alone: a mapping's keys are names, and the program looks at them."""
    if isinstance(value, Mapping):
        return {key: _secret(inner) for key, inner in value.items()}
    return pulumi.Output.secret(value)


M = TypeVar("M", bound=Model)


def _validate(model: type[M], raw: Any, root: str) -> M:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        # Without the inputs: one may be a secret.
        details = error.errors(include_input=False, include_url=False)
        raise InputError(INVALID, [(_path(root, d["loc"]), _reason(d, model)) for d in details]) from None


def _path(root: str, location: Sequence[str | int]) -> str:
    return root + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)


def _reason(detail: Any, model: type[Model]) -> str:
    if detail["type"] == "extra_forbidden":
        *parents, key = detail["loc"]
        known = _known_keys(model, parents)
        close = get_close_matches(str(key), known, n=1)
        return "unknown key; " + (f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(known))}")
    if detail["type"] == "missing":
        return "is required"
    return str(detail["msg"]).removeprefix("Value error, ")


def _known_keys(model: type[Model], parents: Sequence[str | int]) -> list[str]:
    """The keys that may stand in the object at `parents` of `model`."""
    current: Any = model
    for part in parents:
        current = _type_at(current, part)
    return list(_fields(current))


def _type_at(current: Any, part: str | int) -> Any:
    if get_origin(current) in (dict, list):
        return get_args(current)[-1]
    return _fields(current).get(str(part))


def _fields(model: Any) -> dict[str, Any]:
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return {}
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}
