"""Backups and snapshots of nodeos, in a bucket of any of the clouds.

What lies in the bucket, below the prefix of its URL:

    CHAIN_ID/snapshots/HEIGHT-BLOCK_ID.json     what a snapshot is, written last
    CHAIN_ID/snapshots/HEIGHT-BLOCK_ID-RANDOM.bin
    CHAIN_ID/backups/HEIGHT-BLOCK_ID.json       what a backup is, written last
    CHAIN_ID/chunks/SHA256                      the pieces of backups' files, each once
    CHAIN_ID/running/ORDINAL                    a backup is being made: no chunk is removed
"""
