"""What a stack says of itself: its outputs, as `pulumi stack output` prints them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from nodeyard.clouds.contract.platform import CloudName
from nodeyard.tsm_node.card import Card, read_card

from . import pulumi
from .endpoints import checked
from .errors import BadInput, Unreachable

HIDDEN = "[secret]"
"""What Pulumi prints for an output that holds a secret anywhere."""
_NODES = ("miner", "passive")
"""The roles of a network's nodes that run all the time and tell how far they are."""
T = TypeVar("T")


class Account(BaseModel):
    """Where a stack's things are: its output `cloud`."""

    cloud: CloudName
    account: str
    """AWS account id, Azure subscription id or Google Cloud project id."""
    region: str
    endpoints: dict[str, Annotated[str, AfterValidator(checked)]] | None = None
    """Where its services are, by the clouds' own names for those; None where they are the cloud's own. `endpoints` says
    more."""

    def endpoint(self, service: str) -> str | None:
        """Where a service is asked; None for where the cloud itself has it. Raises `Unreachable` for one that is not
        among the endpoints of an account that has some: whoever says where its cloud is means no other."""
        if self.endpoints is None:
            return None
        if service not in self.endpoints:
            named = ", ".join(self.endpoints) or "nothing"
            raise Unreachable(
                f"The stack's cloud is at endpoints of its own, of {named}: none of them is of {service}."
            )
        return self.endpoints[service]


class ThetaNode(BaseModel):
    """One edge node: an entry of the output `nodes`."""

    model_config = ConfigDict(extra="ignore")

    instance: str | None = None
    """The machine's id, where no group keeps it: on Azure its ARM id."""
    group: str | None = None
    """Auto-scaling group (AWS), managed instance group (Google Cloud)."""
    zone: str | None = None
    pod: str | None = None
    """`<namespace>/<pod>`, of a node in a cluster."""
    session: str | None = None
    """The command that opens a shell on it."""
    secret: str | None = None
    """Id of the secret that holds its password."""
    logs: str | None = None
    alarms: list[str] = Field(default_factory=list)
    """Of a machine, the cloud's names of its alarms."""


class NodeosOrdinal(BaseModel):
    """One block producer of a cluster: an entry of the output `ordinals`."""

    model_config = ConfigDict(extra="ignore")

    pod: str | None = None
    """The pod's name, perhaps behind its namespace and a slash."""
    may_produce: bool = Field(True, alias="mayProduce")
    """Without it, it is a spare: it has no signing key, and takes no part in who produces."""


class NodeosCluster(BaseModel):
    """A cluster of block producers."""

    namespace: str
    ordinals: dict[str, NodeosOrdinal]
    lease: str
    failover: Literal["manual", "automatic"]
    producers: list[str]
    """Our names in the chain's schedule; nothing where the stack does not say them."""

    def pods(self) -> dict[str, str]:
        """The pod of each ordinal: the only one of a StatefulSet with the ordinal's name."""
        return {name: (each.pod or f"{name}-0").rpartition("/")[2] for name, each in self.ordinals.items()}


class MantisTask(BaseModel):
    """One node of a network: an entry of the output `tasks`."""

    model_config = ConfigDict(extra="ignore")

    role: str
    pod: str = ""
    """The pod's name, of a node that always has the same one."""
    address: str = ""
    """Its account, of a node with a key."""
    enode: str = ""
    """The URL by which others dial a miner."""
    public_address: str = Field("", alias="publicAddress")


class MantisNetwork(BaseModel):
    """A network of Ethereum Classic's kind."""

    client: str
    chain_id: int
    genesis_hash: str
    genesis_miners: int
    """How many miners are in the genesis: the first ones."""
    is_public: bool
    namespace: str
    release: str
    tasks: dict[str, MantisTask]

    @property
    def nodes(self) -> dict[str, MantisTask]:
        """Those that have to be with the chain. A backup's node is behind for as long as its run lasts, and an
        explorer and a faucet have no node."""
        return {name: task for name, task in self.tasks.items() if task.role in _NODES}

    @property
    def bootstrap(self) -> dict[str, MantisTask]:
        """The miners that every node dials first: those of the genesis, which alone have public addresses."""
        first = [f"miner-{number}" for number in range(self.genesis_miners)]
        return {name: self.tasks[name] for name in first if name in self.tasks}


