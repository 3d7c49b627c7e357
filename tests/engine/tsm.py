"""Three players on three clouds, as their tests start from them, and what the clouds hold of their secrets."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from nodeyard.tsm_node.keys import CURVE, private_key_of_pem, public_key_of
from tests.engine.harness import Sandbox
from tests.engine.worlds import Worlds

CLOUDS = ("aws", "azure", "gcp")
"""In the order of the players' numbers."""
PULL_TOKEN = "c0ffee00pull0secret0of0nobody"
PULL = json.dumps({"auths": {"registry.invalid": {"auth": PULL_TOKEN}}})
MASTER_PASSWORD = "c0ffee00master0password0of0nobody"


@dataclass(frozen=True)
class Player:
    index: int

    @property
    def cloud(self) -> str:
        return CLOUDS[self.index]

    @property
    def stack(self) -> str:
        return f"tsm-player{self.index}-{self.cloud}"

    @property
    def card(self) -> str:
        """The stack of its card."""
        return f"tsm-player{self.index}-card"

    @property
    def private_key(self) -> str:
        """The same in every process of a run, and of nobody else."""
        key = ec.derive_private_key(0xC0FFEE + self.index, CURVE())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        return private_key_of_pem(pem.decode())

    @property
    def public_key(self) -> str:
        return public_key_of(self.private_key)

    def prepare(self, sandbox: Sandbox) -> None:
        """Its operator has made the key, and has the registry's credentials."""
        given = {"privateKey": self.private_key, "pull": PULL, "masterPassword": MASTER_PASSWORD}
        for key, value in given.items():
            sandbox.configure(self.stack, "--secret", "--path", f"nodeyard:secrets.{key}", value)


PLAYERS = tuple(Player(index) for index in range(3))


def platforms(worlds: Worlds, home: Path) -> Sandbox:
    """A sandbox where the three platforms are up, and the three operators have given what is theirs."""

    def make(sandbox: Sandbox) -> None:
        for player in PLAYERS:
            sandbox.up(f"platform-{player.cloud}")
            player.prepare(sandbox)

    return worlds.copy("tsm-platforms", home, make)


def joined(worlds: Worlds, order: Sequence[Player], home: Path) -> Sandbox:
    """A sandbox where these players came up once, one after the other, and each gave its card away."""
    if not order:
        return platforms(worlds, home)
    *before, last = order

    def make(sandbox: Sandbox) -> None:
        sandbox.printed += joined(worlds, before, sandbox.home).printed
        sandbox.up(last.stack)
        sandbox.up(last.card)

    return worlds.copy(f"tsm-joined-{''.join(str(player.index) for player in order)}", home, make)


def met(worlds: Worlds, order: Sequence[Player], home: Path) -> Sandbox:
    """A sandbox where all players came up twice in this order."""

    def make(sandbox: Sandbox) -> None:
        sandbox.printed += joined(worlds, order, sandbox.home).printed
        for player in order:
            sandbox.up(player.stack)

    return worlds.copy(f"tsm-met-{''.join(str(player.index) for player in order)}", home, make)


def objects(sandbox: Sandbox) -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """The type, the id, the inputs and the properties of everything that there is, in the order in which it came."""
    with sqlite3.connect(sandbox.home / "world.sqlite") as world:
        rows = world.execute("select type, id, inputs, properties from objects order by key").fetchall()
    return [(type_, id_, json.loads(inputs), json.loads(properties)) for type_, id_, inputs, properties in rows]


def secret_value(sandbox: Sandbox, stack: str, secret: str) -> str:
    """What stands in one of a player's secrets, as its cloud gives it to a pod."""
    return value_of(sandbox, sandbox.outputs(stack)["secrets"][secret])


def value_of(sandbox: Sandbox, id_: str) -> str:
    """The newest one: older versions are kept."""
    for type_, found, inputs, _ in reversed(objects(sandbox)):
        if type_ == "aws:secretsmanager/secretVersion:SecretVersion" and inputs["secretId"] == id_:
            return str(inputs["secretString"])
        if type_ == "gcp:secretmanager/secretVersion:SecretVersion" and inputs["secret"] == id_:
            return str(inputs["secretData"])
        if type_ == "azure-native:keyvault:Secret" and found == id_:
            return str(inputs["properties"]["value"])
    raise LookupError(id_)


def replicas(sandbox: Sandbox, player: str) -> int:
    """How many instances of a player the cluster shall run."""
    (deployment,) = of_kind(sandbox.manifests(player), "Deployment", "StatefulSet")
    return int(deployment["spec"]["replicas"])


def of_kind(manifests: Sequence[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    return [one for one in manifests if one["kind"] in kinds]


def let_in(sandbox: Sandbox, player: Player) -> set[str]:
    """The ranges that a player's balancer for the mesh takes calls from."""
    name = f"{player.stack}-mpc"
    if player.cloud == "aws":
        (group,) = [
            inputs
            for type_, _, inputs, _ in objects(sandbox)
            if type_ == "aws:ec2/securityGroup:SecurityGroup" and inputs.get("tags", {}).get("Name") == name
        ]
        return {range_ for rule in group["ingress"] for range_ in rule["cidrBlocks"]}
    services = of_kind(sandbox.manifests(player.stack), "Service")
    (service,) = [one["spec"] for one in services if one["metadata"]["name"] == name]
    if service["type"] != "LoadBalancer":
        return set()
    # Without ranges everybody could call.
    return set(service["loadBalancerSourceRanges"]) or {"0.0.0.0/0"}


def world(sandbox: Sandbox) -> set[str]:
    """Everything that there is, with what it was told."""
    return {f"{type_} {id_} {json.dumps(inputs, sort_keys=True)}" for type_, id_, inputs, _ in objects(sandbox)}
