"""One bucket of S3, Azure Blob Storage or Google Cloud Storage, through obstore.

Credentials are the pod's workload identity, as obstore finds it in the environment.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store

if TYPE_CHECKING:
    from obstore import PutMode
    from obstore.store import RetryConfig

MIB = 1 << 20
PART = 8 * MIB
"""Bytes of one part of an upload, and of one range of a download. S3 takes parts of 5 MiB and more."""
PARTS = 9_000
"""At most so many parts make an object: S3 and Google Cloud Storage take 10,000."""
_AT_ONCE = 3
_REMOVED_AT_ONCE = 500
#: A request is not tried again after a minute: a removal that comes much later than it was decided on is a danger.
_RETRY: "RetryConfig" = {"max_retries": 6, "retry_timeout": timedelta(seconds=60)}


class BadUrl(ValueError):
    """The URL names no bucket. The message says what one looks like."""


class Failed(Exception):
    """The bucket did not do it, for all attempts. The message has the cloud's own words."""


class Missing(Failed):
    """There is no such object."""


class AlreadyThere(Failed):
    """An object of that name is there, and stays as it is."""


@dataclass(frozen=True)
class Found:
    """An object, as a listing has it."""

    name: str
    bytes: int
    changed: float
    """Seconds since 1970, by the bucket's clock."""


class Bucket:
    """Objects by name, below the URL's prefix. Every method raises Failed."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def find(self, prefix: str) -> list[Found]:
        """The objects below `prefix/`, in the order of their names."""
        found = []
        try:
            async for batch in obstore.list(self._store, prefix=prefix, chunk_size=1000):
                found += [
                    Found(str(meta["path"]), int(meta["size"]), meta["last_modified"].timestamp()) for meta in batch
                ]
        except _ERRORS as failed:
            raise _failed(failed, prefix) from failed
        return sorted(found, key=lambda one: one.name)

    async def read(self, name: str) -> bytes:
        """A small object as a whole."""
        try:
            answer = await obstore.get_async(self._store, name)
            return bytes(await answer.bytes_async())
        except _ERRORS as failed:
            raise _failed(failed, name) from failed

    async def stream(self, name: str, size: int) -> AsyncIterator[bytes]:
        """An object of `size` bytes in ranges, each retried by itself: one request for all of a big one would outlast
        any timeout."""
        for start in range(0, size, PART):
            try:
                yield bytes(await obstore.get_range_async(self._store, name, start=start, end=min(start + PART, size)))
            except _ERRORS as failed:
                raise _failed(failed, name) from failed

    async def create(self, name: str, data: bytes) -> None:
        """Raises AlreadyThere where there is one of that name."""
        await self._put(name, data, mode="create")

    async def write(self, name: str, data: bytes) -> None:
        """Overwrites what is there."""
        await self._put(name, data)

    async def upload(self, name: str, pieces: AsyncIterator[bytes], size: int) -> None:
        """A big object from its pieces. It is there as a whole, or not at all. An upload that is killed leaves parts,
        which a rule of the bucket removes."""
        try:
            await obstore.put_async(
                self._store, name, pieces, chunk_size=max(PART, size // PARTS + 1), max_concurrency=_AT_ONCE
            )
        except _ERRORS as failed:
            raise _failed(failed, name) from failed

    async def remove(self, names: Sequence[str]) -> None:
        """What is gone already is no error."""
        for start in range(0, len(names), _REMOVED_AT_ONCE):
            try:
                await obstore.delete_async(self._store, names[start : start + _REMOVED_AT_ONCE])
            except (FileNotFoundError, NotFoundError):
                await self._remove_each(names[start : start + _REMOVED_AT_ONCE])
            except _ERRORS as failed:
                raise _failed(failed, names[start]) from failed

    async def _remove_each(self, names: Sequence[str]) -> None:
        for name in names:
            try:
                await obstore.delete_async(self._store, name)
            except (FileNotFoundError, NotFoundError):
                continue
            except _ERRORS as failed:
                raise _failed(failed, name) from failed

    async def _put(self, name: str, data: bytes, mode: "PutMode" = "overwrite") -> None:
        try:
            await obstore.put_async(self._store, name, data, use_multipart=False, mode=mode)
        except _ERRORS as failed:
            raise _failed(failed, name) from failed


def bucket(url: str) -> Bucket:
    """The bucket of `s3://NAME?region=REGION`, `az://ACCOUNT/CONTAINER` or `gs://NAME`. A path that follows is the
    prefix of all objects' names.

    Raises BadUrl, Failed."""
    try:
        return Bucket(_store(url))
    except BaseError as failed:
        raise Failed(
            f"No client of {url} can be made. Has the image CA certificates (SSL_CERT_FILE)? {failed}"
        ) from failed


def _store(url: str) -> ObjectStore:
    parts = urlsplit(url)
    path = parts.path.strip("/")
    regions = parse_qs(parts.query).get("region", [])
    if not parts.netloc or parts.fragment or (parts.query and (parts.scheme != "s3" or not regions)):
        raise BadUrl(_wanted(url))
    if parts.scheme == "s3" and len(regions) == 1:
        return S3Store(parts.netloc, region=regions[0], prefix=path or None, retry_config=_RETRY)
    if parts.scheme == "gs":
        return GCSStore(parts.netloc, prefix=path or None, retry_config=_RETRY)
    container, _, prefix = path.partition("/")
    if parts.scheme == "az" and container:
        return AzureStore(container, account_name=parts.netloc, prefix=prefix or None, retry_config=_RETRY)
    raise BadUrl(_wanted(url))


_ERRORS = (BaseError, FileNotFoundError, FileExistsError, PermissionError)


def _failed(error: Exception, name: str) -> Failed:
    # Behind the first paragraph comes the library's own view of it, over many lines.
    said = str(error).partition("\n\n")[0]
    if isinstance(error, (FileNotFoundError, NotFoundError)):
        return Missing(f"{name} is not in the bucket: {said}")
    if isinstance(error, (FileExistsError, AlreadyExistsError)):
        return AlreadyThere(f"{name} is in the bucket already.")
    return Failed(f"The bucket failed at {name}: {said}")


def _wanted(url: str) -> str:
    return f"{url!r} names no bucket: s3://NAME?region=REGION, az://ACCOUNT/CONTAINER or gs://NAME, and a path maybe."
