"""A nodeos that keeps a state on its disk, and is as particular about it as the real one.

Its state is a word. It is dirty while it runs. `--snapshot` wants an empty state, no genesis, and a block log that is
absent or has the snapshot's block; a first start wants genesis. So it is said by chain_plugin.cpp and controller.cpp of
AntelopeIO/spring.
"""

import json
import signal
import struct
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

EPOCH, SLOT = 946_684_800, 0.5
FIRST = 100
HEADER = struct.Struct("<7sxB")
options = dict(argument.removeprefix("--").partition("=")[::2] for argument in sys.argv[1:])
data = Path(options["data-dir"])
memory, log, index = data / "state/shared_memory.bin", data / "blocks/blocks.log", data / "blocks/blocks.index"


def end(code: int, message: str) -> None:
    sys.stdout.write(f"error {message}\n")
    sys.stdout.flush()
    sys.exit(code)


def state() -> str:
    if "snapshot" in options:
        return from_snapshot(json.loads(Path(options["snapshot"]).read_text()))
    if memory.exists():
        return memory.read_bytes()[HEADER.size :].rstrip(b"\0").decode()
    if "genesis-json" in options:
        return "genesis"
    if not log.exists():
        end(1, "neither genesis nor blocks")
    return "replayed"


def from_snapshot(snapshot: dict[str, object]) -> str:
    if memory.exists() or "genesis-json" in options:
        end(1, "Snapshot can only be used to initialize an empty database")
    if log.exists():
        first = struct.unpack("<II", log.read_bytes()[:8])[1]
        if not first <= int(str(snapshot["height"])) < first + index.stat().st_size // 8:
            end(1, "Block log is provided with snapshot but does not contain the head block from the snapshot")
    return str(snapshot["word"])


def write(flag: int) -> None:
    memory.parent.mkdir(exist_ok=True)
    with memory.open("r+b" if memory.exists() else "wb") as file:
        file.write(HEADER.pack(b"EOSIODB", flag) + word.encode())
        file.truncate(4 << 20)  # sparse, as the real one
    log.parent.mkdir(exist_ok=True)
    if not log.exists():
        log.write_bytes(struct.pack("<II", 3, FIRST) + b"x" * 1000)
        index.write_bytes(bytes(8 * 10))


def head() -> tuple[int, str]:
    slot = int((time.time() - EPOCH) / SLOT)
    return slot, f"{slot:08x}{'ab' * 28}"


def snapshot() -> tuple[int, object]:
    number, identifier = head()
    file = data / f"snapshots/snapshot-{identifier}.bin"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"word": word, "height": number}))
    told = {"head_block_id": identifier, "snapshot_name": str(file)}
    # EOSIO 2.0 says no more than that.
    return 201, told if "eos" in options else {**told, "head_block_num": number, "version": 6}


def answer(path: str) -> tuple[int, object]:
    if path == "/v1/producer/create_snapshot":
        return snapshot()
    number, identifier = head()
    moment = EPOCH + number * SLOT
    return 200, {
        "head_block_num": number,
        "head_block_id": identifier,
        "head_block_time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment % 1 * 1000):03d}",
        "head_block_producer": "other",
        "last_irreversible_block_num": number - 3,
        "chain_id": options["chain"],
        "server_version_string": word,
    }


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        code, body = answer(self.path)
        written = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, *arguments: object) -> None:
        pass


def stop(*_: object) -> None:
    write(flag=0)
    sys.exit(0)


if memory.exists() and memory.read_bytes()[8:9] != b"\0":
    end(2, "database dirty flag set")
word = state()
write(flag=1)
signal.signal(signal.SIGTERM, stop)
HTTPServer(("127.0.0.1", int(options["port"])), Handler).serve_forever()
