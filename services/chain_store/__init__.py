"""Copies of what a node has on its disk, in a bucket of any of the clouds. The programs of `services/` share it.

What lies in the bucket, below the prefix of its URL. Each chain has its own id, and no program sees another chain's:

    CHAIN_ID/snapshots/HEIGHT-BLOCK_ID.json     what a snapshot is, written last; of clients that write snapshots
    CHAIN_ID/snapshots/HEIGHT-BLOCK_ID-RANDOM.bin
    CHAIN_ID/backups/HEIGHT-BLOCK_ID.json       what a backup is, written last
    CHAIN_ID/chunks/SHA256                      the pieces of backups' files, each once
    CHAIN_ID/running/WRITER                     a backup is being made: no chunk is removed
"""
