"""Forwards ports: `forward.py NEAR=FAR ...`, each a port or ADDRESS:PORT. What the Session Manager plugin, ssh and
kubectl do."""

import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    finally:
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def place(text):
    address, _, port = text.rpartition(":")
    return address or "127.0.0.1", int(port)


def serve(near, far):
    listener = socket.create_server(place(near))
    while True:
        client, _ = listener.accept()
        try:
            node = socket.create_connection(place(far))
        except OSError:
            client.close()
            continue
        for ends in ((client, node), (node, client)):
            threading.Thread(target=pump, args=ends, daemon=True).start()


# The AWS CLI ignores interrupts, which its children inherit; its plugin asks for them again.
signal.signal(signal.SIGINT, signal.default_int_handler)
with (Path(os.environ["STAND_IN"]) / "pids").open("a") as log:
    log.write(f"{os.getpid()}\n")
threads = [threading.Thread(target=serve, args=pair.split("="), daemon=True) for pair in sys.argv[1:]]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
