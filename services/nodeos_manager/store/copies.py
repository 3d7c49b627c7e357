"""The manager's commands that keep nodeos' state in a bucket, and bring it back."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chain_store import backups, retention
from chain_store.backups import NoRoom
from chain_store.bucket import Bucket, Failed
from chain_store.clock import Clock
from chain_store.library import Library
from chain_store.manifests import Block, Corrupt, Kind, Manifest

from ..commands import Work
from ..nodeos.nodeos import Data
from ..nodeos.nodeos_api import CreatedSnapshot, Head, Refused, Unanswered
from ..nodeos.superviser import NotStopped, NotYet, Superviser, Unusable
from . import snapshots
from .layout import files
from .restore import Restore
from .swap import Plan, Swap, complete


class Refusal(Exception):
    """A command is not done, and nothing was changed. The message says why."""


class Asked(Protocol):
    """The nodeos that is kept."""

    async def head(self) -> Head: ...

    async def create_snapshot(self) -> CreatedSnapshot: ...


class Resting(Protocol):
    """What keeps nodeos from producing meanwhile."""

    def resting(self, timeout: float) -> AbstractAsyncContextManager[object]: ...


@dataclass(frozen=True)
class CopiesSettings:
    ordinal: str
    chain_id: str = ""
    """Empty: nodeos is asked, once it runs."""
    auto_restore: Kind | None = None
    sole: bool = False
    """The only producer: what it has on its disk may be all that there is."""
    keep_snapshots: int = 7
    keep_backups: int = 3


@dataclass
class Report:
    """What is known of one kind, without asking anybody. For metrics and GET `status`."""

    latest: Manifest | None = None
    """The highest one in the bucket, whoever made it, as last seen."""
    ended: float | None = None
    """When this manager last ended an attempt, in seconds since 1970."""
    succeeded: bool | None = None
    message: str = ""


class Copies:
    """Snapshots, backups and restores of one nodeos."""

    def __init__(
        self,
        bucket: Bucket | None,
        data: Data,
        nodeos: Asked,
        superviser: Superviser,
        keeper: Resting,
        produces: Callable[[], Awaitable[str | None]],
        clock: Clock,
        settings: CopiesSettings,
        log: logging.Logger,
        restore: Restore | None = None,
    ) -> None:
        """`produces` says why nodeos produces or is about to, or None."""
        self._bucket = bucket
        self._data = data
        self._nodeos = nodeos
        self._superviser = superviser
        self._keeper = keeper
        self._produces = produces
        self._clock = clock
        self._settings = settings
        self._log = log
        self._swap = Swap(data)
        self._restore = restore or Restore(data.directory, self._swap)
        self._library: Library | None = None
        self.reports = {kind: Report() for kind in Kind}

    async def snapshot(self) -> str:
        """nodeos goes on meanwhile."""
        return await self._reported(Kind.SNAPSHOT, self._snapshot())

    def backup(self, timeout: float) -> Work:
        """`timeout`: seconds that a pause may take."""
        return lambda: self._reported(Kind.BACKUP, self._backup(timeout))

    def restore(self, kind: Kind, name: str | None, timeout: float) -> Work:
        async def work() -> str:
            await self._require_idle()
            library = await self._opened()
            manifest = await library.get(kind, name)
            plan = await self._restore.fetch(manifest, library)
            async with self._keeper.resting(timeout):
                await self._require_idle()
                async with self._stopped():
                    await asyncio.to_thread(self._swap.begin, plan)
            return f"nodeos starts from the {kind} {manifest.name}."

        return work

    async def remove_used(self) -> None:
        """Once nodeos is at the head, the file that it started from is of no more use."""
        await asyncio.to_thread(self._restore.remove_used)

    async def first_start(self) -> None:
        """Before the manager's first start of nodeos: restores what `auto_restore` says where the data directory is
        empty or dirty. Where that fails, nodeos starts with what there is."""
        try:
            await complete(self._data)
        except Unusable as failed:
            # The start that follows meets it again, and the state says so then.
            self._log.error("%s", failed)
            return
        await asyncio.to_thread(self._swap.clear)
        kind, data = self._settings.auto_restore, self._data
        if kind is None or not (data.is_empty() or data.is_dirty()):
            return
        if data.is_dirty() and self._settings.sole:
            self._log.error("the database is dirty. Nothing is restored by itself: there is no other producer")
            return
        try:
            plan = await self._plan(kind)
            if plan is not None:
                await asyncio.to_thread(self._swap.begin, plan)
        except (Failed, Corrupt, NoRoom, Refusal, OSError) as failed:
            self._log.error("nothing was restored: %s", failed)
        except Exception:
            # Whatever it was: a boot that ends here would end so again, and nothing would ever start.
            self._log.exception("nothing was restored")

    async def listing(self) -> dict[str, list[dict[str, object]]]:
        """For `list_backups`. The highest block is the first."""
        library = await self._opened()
        return {f"{kind}s": [_told(one) for one in await library.all(kind)] for kind in Kind}

    async def refresh(self) -> None:
        """Looks what is in the bucket, for `reports`."""
        library = await self._opened()
        for kind, report in self.reports.items():
            report.latest = next(iter(await library.all(kind)), None)

    def has_bucket(self) -> bool:
        return self._bucket is not None

    async def is_being_backed_up(self) -> bool:
        """Whether any ordinal makes a backup. Its nodeos is stopped, so another one is not stopped by itself."""
        return await (await self._opened()).is_being_backed_up()

    async def is_idle(self) -> bool:
        """Whether this ordinal neither produces nor is about to."""
        return await self._produces() is None

    def latest(self, kind: Kind) -> dict[str, object] | None:
        """`name`, `height` and `age` in seconds, as GET `status` has them."""
        latest = self.reports[kind].latest
        if latest is None:
            return None
        return {"name": latest.name, "height": latest.block.height, "age": self._clock.wall() - latest.at}

    async def _snapshot(self) -> Manifest:
        await self._require_idle()
        library = await self._opened()
        await self._head(library)
        return await snapshots.take(self._nodeos, library, self._clock)

    async def _backup(self, timeout: float) -> Manifest:
        await self._require_idle()
        library = await self._opened()
        await self._files()  # what cannot be kept is said before nodeos is stopped in vain
        async with library.being_backed_up(self._settings.ordinal):
            await self._clock.sleep(retention.QUIET)
            async with self._keeper.resting(timeout):
                await self._require_idle()
                head = await self._head(library)
                block = Block(library.chain_id, head.number, head.id)
                async with self._stopped():
                    if self._data.is_dirty():
                        raise Refusal("The database is dirty after the stop: it is not worth keeping.")
                    return await backups.upload(self._data.directory, await self._files(), block, library, self._clock)

    async def _files(self) -> list[Path]:
        return await asyncio.to_thread(lambda: list(files(self._data.directory)))

    async def _head(self, library: Library) -> Head:
        head = await self._nodeos.head()
        if head.chain_id != library.chain_id:
            raise Refusal(f"nodeos is on chain {head.chain_id}, and --chain-id is {library.chain_id}.")
        return head

    @asynccontextmanager
    async def _stopped(self) -> AsyncIterator[None]:
        """nodeos is stopped in order, and started again whatever happens; but not where the manager itself ends. The
        proxy is closed from the moment of the stop until the head is young again."""
        try:
            await self._stop()
            yield
        except asyncio.CancelledError:
            raise
        except BaseException:
            await self._start()
            raise
        await self._start()

    async def _stop(self) -> None:
        try:
            await self._superviser.stop()
        except NotStopped:
            # It was told to end, and will. Only then can it be started again.
            await self._superviser.stop()
            raise

    async def _start(self) -> None:
        try:
            await self._superviser.start()
        except NotYet as waiting:
            self._log.warning("nodeos cannot start yet: %s", waiting)

    async def _reported(self, kind: Kind, making: Awaitable[Manifest]) -> str:
        report = self.reports[kind]
        try:
            made = await making
        except BaseException as failed:
            report.ended, report.succeeded, report.message = self._clock.wall(), False, str(failed)
            raise
        report.ended, report.succeeded = self._clock.wall(), True
        report.message = f"The {kind} {made.name} is in the bucket."
        await self._tidy(kind)
        return report.message

    async def _tidy(self, kind: Kind) -> None:
        """What is not removed today is removed tomorrow."""
        keep = self._settings.keep_backups if kind is Kind.BACKUP else self._settings.keep_snapshots
        try:
            removed = await retention.tidy(kind, keep, await self._opened(), self._clock)
            self._log.info("%d old %ss were removed", removed, kind)
            await self.refresh()
        except (Failed, TimeoutError) as failed:
            self._log.warning("old %ss stay for now: %s", kind, failed)

    async def _plan(self, kind: Kind) -> Plan | None:
        """The highest copy that is whole; where there is none, and the block log has the whole chain, a replay."""
        library = await self._opened()
        for manifest in await library.all(kind):
            try:
                plan = await self._restore.fetch(manifest, library)
            except Corrupt as corrupt:
                self._log.error("%s", corrupt)
                continue
            self._log.info("the %s %s is restored", kind, manifest.name)
            return plan
        self._log.warning("there is no %s of chain %s to restore", kind, library.chain_id)
        return self._restore.to_replay() if self._data.is_dirty() else None

    async def _require_idle(self) -> None:
        why = await self._produces()
        if why is not None:
            raise Refusal(f"{why} Pause it by safely_pause_production before, or ask another ordinal.")

    async def _opened(self) -> Library:
        if self._bucket is None:
            raise Refusal("There is no bucket: --store-url names one.")
        if self._library is None:
            self._library = Library(self._bucket, await self._chain_id(), self._clock, self._log)
        return self._library

    async def _chain_id(self) -> str:
        try:
            return self._settings.chain_id or (await self._nodeos.head()).chain_id
        except (Unanswered, Refused) as silent:
            raise Refusal(f"The chain is not known: --chain-id is empty, and nodeos does not say: {silent}") from silent


def _told(manifest: Manifest) -> dict[str, object]:
    block = manifest.block
    return {
        "name": manifest.name,
        "height": block.height,
        "block_id": block.block_id,
        "chain_id": block.chain_id,
        "at": manifest.at,
        "bytes": manifest.bytes,
    }
