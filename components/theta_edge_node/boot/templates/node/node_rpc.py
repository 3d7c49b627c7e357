"""What the node says of itself over JSON-RPC, on the machine's own loopback."""

import json
import math
import os
import time
import urllib.request
from datetime import datetime
from http.client import HTTPException
from typing import Any

CORE = f"http://127.0.0.1:{os.environ.get('CORE_PORT', '17888')}/rpc"
LAUNCHER = f"http://127.0.0.1:{os.environ.get('LAUNCHER_PORT', '15888')}/rpc"
CHAIN_ID = os.environ.get("CHAIN_ID", "")
JOB_TYPES = os.environ.get("JOB_TYPES", "lavita fedml").split()
TIMEOUT = float(os.environ.get("RPC_TIMEOUT", "10"))
# Never by a proxy: both are on this machine.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class NoAnswer(Exception):
    """The node is silent, or says something else than its interface promises."""


def call(url: str, method: str, *params: object) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with _open(request, timeout=TIMEOUT) as response:
            answer = json.loads(response.read(1 << 22))
    except (OSError, ValueError, HTTPException, RecursionError) as reason:
        raise NoAnswer(f"{method}: {reason!r}"[:200]) from None
    if not isinstance(answer, dict) or answer.get("error") or "result" not in answer:
        problem = answer.get("error") if isinstance(answer, dict) else answer
        raise NoAnswer(f"{method}: no result ({str(problem)[:200]})")
    return answer["result"]


def status() -> tuple[str, int]:
    """(address, block height), for the right network only."""
    result = call(CORE, "edgecore.GetStatus")
    try:
        address, chain, height = str(result["address"]), str(result["chain_id"]), int(result["current_height"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise NoAnswer(f"edgecore.GetStatus: not the documented shape ({str(result)[:200]})") from None
    if not address.startswith("0x"):
        raise NoAnswer(f"edgecore.GetStatus: {address!r} is no address")
    if CHAIN_ID and chain != CHAIN_ID:
        raise NoAnswer(f"edgecore.GetStatus: the node follows {chain!r}, not {CHAIN_ID!r}")
    return address, height


def peers() -> int:
    """How many peers. Upstream's script reads `result.peers`; a bare list is taken too."""
    result = call(CORE, "edgecore.GetPeers")
    found = result.get("peers", []) if isinstance(result, dict) else result
    if found is not None and not isinstance(found, list):
        raise NoAnswer(f"edgecore.GetPeers: not the documented shape ({str(result)[:200]})")
    return len(set(map(str, found or [])))


def _seconds(moment: Any) -> float:
    """A job's time: milliseconds since 1970, as upstream documents it. Seconds and ISO 8601 are taken too."""
    try:
        number = float(moment)
    except ValueError:
        return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
    if not math.isfinite(number):
        raise ValueError(moment)
    return number / 1000 if number > 1e11 else number


def last_job_age(now: float | None = None) -> float | None:
    """Seconds since the newest past job of any type ended, or None without one. Raises when the launcher answers for
    none of the types."""
    ends, refused = [], []
    for kind in JOB_TYPES:
        try:
            result = call(LAUNCHER, "edgelauncher.GetPastJobs", {"type": kind, "page": 0, "num": 10})
        except NoAnswer as reason:
            refused.append(reason)
            continue
        jobs = result.get("body") if isinstance(result, dict) else result
        for job in jobs if isinstance(jobs, list) else []:
            try:
                ends.append(_seconds(job["end_time"]))
            except (KeyError, TypeError, ValueError, AttributeError):
                continue  # still running, or of a shape that upstream does not document
    if len(refused) == len(JOB_TYPES):
        raise refused[0]
    return max(0.0, (now or time.time()) - max(ends)) if ends else None
