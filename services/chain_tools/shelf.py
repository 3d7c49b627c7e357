"""Where a network's backups are kept."""

import logging

from chain_store.bucket import Bucket
from chain_store.clock import Clock
from chain_store.library import Library, by_time

from .options import Chain


def shelf(bucket: Bucket, chain: Chain, clock: Clock, log: logging.Logger) -> Library:
    """The backups of one network since its last genesis, the newest first: by time, for a network that is started
    cleanly begins below its old height."""
    return Library(bucket, chain.id, clock, log, by_time)
