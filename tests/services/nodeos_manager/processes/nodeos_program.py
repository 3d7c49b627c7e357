"""A program that does what nodeos does, in real time: its APIs, its blocks, its dirty flag. It needs Python alone.

`pause` sets a flag, and a block in the making is still signed (producer_plugin.cpp of AntelopeIO/spring). What it is
asked waits for the main thread, and is done later even where nobody waits for the answer. The database is dirty from
the start until a stop in order (`pinnable_mapped_file` of AntelopeIO/chainbase).

Unlike nodeos it signs a slot though it has a block of that slot: so two that produce at once are always seen.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

EPOCH, SLOT, TURN = 946_684_800, 0.5, 12
DIRTY_EXIT = 2
EARLIEST = 0.43
"""Seconds: Spring ends the last block of a turn so much before its slot's time, and the others less."""


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def written(slot):
    moment = EPOCH + slot * SLOT
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment % 1 * 1000):03d}"


def sleep_until(moment):
    time.sleep(max(0.0, moment - time.time()))


class Database:
    """The chain state's header: who opens it makes it dirty."""

    def __init__(self, data):
        self.file = data / "state/shared_memory.bin"

    def is_dirty(self):
        return self.file.exists() and self.file.read_bytes()[8:9] == b"\1"

    def mark(self, dirty):
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(b"EOSIODB\0" + (b"\1" if dirty else b"\0"))


class Chain:
    """The chain's server, which all nodes of a test share."""

    def __init__(self, address, head):
        self.address = address
        self._head = head

    def head(self):
        """From a file: it is asked for ten times a second."""
        return json.loads(self._head.read_text())

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.address}/{path}", data, timeout=5) as answer:
            return json.load(answer)


def configured(directory, name):
    """What config.ini says of one option."""
    lines = (directory / "config.ini").read_text().splitlines()
    pairs = [line.partition("#")[0].partition("=") for line in lines]
    return [value.strip() for key, _, value in pairs if key.strip() == name]


class Node:
    def __init__(self, options):
        self.signer = f"{options.name}#{os.getpid()}"
        self.chain = Chain(options.chain_server, options.chain_head)
        self.producers = self.chain.ask("schedule")
        self.paused = options.pause_on_startup
        self.implicit_until = 0.0
        self.main_thread = threading.Lock()
        self.peers = dict.fromkeys(configured(options.config_dir, "p2p-peer-address"), True)

    def answer(self, path, body):
        """What it says to a request, on its main thread. None for a path that it does not have."""
        call = getattr(self, "_" + path.removeprefix("/v1/").replace("/", "_"), None)
        if call is None:
            return None
        with self.main_thread:
            return call(body)

    def hang(self, seconds):
        with self.main_thread:
            time.sleep(seconds)

    def is_paused(self):
        return self.paused or time.time() < self.implicit_until

    def produce(self):
        """Works on each block for a slot, and signs it a little early."""
        slot = int((time.time() - EPOCH) / SLOT) + 2
        while True:
            end = EPOCH + slot * SLOT - EARLIEST * (slot % TURN) / TURN
            sleep_until(end - SLOT)
            begun = self.producers[slot // TURN % len(self.producers)] == "ours" and not self.is_paused()
            sleep_until(end)
            if begun:
                with self.main_thread:
                    self.chain.ask("sign", {"slot": slot, "signer": self.signer})
            slot = max(slot + 1, int((time.time() - EPOCH) / SLOT) + 1)

    def _producer_pause(self, _body):
        self.paused = True
        return 201, {"result": "ok"}

    def _producer_resume(self, _body):
        self.paused = False
        return 201, {"result": "ok"}

    def _producer_paused(self, _body):
        return 201, self.is_paused()

    def _chain_get_info(self, _body):
        head = self.chain.head()
        return 200, {
            "head_block_num": head["number"],
            "head_block_id": head["id"],
            "head_block_time": written(head["slot"]),
            "head_block_producer": head["producer"],
            "last_irreversible_block_num": max(1, head["number"] - 3),
            "chain_id": "00",
        }

    def _chain_get_block(self, body):
        block = self.chain.ask(f"block/{body['block_num_or_id']}")
        told = {"block_num": block["number"], "id": block["id"], "producer": block["producer"]}
        return 200, {**told, "timestamp": written(block["slot"]), "transactions": []}

    def _chain_get_producer_schedule(self, _body):
        return 200, {"active": {"version": 1, "producers": [{"producer_name": name} for name in self.producers]}}

    def _net_connections(self, _body):
        return 200, [
            {"peer": peer, "connecting": False, "last_handshake": {"generation": int(up)}}
            for peer, up in self.peers.items()
        ]

    def _net_connect(self, peer):
        self.peers[peer] = True
        return 201, "added connection"

    def _net_disconnect(self, peer):
        self.peers.pop(peer, None)
        return 201, "connection removed"

    def _db_size_get(self, _body):
        return 200, {"free_bytes": 3 << 30, "used_bytes": 1 << 30, "reclaimable_bytes": 0, "size": 4 << 30}

    def _test_implicit_pause(self, seconds):
        """Spring's own pause, while no votes come."""
        self.implicit_until = time.time() + seconds
        return 201, {}


def handler(node):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            if self.path == "/v1/test/hang":
                threading.Thread(target=node.hang, args=(body,)).start()
                code, answer = 201, {}
            else:
                code, answer = node.answer(self.path, body) or (404, {"code": 404})
            data = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments):
            pass

    return Handler


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--pause-on-startup", action="store_true")
    parser.add_argument("--config-dir", type=Path, required=True)
    parser.add_argument("--chain-server", required=True)
    parser.add_argument("--chain-head", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--boot", type=float, default=0.3)
    parser.add_argument("--stop-takes", type=float, default=0.3)
    return parser.parse_known_args()[0]


def main():
    say("warn  it starts with " + " ".join(sys.argv[1:]))
    options = arguments()
    database = Database(options.data_dir)
    if database.is_dirty():
        say("error database dirty flag set (likely due to unclean shutdown): replay required")
        sys.exit(DIRTY_EXIT)
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    database.mark(True)
    time.sleep(options.boot)
    node = Node(options)
    host, _, port = configured(options.config_dir, "http-server-address")[0].partition(":")
    server = ThreadingHTTPServer((host, int(port)), handler(node))
    for work in (server.serve_forever, node.produce):
        threading.Thread(target=work, daemon=True).start()
    told.wait()
    # Where the main thread hangs, it does not hear the signal yet. It signs no more from here on.
    with node.main_thread:
        time.sleep(options.stop_takes)
        database.mark(False)
        say("info  it stops in order")
        os._exit(0)


main()
