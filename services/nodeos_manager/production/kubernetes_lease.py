"""The records of who may produce and of finalizer keys, as Leases of the API server.

Every write sends the resourceVersion that it replaces: without one, a replace would overwrite whatever is there.
"""

import asyncio
from datetime import UTC, datetime

import httpx2
from lightkube import ApiError, AsyncClient
from lightkube.models.coordination_v1 import LeaseSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.coordination_v1 import Lease

from .finalizer_ledger import Ledger, understood, written
from .right import NOBODY, Conflict, Record, Unreachable

_NOT_FOUND = 404
_CONFLICT = 409
#: Seconds that one question to the API server may take. Less than a lease's margin, so that the next one comes in time.
TIMEOUT = 3.0
_LEDGER = "nodeyard.io/finalizer-keys"


class LeaseObject:
    """One Lease. Both methods raise Unreachable."""

    def __init__(self, client: AsyncClient, namespace: str, name: str, timeout: float = TIMEOUT) -> None:
        self._client = client
        self._namespace = namespace
        self._name = name
        self._timeout = timeout

    async def get(self) -> Lease | None:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._client.get(Lease, self._name, namespace=self._namespace)
        except ApiError as refused:
            if refused.status.code == _NOT_FOUND:
                return None
            raise Unreachable(str(refused)) from refused
        except (httpx2.HTTPError, TimeoutError) as silent:
            raise Unreachable(f"The API server did not answer: {silent!r}") from silent

    async def put(self, version: str | None, spec: LeaseSpec, annotations: dict[str, str] | None = None) -> Lease:
        """Replaces that version; with None, creates it. Raises Conflict where another version is there."""
        metadata = ObjectMeta(
            name=self._name, namespace=self._namespace, resourceVersion=version, annotations=annotations
        )
        lease = Lease(metadata=metadata, spec=spec)
        try:
            async with asyncio.timeout(self._timeout):
                return await (self._client.create(lease) if version is None else self._client.replace(lease))
        except ApiError as refused:
            # A Lease that was deleted meanwhile is another version, too.
            if refused.status.code in (_CONFLICT, _NOT_FOUND):
                raise Conflict(str(refused)) from refused
            raise Unreachable(str(refused)) from refused
        except (httpx2.HTTPError, TimeoutError) as silent:
            raise Unreachable(f"The API server did not answer: {silent!r}") from silent


class KubernetesLease:
    """The Lease of one cluster of producers."""

    def __init__(self, client: AsyncClient, namespace: str, name: str, timeout: float = TIMEOUT) -> None:
        self._lease = LeaseObject(client, namespace, name, timeout)

    async def read(self) -> Record | None:
        lease = await self._lease.get()
        return None if lease is None else _record(lease)

    async def create(self, record: Record) -> Record:
        return _record(await self._lease.put(None, _spec(record)))

    async def replace(self, record: Record) -> Record:
        if not record.version:
            raise ValueError("A record without a version was never read.")
        return _record(await self._lease.put(record.version, _spec(record)))


class KubernetesLedger:
    """The ledger of a cluster's finalizer keys, in an annotation of a Lease that nobody holds."""

    def __init__(self, client: AsyncClient, namespace: str, name: str, timeout: float = TIMEOUT) -> None:
        self._lease = LeaseObject(client, namespace, name, timeout)

    async def read(self) -> Ledger:
        lease = await self._lease.get()
        return Ledger({}) if lease is None else _ledger(lease)

    async def write(self, ledger: Ledger) -> Ledger:
        annotations = {_LEDGER: written(ledger.starts)}
        return _ledger(await self._lease.put(ledger.version or None, LeaseSpec(), annotations))


def _spec(record: Record) -> LeaseSpec:
    # Kubernetes takes whole seconds above zero, and none where the right does not end by time.
    duration = round(record.duration) or None
    return LeaseSpec(
        holderIdentity=record.holder,
        leaseDurationSeconds=duration,
        leaseTransitions=record.transitions,
        renewTime=datetime.now(UTC),
    )


def _record(lease: Lease) -> Record:
    spec = lease.spec or LeaseSpec()
    version = lease.metadata.resourceVersion if lease.metadata else None
    return Record(
        holder=spec.holderIdentity or NOBODY,
        duration=float(spec.leaseDurationSeconds or 0),
        transitions=spec.leaseTransitions or 0,
        version=version or "",
    )


def _ledger(lease: Lease) -> Ledger:
    metadata = lease.metadata or ObjectMeta()
    text = (metadata.annotations or {}).get(_LEDGER)
    if text is None:
        raise Unreachable(f"The Lease {metadata.name} has lost its annotation {_LEDGER}.")
    try:
        return Ledger(understood(text), metadata.resourceVersion or "")
    except ValueError as wrong:
        raise Unreachable(f"The annotation {_LEDGER} of the Lease {metadata.name} is no ledger.") from wrong
