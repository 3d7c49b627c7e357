#!/usr/bin/env python3
"""Copies standard input to standard output, the node's password taken out wherever it stands.

The password is read anew for each chunk: it may come after this filter has started. A line is held back until it is
whole, so that no chunk can end inside the password; a very long one is cut where no part of it is lost.
"""

import base64
import json
import os
import pathlib
import signal
import sys
import urllib.parse

RUN = pathlib.Path(os.environ.get("NODEYARD_RUN", "/run/theta-edge-node"))
REPLACEMENT = b"[redacted]"
LONGEST = 1 << 16


def spellings() -> list[bytes]:
    """The password as programs tend to print it; the longest first, since one may hold another."""
    try:
        password = (RUN / "password").read_text()
    except FileNotFoundError:
        return []
    if not password:
        return []
    quoted = urllib.parse.quote(password, safe="")
    forms = {
        password,
        json.dumps(password)[1:-1],
        json.dumps(password, ensure_ascii=False)[1:-1],
        quoted,
        repr(password)[1:-1],
    }
    # Without its padding, which some leave out.
    forms |= {urllib.parse.quote_plus(password), base64.b64encode(password.encode()).decode().rstrip("=")}
    return sorted((form.encode() for form in forms), key=len, reverse=True)


def redacted(text: bytes, secrets: list[bytes]) -> bytes:
    for secret in secrets:
        text = text.replace(secret, REPLACEMENT)
    return text


def whole_part(held: bytes, secrets: list[bytes]) -> int:
    """How much of `held` can go: whole lines, or of an endless one all that no password can begin in."""
    lines = held.rfind(b"\n") + 1
    if lines or len(held) < LONGEST:
        return lines
    return len(held) - max(map(len, secrets), default=0)


def main() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the end comes with the end of the input
    sink = sys.stdout.buffer
    held = b""
    while chunk := os.read(sys.stdin.fileno(), LONGEST):
        secrets = spellings()
        held = redacted(held + chunk, secrets)
        end = whole_part(held, secrets)
        sink.write(held[:end])
        sink.flush()
        held = held[end:]
    sink.write(redacted(held, spellings()))
    sink.flush()


if __name__ == "__main__":
    main()
