"""The configuration of a node on this machine that joins a network: what upstream's `templates/mantis.tmpl` was for."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from nodeyard.mantis_cluster import clients
from nodeyard.mantis_cluster.clients.contract import (
    Bootstrap,
    Chain,
    Client,
    ClientName,
    Consensus,
    Node,
    Ports,
    Rendered,
    Role,
)

from ..errors import BadInput, Unhealthy
from ..stacks import MantisNetwork
from .genesis import FILE, clique_period

_LOOPBACK = "127.0.0.1"
_FIRST_PORT = 19076
"""Where the first forwarded miner is on this machine."""


@dataclass(frozen=True)
class Joining:
    """What a node on this machine needs."""

    files: Mapping[str, str]
    commands: Sequence[str]
    """What is run, in its order."""


def join(network: MantisNetwork, genesis: str, directory: Path, forwards: bool) -> Joining:
    """`forwards`: the miners are reached by `kubectl port-forward`. Raises `BadInput` for a client that is not known,
    and `Unhealthy` where the genesis is not the network's."""
    client = _client(network.client)
    _check(client, network, genesis)
    miners = network.bootstrap.items()
    bootstrap = [_bootstrap(number, name, task.enode, forwards) for number, (name, task) in enumerate(miners)]
    chain = Chain(
        name=network.release,
        chain_id=network.chain_id,
        consensus=Consensus.ETHASH if clique_period(genesis) is None else Consensus.CLIQUE,
        genesis=genesis,
        bootstrap=bootstrap,
        rpc_apis=client.RPC_APIS,
    )
    # Who dials through kubectl is dialled by nobody.
    listen = _LOOPBACK if forwards else "0.0.0.0"  # noqa: S104 - peers come from anywhere
    node = Node(name="local", role=Role.PASSIVE, listen=listen, rpc_listen=_LOOPBACK)
    rendered = client.node(chain, node)
    commands = [*(_forwards(network, bootstrap) if forwards else []), *_commands(client, rendered, directory)]
    return Joining({FILE: genesis, **rendered.files}, commands)


def _client(name: str) -> Client:
    try:
        return clients.of(ClientName(name))
    except ValueError:
        raise BadInput(f"The stack's client is {name}, which this version does not know.") from None


def _check(client: Client, network: MantisNetwork, genesis: str) -> None:
    try:
        found = client.genesis_hash(genesis)
    except (LookupError, TypeError, ValueError, AttributeError):
        raise Unhealthy("That is no genesis.") from None
    if found.lower() != network.genesis_hash.lower():
        raise Unhealthy(
            f"The genesis is another network's: its hash is {found}, and the stack's {network.genesis_hash}."
        )


def _bootstrap(number: int, name: str, enode: str, forwards: bool) -> Bootstrap:
    url = urlsplit(enode)
    if url.scheme != "enode" or not url.username or not url.hostname or not url.port:
        raise BadInput(f"The enode of {name} in the stack's outputs is none: {enode}.")
    if forwards:
        near = _FIRST_PORT + number
        return Bootstrap(name=name, public_id=url.username, host=_LOOPBACK, ports=Ports(p2p=near, discovery=near))
    discovery = int(parse_qs(url.query).get("discport", [str(url.port)])[0])
    return Bootstrap(
        name=name, public_id=url.username, host=url.hostname, ports=Ports(p2p=url.port, discovery=discovery)
    )


def _forwards(network: MantisNetwork, bootstrap: Sequence[Bootstrap]) -> list[str]:
    """Each runs as long as the node does."""
    far = Ports().p2p
    return [
        f"kubectl port-forward service/{each.name} --namespace {network.namespace} {each.ports.p2p}:{far} &"
        for each in bootstrap
    ]


def _commands(client: Client, rendered: Rendered, directory: Path) -> list[str]:
    data, genesis = directory / "data", directory / FILE
    if client.NAME is ClientName.MANTIS:
        options = [f"-Dconfig.file={directory / 'mantis.conf'}", f"-Dmantis.datadir={data}"]
        return [f"cd {shlex.quote(str(directory))} && {shlex.join(['mantis', *options, *rendered.arguments])}"]
    config = ["--config", str(directory / "config.toml"), "--datadir", str(data), "--nat", "none"]
    return [
        shlex.join(["geth", "--datadir", str(data), "init", str(genesis)]),
        shlex.join(["geth", *config, *rendered.arguments]),
    ]
