#!/usr/bin/env python3
"""Keeps a node's password and the identity on its disk together.

The disk's keys are encrypted with the password. Another password would lock them, or make a new identity beside them,
so the disk carries a record: scrypt of the password under a salt of its own, the node's address once it is known, and
whether its keys have been seen.
The record helps nobody to guess: whoever holds the disk can try passwords on the encrypted keys themselves, at no
higher price than here. It is root's, outside of what the container sees.

    check             before a start: the secret's value in $RUN/secret becomes $RUN/password, or the start is refused
    record ADDRESS    when the node has answered
"""

import hashlib
import json
import os
import pathlib
import secrets
import sys
from typing import Any

RUN = pathlib.Path(os.environ.get("NODEYARD_RUN", "/run/theta-edge-node"))
MOUNT = pathlib.Path(os.environ.get("MOUNT", "/data"))
RECORD = MOUNT / ".nodeyard" / "identity.json"
DATA = MOUNT / "edgelauncher"
# Theta's node keeps its key in `key/encrypted` of its configuration's directory (thetatoken/theta-protocol-ledger,
# cmd/theta/cmd/start.go). How deep below EDGELAUNCHER_CONFIG_PATH the edge node has its own no public source says.
KEYS = ("key/encrypted/*", "*/key/encrypted/*", "*/*/key/encrypted/*")
# 128 MiB and half a second: OWASP's first choice for scrypt.
COST = {"n": 1 << 17, "r": 8, "p": 1}


class Refused(Exception):
    """What must not go on, in words for the operator."""


def write_private(path: pathlib.Path, text: str) -> None:
    """All of it or nothing, readable by root alone, on the disk before this returns."""
    new = path.with_suffix(".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    directory = os.open(path.parent, os.O_DIRECTORY)
    os.fsync(directory)  # else the new name may be lost with the power
    os.close(directory)


def scrypt(password: str, salt: str, cost: dict[str, int]) -> str:
    return hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), maxmem=1 << 28, **cost).hex()


def read_record() -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads(RECORD.read_text())
        return record
    except FileNotFoundError:
        return None
    except ValueError as broken:
        raise Refused(f"{RECORD} is damaged ({broken}): restore it, or move it away if you know the password") from None


def has_keys() -> bool:
    return any(next(DATA.glob(pattern), None) for pattern in KEYS)


def write_record(password: str, address: str | None) -> None:
    salt = secrets.token_hex(16)
    found = {"address": address, "keys": has_keys()}
    record = {"scrypt": scrypt(password, salt, COST), "salt": salt, "cost": COST, **found}
    RECORD.parent.mkdir(mode=0o700, exist_ok=True)
    write_private(RECORD, json.dumps(record))


def secret_value() -> str:
    """The secret's value, without the line end that a file often ends with."""
    try:
        password = (RUN / "secret").read_bytes().decode()
    except UnicodeDecodeError:
        raise Refused("the secret's value is no UTF-8 text: it must be the password, one line of text") from None
    password = password.rstrip("\r\n")
    if not password.strip():
        raise Refused("the secret's value is empty")
    if not password.isprintable():
        raise Refused("the secret's value has a line end or a control character inside: it must be one line of text")
    return password


def matches(record: dict[str, Any], password: str) -> bool:
    found = scrypt(password, str(record["salt"]), record["cost"])
    return secrets.compare_digest(found, str(record["scrypt"]))


def check() -> str:
    password, record, keys = secret_value(), read_record(), has_keys()
    settled = keys or bool(record and record["address"])
    if record and settled and not matches(record, password):
        who = record["address"] or "the identity on this disk"
        raise Refused(f"the secret holds another password than the one {who} was made with: put that one back")
    if record and record["keys"] and not keys:
        who = record["address"] or "an identity"
        raise Refused(f"this disk belongs to {who}, but its keys are gone from {DATA}: restore them")
    if not settled and not (record and matches(record, password)):
        # Nothing to lose yet: the identity will be made with this password.
        write_record(password, None)
    write_private(RUN / "password", password)
    (RUN / "secret").unlink()
    if keys and not record:
        return "the disk brings an identity of its own: whether the password fits it, its node will say"
    return "password and disk belong together"


def record_address(address: str) -> str:
    password = (RUN / "password").read_text()
    record, keys = read_record(), has_keys()
    if record is None:
        write_record(password, address)
    elif record["address"] and str(record["address"]).lower() != address.lower():
        raise Refused(
            f"the node answers as {address}, but this disk belongs to {record['address']}. "
            f"If you changed the identity on purpose, remove {RECORD}"
        )
    else:
        seen = {"address": record["address"] or address, "keys": record["keys"] or keys}
        write_private(RECORD, json.dumps({**record, **seen}))
    return f"the node answers as {address}" + ("" if keys else f", and keeps no key that we know of below {DATA}")


def main() -> None:
    try:
        said = check() if sys.argv[1:] == ["check"] else record_address(sys.argv[2])
    except Refused as reason:
        (RUN / "refused").touch()  # for the metrics
        sys.exit(f"theta-edge-node: refused: {reason}.")
    print(f"theta-edge-node: {said}", file=sys.stderr)


if __name__ == "__main__":
    main()
