"""Takes private keys out of what nodeos writes.

A signature provider that nodeos cannot use, it writes in full: `Malformed signature provider` in
plugins/producer_plugin/producer_plugin.cpp of AntelopeIO/spring, and in EOSIO 2.
"""

import re

_PRIVATE = re.compile(r"(?<=KEY:)[^\s\",]+|PVT_[A-Za-z0-9]+_[A-Za-z0-9_=-]+|\b5[HJK][1-9A-HJ-NP-Za-km-z]{49}\b")


def redacted(line: str) -> str:
    return _PRIVATE.sub("***", line)
