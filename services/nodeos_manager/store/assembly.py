"""The copies and their schedule, as the command line says."""

import argparse
import logging
import re
from collections.abc import Awaitable, Callable

from chain_store.bucket import bucket
from chain_store.clock import Clock
from chain_store.manifests import Kind

from ..nodeos.nodeos import Data
from ..nodeos.nodeos_api import HttpNodeos
from ..nodeos.superviser import Superviser
from .copies import Copies, CopiesSettings, Resting
from .schedules import Every, Schedules, SchedulesSettings


def copies(
    options: argparse.Namespace,
    nodeos: HttpNodeos,
    superviser: Superviser,
    keeper: Resting,
    produces: Callable[[], Awaitable[str | None]],
    clock: Clock,
    log: logging.Logger,
) -> Copies:
    opened = bucket(options.store_url) if options.store_url else None
    settings = CopiesSettings(
        ordinal=options.pod_name,
        chain_id=options.chain_id,
        auto_restore=None if options.auto_restore == "none" else Kind(options.auto_restore),
        sole=options.bp_mode and not options.fellow,
        keep_snapshots=options.number_of_snapshots_to_keep,
        keep_backups=options.number_of_backups_to_keep,
    )
    return Copies(opened, Data(options.data_dir), nodeos, superviser, keeper, produces, clock, settings, log)


def schedules(
    options: argparse.Namespace, kept: Copies, nodeos: HttpNodeos, clock: Clock, log: logging.Logger
) -> Schedules:
    every = {
        Kind.SNAPSHOT: Every(options.auto_snapshot_period, options.auto_snapshot_modulo),
        Kind.BACKUP: Every(options.auto_backup_period, options.auto_backup_modulo),
    }
    return Schedules(kept, nodeos, clock, SchedulesSettings(every, rank=rank(options.pod_name)), log)


def rank(ordinal: str) -> int:
    """How many ordinals go before, by the number at the name's end: also where one does not know of the others."""
    digits = re.search(r"\d+$", ordinal)
    return int(digits[0]) if digits else 0
