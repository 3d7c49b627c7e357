"""The chain of a test: it writes down who signed which slot, and grows by the blocks that its nodes sign."""

import json
import threading
import time
from collections import defaultdict, deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nodeos_manager.production.schedule import Schedule, slot_at, slot_time

from .loopback import serve

OURS = "ours"
IN_A_ROW = 3


@dataclass(frozen=True)
class Block:
    number: int
    id: str
    slot: int
    producer: str


class Chain:
    """What signs on it is a process each. The producers that are not ours never fail: they are a thread of this one.

    In its directory, `signatures` gets a line for each signature, as they come, and `head` is the newest block."""

    def __init__(self, others: int, directory: Path) -> None:
        self.schedule = Schedule(1, (OURS, *(f"other{number}" for number in range(1, others + 1))))
        self.signed: dict[int, list[str]] = defaultdict(list)
        """Who signed which slot of ours."""
        self.last_signer = ""
        self._newest: deque[tuple[float, int]] = deque(maxlen=IN_A_ROW)
        """When our newest slots were signed first, on the wall clock, and which they are."""
        self._blocks = [Block(1, "01", slot_at(time.time()), "genesis")]
        self._lock = threading.Lock()
        self._record = (directory / "signatures").open("a")
        self._head = directory / "head"
        self._write_head()
        self._ended = threading.Event()
        self._server, self.address = serve(self)
        threading.Thread(target=self._others, daemon=True).start()

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if path == "/schedule":
            return 200, list(self.schedule.producers)
        if path == "/sign":
            self._sign(body["slot"], body["signer"], OURS)
            return 201, {}
        with self._lock:
            return 200, asdict(self._blocks[int(path.rpartition("/")[2]) - 1])

    def doubles(self) -> dict[int, list[str]]:
        """The slots that were signed more than once."""
        with self._lock:
            return {slot: signers for slot, signers in self.signed.items() if len(signers) > 1}

    def missed(self, since: float, until: float) -> list[int]:
        """The slots of ours that nobody signed, between two moments of the wall clock."""
        with self._lock:
            slots = range(slot_at(since) + 1, slot_at(until))
            return [slot for slot in slots if self.schedule.producer_at(slot) == OURS and slot not in self.signed]

    def grows(self, since: float) -> bool:
        """Whether slots of ours in a row were signed after that moment of the wall clock, up to the newest one."""
        with self._lock:
            came = list(self._newest)
        in_a_row = [slot for _, slot in came] == list(range(came[0][1], came[0][1] + IN_A_ROW)) if came else False
        return in_a_row and came[0][0] > since

    def arguments(self) -> list[str]:
        """How a nodeos is told of it."""
        return [f"--nodeos-arg=--chain-server={self.address}", f"--nodeos-arg=--chain-head={self._head}"]

    def signatures(self) -> int:
        with self._lock:
            return len(self.signed)

    def stop(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._record.close()

    def _sign(self, slot: int, signer: str, producer: str) -> None:
        with self._lock:
            if producer == OURS:
                self.signed[slot].append(signer)
                self.last_signer = signer
                if len(self.signed[slot]) == 1:
                    self._newest.append((time.time(), slot))
            self._record.write(json.dumps({"at": time.time(), "slot": slot, "signer": signer}) + "\n")
            self._record.flush()
            head = self._blocks[-1]
            # A block that comes late is on no branch that counts. Its signature is written down all the same.
            if slot > head.slot:
                self._blocks.append(Block(head.number + 1, f"{head.number + 1:08x}{slot:x}", slot, producer))
                self._write_head()

    def _write_head(self) -> None:
        new = self._head.with_suffix(".new")
        new.write_text(json.dumps(asdict(self._blocks[-1])))
        new.replace(self._head)

    def _others(self) -> None:
        slot = slot_at(time.time()) + 1
        while not self._ended.wait(max(0.0, slot_time(slot) - time.time())):
            producer = self.schedule.producer_at(slot)
            if producer != OURS:
                self._sign(slot, producer, producer)
            slot += 1
