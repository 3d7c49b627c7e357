"""Backups and snapshots of nodeos, in a bucket of any of the clouds. `chain_store` says what lies in the bucket."""
