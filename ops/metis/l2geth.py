"""What l2geth answers: `rollup_getInfo` (MetisProtocol/mvm, l2geth) and what all of Ethereum's nodes do."""

import json
import time
from typing import Any, Final

import httpx
from pydantic import BaseModel

from ..errors import Unreachable
from ..reach import Answer, NoAnswer
from ..reach.answers import Wrong, json_of, result_of, shaped
from ..reach.contract import curled
from ..reach.http import send
from ..reach.processes import capture
from ..status.facts import Part
from ..workloads.tasks import Pod

PORT: Final = 8545
STANDS_SECONDS: Final = 120
"""The age of a head that stands still: as long as the alert `ChainStalled` waits, which is upstream's."""
_CALLS = (("rollup_getInfo", ()), ("eth_getBlockByNumber", ("latest", False)), ("net_peerCount", ()))
# Its RPC listens on its node's private address alone, where no port-forward leads: that goes to the pod's loopback.
_ASK = (
    'curl -s --noproxy "*" --max-time "$1" -H "Content-Type: application/json" -d "$2" '
    '-w "\\n%{http_code}" "$LOCAL_L2_CLIENT_HTTP" || true'
)


class Info(BaseModel):
    """`rollup_getInfo`, as far as it is judged."""

    syncing: bool
    mode: str = ""


def body() -> str:
    """All calls in one, since each exec takes a second."""
    calls = enumerate(_CALLS)
    return json.dumps([{"jsonrpc": "2.0", "id": at, "method": name, "params": params} for at, (name, params) in calls])


async def ask_pod(pod: Pod, limit: float) -> Answer | NoAnswer:
    """Asks in the pod itself. Raises `Unreachable`."""
    printed = await capture(pod.exec("sh", "-c", _ASK, "sh", f"{limit:g}", body()))
    try:
        return curled(printed.rstrip("\n"), limit)
    except ValueError:
        raise Unreachable(f"pod {pod.name} cannot ask its own node: curl printed no HTTP status.") from None


async def ask_url(url: str, limit: float) -> Answer | NoAnswer:
    async with httpx.AsyncClient(timeout=limit, trust_env=False) as client:
        headers = {"Content-Type": "application/json"}
        return await send(client, client.build_request("POST", url, content=body(), headers=headers), limit)


def tell(part: Part, answer: Answer | NoAnswer) -> bool | None:
    """Adds what it says to the part. Whether it is in sync; None where that is not known."""
    try:
        answered = {each.get("id"): each for each in _list(json_of(answer, "l2geth", "l2geth"))}
        results = [result_of(answered.get(at), name) for at, (name, _) in enumerate(_CALLS)]
        info = shaped(results[0], Info, "rollup_getInfo")
        part.height, part.age = _number(results[1], "number"), time.time() - _number(results[1], "timestamp")
        part.peers = int(str(results[2]), 16)
    except Wrong as wrong:
        part.say("unhealthy", str(wrong))
        return None
    except (ValueError, LookupError, TypeError, AttributeError):
        part.say("unhealthy", "l2geth: the answer is not what its RPC documents")
        return None
    part.details |= {"mode": info.mode or None, "syncing": info.syncing, "rollup": results[0]}
    if info.syncing:
        part.catches_up("it catches up")
    else:
        part.stands_still_after(STANDS_SECONDS)
    return not info.syncing


def _list(answer: Any) -> list[Any]:
    if isinstance(answer, dict):  # one error for all of them
        result_of(answer, "l2geth")
    if not isinstance(answer, list):
        raise Wrong("l2geth: the answer is no list of JSON-RPC responses")
    return answer


def _number(block: Any, key: str) -> int:
    return int(block[key], 16)