@dataclass(frozen=True)
class Stack:
    """A stack that has been deployed."""

    name: str
    outputs: Mapping[str, Any]

    def account(self) -> Account:
        return self._output("cloud", Account)

    def kubeconfig(self) -> dict[str, Any] | None:
        """How the cluster that the stack is in is reached; None where the stack does not say it. Raises `Unreachable`
        where its cloud has endpoints of its own, none of which is a cluster."""
        if "kubeconfig" in self.outputs:
            return self._output("kubeconfig", dict[str, Any])
        if "cloud" in self.outputs:
            self.account().endpoint("kubernetes")
        return None

    @property
    def kind(self) -> str:
        """As its file says it; empty where a program of one's own does not export it."""
        return str(self.outputs.get("kind") or "")

    @property
    def component(self) -> str:
        """The component's folder in the package; empty where a program of one's own does not export it."""
        return str(self.outputs.get("component") or "")

    def require(self, what: str, *kinds: str) -> None:
        """Raises `BadInput` where the stack is known to be of another kind, which has no `what`."""
        if self.kind and self.kind not in kinds:
            pods = self.outputs.get("release") or self.outputs.get("releases")
            meant = f" `nodeyard logs {self.name}` and its like are for every stack with pods." if pods else ""
            raise BadInput(f"Stack {self.name} is of kind {self.kind} and has no {what}.{meant}")

    def secrets(self) -> dict[str, str]:
        """Id of every secret by its key: the output `secrets`, which every component with secrets has. Of several
        players it is by the player too, as in `player0.config`."""
        if not self.outputs.get("secrets"):
            self.require("secrets")
            raise BadInput(f"Stack {self.name} has no secrets.")
        told = self._output("secrets", dict[str, str | dict[str, str]])
        named = {key: value if isinstance(value, dict) else {"": value} for key, value in told.items()}
        return {f"{key}.{name}".rstrip("."): id_ for key, ids in named.items() for name, id_ in ids.items()}

    def nodes(self) -> dict[str, ThetaNode]:
        self.require("edge nodes", "theta")
        nodes = self._output("nodes", dict[str, ThetaNode])
        if not nodes:
            raise BadInput(f"Stack {self.name} has no nodes.")
        return nodes

    def nodeos(self) -> NodeosCluster:
        """The cluster of block producers that the stack is."""
        self.require("block producers", "nodeos")
        ordinals = self._output("ordinals", dict[str, NodeosOrdinal])
        if not ordinals:
            raise BadInput(f"Stack {self.name} has no ordinals.")
        return NodeosCluster(
            namespace=self._output("namespace", str),
            ordinals=ordinals,
            lease=self._output("lease", str),
            failover=self._output("failover", Literal["manual", "automatic"]),  # type: ignore[arg-type]
            producers=self._output("producers", list[str]) if "producers" in self.outputs else [],
        )

    def mantis(self) -> MantisNetwork:
        """The network that the stack is."""
        self.require("network of Ethereum Classic's kind", "mantis")
        return MantisNetwork(
            client=self._output("client", str),
            chain_id=self._output("chainId", int),
            genesis_hash=self._output("genesisHash", str),
            genesis_miners=self._output("genesisMiners", int),
            is_public=self._output("public", bool),
            namespace=self._output("namespace", str),
            release=self._output("release", str),
            tasks=self._output("tasks", dict[str, MantisTask]),
        )

    @property
    def has_releases(self) -> bool:
        return bool(self.outputs.get("release") or self.outputs.get("releases"))

    @property
    def is_platform(self) -> bool:
        return "platform" in self.outputs

    @property
    def is_in_cluster(self) -> bool:
        """Whether a cluster has anything of it: a release, a platform itself, or a node in a pod."""
        nodes = self.outputs.get("nodes") or {}
        return self.has_releases or self.is_platform or any(each.get("pod") for each in nodes.values())

    def object_of(self, part: str) -> str:
        """The name of the StatefulSet of a node in a cluster, whose part is called as the stack file calls it; any
        other part's own name."""
        nodes = self.nodes() if self.outputs.get("nodes") else {}
        pod = nodes[part].pod if part in nodes else None
        return pod.rpartition("/")[2].removesuffix("-0") if pod else part

    def releases(self) -> dict[str, str]:
        """The namespace of each Helm release of the stack, by the release's name."""
        if "release" in self.outputs:
            return {self._output("release", str): self._output("namespace", str)}
        if self.is_platform:
            raise BadInput(
                f"Stack {self.name} is a platform, whose parts are not looked after one by one: "
                f"`nodeyard status {self.name}` shows them."
            )
        if not self.outputs.get("releases"):
            raise BadInput(f"Stack {self.name} runs nothing in a cluster.")
        return self._output("releases", dict[str, str])

    def missing(self) -> list[str]:
        """What the operator still has to do before it can start; nothing where the stack does not say it."""
        return self._output("missing", list[str]) if "missing" in self.outputs else []

    def card(self) -> Card:
        """What a TSM player tells the others: the output `card`."""
        self.require("player's card", "tsm", "tsm_card")
        if self.outputs.get("card", {}) is None:
            raise BadInput(
                f"Stack {self.name} has no card yet: its player has no key. `nodeyard tsm keygen` makes one."
            )
        try:
            return read_card(self._output("card", dict[str, Any]))
        except ValueError as error:
            raise BadInput(f"Output `card` of stack {self.name} {error}.") from None

    def _output(self, name: str, type_: type[T]) -> T:
        if name not in self.outputs:
            raise BadInput(
                f"Stack {self.name} has no output `{name}`. Was it deployed by this version of the project? "
                f"Its outputs are: {', '.join(sorted(self.outputs))}."
            )
        if self.outputs[name] == HIDDEN:
            raise BadInput(f"Output `{name}` of stack {self.name} is hidden: something in it is a Pulumi secret.")
        try:
            return TypeAdapter(type_).validate_python(self.outputs[name])
        except ValidationError as error:
            found = "; ".join(".".join([name, *map(str, e["loc"])]) + ": " + e["msg"] for e in error.errors())
            raise BadInput(f"Stack {self.name} has outputs that cannot be read: {found}.") from None


