"""Ports of this machine for servers that are about to start."""

import contextlib
import random
import socket

# The kernel gives callers theirs from 32768 on: one below that is free now, and stays so until its server has it.
LOWEST, HIGHEST = 20_000, 32_000

_given: set[int] = set()


def free_port() -> int:
    """On loopback, and of nobody else that this process gave one to."""
    while True:
        port = random.randrange(LOWEST, HIGHEST)
        if port in _given:
            continue
        with socket.socket() as tried, contextlib.suppress(OSError):
            tried.bind(("127.0.0.1", port))
            _given.add(port)
            return port
