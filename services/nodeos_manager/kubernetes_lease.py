"""The record of who may produce, as a Lease of the API server.

Every write sends the resourceVersion that it replaces: without one, a replace would overwrite whatever is there.
"""

import asyncio
from datetime import UTC, datetime

import httpx2
from lightkube import ApiError, AsyncClient
from lightkube.models.coordination_v1 import LeaseSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.coordination_v1 import Lease

from .right import NOBODY, Conflict, Record, Unreachable

_NOT_FOUND = 404
_CONFLICT = 409
#: Seconds that one question to the API server may take. Less than a lease's margin, so that the next one comes in time.
TIMEOUT = 3.0


class KubernetesLease:
    """The Lease of one cluster of producers."""

    def __init__(self, client: AsyncClient, namespace: str, name: str, timeout: float = TIMEOUT) -> None:
        self._client = client
        self._namespace = namespace
        self._name = name
        self._timeout = timeout

    async def read(self) -> Record | None:
        try:
            async with asyncio.timeout(self._timeout):
                return _record(await self._client.get(Lease, self._name, namespace=self._namespace))
        except ApiError as refused:
            if refused.status.code == _NOT_FOUND:
                return None
            raise Unreachable(str(refused)) from refused
        except (httpx2.HTTPError, TimeoutError) as silent:
            raise Unreachable(f"The API server did not answer: {silent!r}") from silent

    async def create(self, record: Record) -> Record:
        return await self._write(record, None)

    async def replace(self, record: Record) -> Record:
        if not record.version:
            raise ValueError("A record without a version was never read.")
        return await self._write(record, record.version)

    async def _write(self, record: Record, version: str | None) -> Record:
        metadata = ObjectMeta(name=self._name, namespace=self._namespace, resourceVersion=version)
        lease = Lease(metadata=metadata, spec=_spec(record))
        try:
            async with asyncio.timeout(self._timeout):
                if version is None:
                    return _record(await self._client.create(lease))
                return _record(await self._client.replace(lease))
        except ApiError as refused:
            # A Lease that was deleted meanwhile is another version, too.
            if refused.status.code in (_CONFLICT, _NOT_FOUND):
                raise Conflict(str(refused)) from refused
            raise Unreachable(str(refused)) from refused
        except (httpx2.HTTPError, TimeoutError) as silent:
            raise Unreachable(f"The API server did not answer: {silent!r}") from silent


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
