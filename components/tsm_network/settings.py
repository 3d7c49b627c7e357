"""A network as it will be made: what each of its players is told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from pulumi import Input, Output

from ..asking import about, checked
from ..errors import InputError, Problem
from ..pods import name_problems, service_host
from ..tsm_node.args import TSMNodeArgs
from ..tsm_node.config import MPC_PORT, SDK_PORT
from ..tsm_node.rules import resolve as resolve_player
from ..tsm_node.settings import LONGEST_NAME
from .args import TSMNetworkArgs

TYPE: Final = "nodeyard:index:TSMNetwork"

_AS_THEY_ARE: Final = (
    *("platform", "release_version", "images", "replicas", "nodes", "database", "authentication", "features"),
    *("resources", "tags", "monitoring"),
)
"""What every player is told as the network is."""


@dataclass(frozen=True)
class Settings:
    """A network as it will be made."""

    name: str
    args: TSMNetworkArgs

    @property
    def players(self) -> range:
        return range(len(self.args["namespaces"]))

    def player(self, index: int) -> str:
        """The name of a player."""
        return f"{self.name}-{index}"

    def told(self, index: int, private_key: Input[str], public_keys: Sequence[Input[str]]) -> TSMNodeArgs:
        """What a player is told."""
        args: Any = self.args
        told: Any = {
            **{key: args[key] for key in _AS_THEY_ARE},
            "namespace": args["namespaces"][index],
            "index": index,
            "players": len(self.players),
            "peers": {str(other): self._peer(other, public_keys[other]) for other in self.players if other != index},
            "mesh": {"kind": "cluster"},
            "sdk": {"exposure": "cluster", "namespaces": args["callers"]},
            "secrets": {**args["secrets"], "private_key": {"value": private_key}},
        }
        result: TSMNodeArgs = told
        return result

    def _peer(self, index: int, public_key: Input[str]) -> dict[str, Any]:
        namespace = self.args["namespaces"][index]
        return {
            "address": f"tcp://{service_host(self.player(index), 'mpc', namespace)}:{MPC_PORT}",
            "sdk": f"http://{service_host(self.player(index), 'sdk', namespace)}:{SDK_PORT}",
            "public_key": public_key,
            "namespace": namespace,
        }


def resolve(name: str, args: TSMNetworkArgs) -> Settings:
    """The network `name` as `args` describe it. Raises `InputError` with everything that is wrong with them."""
    rules = about(partial(Settings, name), [_name, _database, _players])
    return Settings(name, checked(f"TSMNetwork {name!r}", TSMNetworkArgs, args, *rules))


def _name(network: Settings) -> Iterator[Problem]:
    return name_problems(network.name, LONGEST_NAME - len("-99"))


def _database(network: Settings) -> Iterator[Problem]:
    """One server cannot be that of all players, nor the source of all theirs."""
    for key in ("existing", "restored_from"):
        if network.args["database"].get(key):
            yield (
                ("database", key),
                "is of one player: every player of a network has a server of its own",
            )


def _players(network: Settings) -> Iterator[Problem]:
    """What is wrong with a player, at the key of the network that says it."""
    unknown = Output.from_input("")
    for index in network.players:
        try:
            resolve_player(network.player(index), network.told(index, unknown, [unknown for _ in network.players]))
        except InputError as error:
            # What is wrong with a player's name is wrong with the network's.
            yield from ((_place(index, path), reason) for path, reason in error.found if path)


def _place(index: int, path: Any) -> Any:
    return ("namespaces", index) if path[:1] == ("namespace",) else path
