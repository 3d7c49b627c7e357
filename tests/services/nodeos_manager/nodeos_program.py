"""A program that answers as nodeos does, in real time, and is always at the head of a chain of others."""

import json
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

EPOCH, SLOT = 946_684_800, 0.5
state = {"paused": "--pause-on-startup" in sys.argv}


def answer(path: str) -> tuple[int, object]:
    if path in ("/v1/producer/pause", "/v1/producer/resume"):
        state["paused"] = path.endswith("pause")
        return 201, {"result": "ok"}
    if path == "/v1/producer/paused":
        return 201, state["paused"]
    if path == "/v1/chain/get_producer_schedule":
        return 200, {"active": {"version": 1, "producers": [{"producer_name": "other"}]}}
    if path == "/v1/chain/get_info":
        slot = int((time.time() - EPOCH) / SLOT)
        moment = EPOCH + slot * SLOT
        written = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment % 1 * 1000):03d}"
        return 200, {
            "head_block_num": slot,
            "head_block_id": f"{slot:064x}",
            "head_block_time": written,
            "head_block_producer": "other",
            "last_irreversible_block_num": slot - 3,
            "chain_id": "00",
        }
    return 404, {}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        code, body = answer(self.path)
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def stop(*_: object) -> None:
    say("info  it stops in order")
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
say("warn  it starts with " + " ".join(sys.argv[1:]))
port = next(int(argument.partition("=")[2]) for argument in sys.argv if argument.startswith("--port="))
HTTPServer(("127.0.0.1", port), Handler).serve_forever()