def read(name: str, directory: Path) -> Stack:
    """Asks Pulumi, whose command is `$NODEYARD_PULUMI` or `pulumi`, in the project at `directory`. Secret outputs stay
    hidden.

    Raises `BadInput` for a stack that does not exist or was never deployed, `Unreachable` when Pulumi fails.
    """
    told = outputs(name, directory)
    if not told:
        raise BadInput(
            f"Stack {name} has no outputs: it was never deployed, or is destroyed. `pulumi up -s {name}` first."
        )
    return Stack(name, told)


def outputs(name: str, directory: Path) -> dict[str, Any]:
    """The outputs that a stack has so far. Raises as `read` does."""
    try:
        told = json.loads(_pulumi(name, directory, "output", "--json"))
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise Unreachable(f"pulumi did not answer with the outputs of stack {name}.")
    return told


def updates(name: str, directory: Path, count: int) -> list[dict[str, Any]]:
    """The stack's last updates, newest first. Values with a secret in them are not among what Pulumi prints. Raises as
    `read` does."""
    try:
        told = json.loads(_pulumi(name, directory, "history", "--json", "--page-size", str(count)))
    except ValueError:
        told = None
    if not isinstance(told, list):
        raise Unreachable(f"pulumi did not answer with the history of stack {name}.")
    return told


def state(name: str, directory: Path) -> dict[str, Any]:
    """What `pulumi stack export` prints and `pulumi stack import` takes: the `deployment`, and its form's `version`. A
    stack that was made and never brought up has an empty `deployment`. Secret values stay encrypted. Raises as `read`
    does."""
    try:
        told = json.loads(_pulumi(name, directory, "export"))
    except ValueError:
        told = None
    deployment = (told.get("deployment") or {}) if isinstance(told, dict) else None
    if not isinstance(deployment, dict):
        raise Unreachable(f"pulumi did not answer with the state of stack {name}.")
    return {**told, "deployment": deployment}


def _pulumi(name: str, directory: Path, what: str, *options: str) -> str:
    """What `pulumi stack <what>` prints of a stack."""
    return pulumi.stack(name, directory, "stack", what, *options)
