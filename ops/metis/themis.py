"""What themis and its bridge answer: Tendermint's RPC, and whether the bridge's own server is there.

Sources: maticnetwork/tendermint 3e7c7f86ce9f, rpc/core/status.go and net.go; MetisProtocol/themis v0.2.3, bridge/cmd,
whose server opens once it no longer waits for themis.
"""

from datetime import UTC, datetime
from typing import Final

from pydantic import BaseModel

from ..reach import Answer, NoAnswer
from ..reach.answers import Wrong, json_of, result_of, shaped
from ..status.facts import Part
from .l2geth import STANDS_SECONDS

PORT: Final = 26657
PATHS: Final = ("/status", "/net_info")
BRIDGE_PORT: Final = 8646
BRIDGE_PATH: Final = "/health"


class Sync(BaseModel):
    latest_block_height: int
    latest_block_time: str
    catching_up: bool


class Validator(BaseModel):
    address: str
    voting_power: int


class Status(BaseModel):
    """`status`. Numbers come as text."""

    sync_info: Sync
    validator_info: Validator


class Peers(BaseModel):
    """`net_info`."""

    n_peers: int


def tell(part: Part, status: Answer | NoAnswer, peers: Answer | NoAnswer) -> bool | None:
    """Adds what it says to the part. Whether it is in sync; None where that is not known."""
    try:
        said = shaped(result_of(json_of(status, "themis", "status"), "status"), Status, "status")
        part.age = _age(said.sync_info.latest_block_time)
        part.peers = shaped(result_of(json_of(peers, "themis", "net_info"), "net_info"), Peers, "net_info").n_peers
    except Wrong as wrong:
        part.say("unhealthy", str(wrong))
        return None
    part.height = said.sync_info.latest_block_height
    power = said.validator_info.voting_power
    part.details |= {
        "catchingUp": said.sync_info.catching_up,
        "votingPower": power,
        "validator": said.validator_info.address,
    }
    part.shown["voting power"] = power
    if not part.peers:
        part.say("unhealthy", "it has no peers")
    if said.sync_info.catching_up:
        part.catches_up("it catches up")
    else:
        part.stands_still_after(STANDS_SECONDS)
    return not said.sync_info.catching_up


def tell_bridge(part: Part, answer: Answer | NoAnswer, is_synced: bool | None) -> bool:
    """Adds to themis' part whether its bridge is there. While themis catches up it waits, and is none."""
    is_there = isinstance(answer, Answer) and answer.status < 400
    part.details["bridge"] = is_there
    if not is_there and is_synced:
        part.say("unhealthy", "its bridge does not answer")
    return is_there


def _age(time: str) -> float:
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(time)).total_seconds()
    except (ValueError, TypeError):
        raise Wrong("status: latest_block_time is no time") from None
