"""The command, and how its options are read."""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from prometheus_client import CollectorRegistry, start_http_server

from ..running import run
from .miners import Mined
from .probes import Answers, Balance, EthereumNode, Probe, RollupNode, Target
from .tendermint import Tendermint
from .watch import Watch

_NAME = r"[a-z0-9][-a-z0-9]*"
_ADDRESS = r"0x[0-9a-fA-F]{40}"
_TARGET = r"https?://\S+|/\S+"

_WHERE = "NAME=URL, or NAME=/FILE with the URL in the file."


def exporter(
    eth_balance: Annotated[
        list[str], typer.Option(help="NAME=ADDRESS@URL, or NAME=ADDRESS@/FILE with the URL in the file: a balance.")
    ] = [],  # noqa: B006 - typer makes a list of its own
    node: Annotated[list[str], typer.Option(help=f"{_WHERE} Head and peers of a node.")] = [],  # noqa: B006
    rollup: Annotated[
        list[str], typer.Option(help=f"{_WHERE} The same of a rollup's node, and whether it syncs.")
    ] = [],  # noqa: B006
    tendermint: Annotated[
        list[str], typer.Option(help=f"{_WHERE} Head and peers of a Tendermint node, whether it syncs, what it signs.")
    ] = [],  # noqa: B006
    answers: Annotated[list[str], typer.Option(help=f"{_WHERE} Whether a GET is answered.")] = [],  # noqa: B006
    mined: Annotated[list[str], typer.Option(help=f"{_WHERE} Who made each block.")] = [],  # noqa: B006
    miner: Annotated[list[str], typer.Option(help="NAME=ADDRESS: what --mined calls a miner.")] = [],  # noqa: B006
    interval: Annotated[float, typer.Option(min=1, help="Seconds between two questions, and for an answer.")] = 15.0,
    listen: Annotated[str, typer.Option(help="The address that /metrics is shown at.")] = "0.0.0.0",  # noqa: S104
    port: Annotated[int, typer.Option(min=1, max=65535, help="Its port.")] = 9180,
) -> None:
    """Asks nodes what their own metrics do not tell, and shows it to Prometheus."""
    names = {address.lower(): name for name, address in _pairs("--miner", miner, _ADDRESS)}
    probes: list[Probe] = [
        *(_balance(name, told) for name, told in _pairs("--eth-balance", eth_balance, f"{_ADDRESS}@({_TARGET})")),
        *(EthereumNode(name, Target(url)) for name, url in _pairs("--node", node, _TARGET)),
        *(RollupNode(name, Target(url)) for name, url in _pairs("--rollup", rollup, _TARGET)),
        *(Tendermint(name, Target(url)) for name, url in _pairs("--tendermint", tendermint, _TARGET)),
        *(Answers(name, Target(url)) for name, url in _pairs("--answers", answers, _TARGET)),
        *(Mined(name, Target(url), names) for name, url in _pairs("--mined", mined, _TARGET)),
    ]
    _check(probes)
    watch = Watch(probes, interval)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(watch)
    start_http_server(port, listen, registry)
    run(watch.run())


def _pairs(option: str, given: Sequence[str], value: str) -> Iterator[tuple[str, str]]:
    for text in given:
        found = re.fullmatch(rf"({_NAME})=({value})", text)
        if not found:
            raise typer.BadParameter("It is told in another way: see --help.", param_hint=option)
        yield found[1], found[2]


def _balance(name: str, told: str) -> Balance:
    address, _, target = told.partition("@")
    return Balance(name, address.lower(), Target(target))


def _check(probes: Sequence[Probe]) -> None:
    """Every series goes by its probe's name."""
    names = [probe.name for probe in probes]
    if not names:
        raise typer.BadParameter("Nothing is asked for: give one probe or more.")
    if twice := {name for name in names if names.count(name) > 1}:
        raise typer.BadParameter(f"Two probes have one name: {', '.join(sorted(twice))}.")
