"""One bucket behaves the same in S3, Azure Blob Storage and Google Cloud Storage."""

import asyncio
import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from chain_store.bucket import MIB, PART, AlreadyThere, BadUrl, Failed, Missing, bucket

SERVICES = Path(__file__).parents[3] / "services"
BIG = """
import asyncio, resource, sys
from chain_store.bucket import MIB, bucket

async def pieces():
    for number in range(192):
        yield bytes([number]) * MIB

async def run():
    store, came = bucket(sys.argv[1]), 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await store.upload("big", pieces(), 192 * MIB)
    async for piece in store.stream("big", 192 * MIB):
        came += len(piece)
    print(192 * MIB, came, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)

asyncio.run(run())
"""


def test_an_object_is_read_found_and_removed(url: str) -> None:
    async def run() -> None:
        store = bucket(url)
        for name in ("a/2", "a/1", "b/1"):
            await store.write(name, name.encode())
        assert [(one.name, one.bytes) for one in await store.find("a")] == [("a/1", 3), ("a/2", 3)]
        assert await store.read("a/2") == b"a/2"
        await store.remove(["a/1", "a/2"])
        assert await store.find("a") == []
        assert len(await store.find("b")) == 1

    asyncio.run(run())


def test_what_is_gone_already_is_removed_without_an_error(url: str) -> None:
    async def run() -> None:
        store = bucket(url)
        await store.write("there", b"1")
        await store.remove(["gone", "there"])
        with pytest.raises(Missing, match="there is not in the bucket"):
            await store.read("there")

    asyncio.run(run())


def test_what_is_created_is_never_overwritten(url: str) -> None:
    async def run() -> None:
        store = bucket(url)
        await store.create("name", b"first")
        with pytest.raises(AlreadyThere):
            await store.create("name", b"second")
        assert await store.read("name") == b"first"

    asyncio.run(run())


def test_the_prefix_of_the_url_is_before_every_name(url: str) -> None:
    async def run() -> None:
        place, _, query = url.partition("?")
        below = bucket(f"{place}/of/ours{'?' if query else ''}{query}")
        await below.write("name", b"1")
        assert [one.name for one in await below.find("")] == ["name"]
        assert [one.name for one in await bucket(url).find("of")] == ["of/ours/name"]

    asyncio.run(run())


def test_a_big_object_comes_back_as_it_went(url: str) -> None:
    data = random.Random(7).randbytes(2 * PART + 5)

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(data), MIB):
            yield data[start : start + MIB]

    async def run() -> None:
        store = bucket(url)
        await store.upload("big", pieces(), len(data))
        assert b"".join([piece async for piece in store.stream("big", len(data))]) == data

    asyncio.run(run())


def test_a_big_object_goes_both_ways_in_little_memory(one_url: str) -> None:
    """In a process of its own, for the object store of the tests has all of it in memory."""
    environment = {**os.environ, "PYTHONPATH": str(SERVICES)}
    told = subprocess.run([sys.executable, "-c", BIG, one_url], env=environment, capture_output=True, check=True)
    size, came, grown = map(int, told.stdout.split())
    assert (size, came) == (192 * MIB, 192 * MIB)
    assert grown < 96 * MIB


def test_an_upload_that_fails_on_its_way_leaves_no_object(url: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield bytes(PART)
        yield bytes(PART)
        raise OSError("the disk failed")

    async def run() -> None:
        store = bucket(url)
        with pytest.raises(OSError, match="the disk failed"):
            await store.upload("big", pieces(), 3 * PART)
        assert await store.find("") == []

    asyncio.run(run())


def test_a_bucket_that_is_not_there_is_named(url: str) -> None:
    async def run() -> None:
        missing = url.replace("nodeos-", "another-")
        with pytest.raises(Failed, match="name"):
            await bucket(missing).write("name", b"1")

    asyncio.run(run())


class PodIdentity(BaseHTTPRequestHandler):
    """EKS' agent on each node: it gives keys for a short time to who has the pod's token."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.headers["Authorization"])
        keys = {"AccessKeyId": "a", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}
        data = json.dumps(keys).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


def test_the_pods_identity_alone_opens_a_bucket_on_eks(
    s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), PodIdentity)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    (tmp_path / "token").write_text("of-the-pod")
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(key)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://127.0.0.1:{server.server_port}/v1/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))

    async def run() -> None:
        await bucket(s3_url).write("name", b"1")
        assert await bucket(s3_url).read("name") == b"1"

    asyncio.run(run())
    server.shutdown()
    server.server_close()
    assert set(PodIdentity.asked) == {"of-the-pod"}


@pytest.mark.parametrize("place", ["s3://nodeos?region=r", "az://account/nodeos", "gs://nodeos"])
def test_an_image_without_ca_certificates_is_told_what_it_lacks(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.setenv(variable, "/not-there")
    with pytest.raises(Failed, match=r"Has the image CA certificates \(SSL_CERT_FILE\)\?"):
        bucket(place)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "nodeos",
        "gs://",
        "gs://nodeos?region=r",
        "s3://nodeos",
        "s3://?region=r",
        "s3://nodeos?zone=z",
        "az://account",
        "https://nodeos.example/a",
    ],
)
def test_a_url_that_names_no_bucket_is_refused_with_what_one_looks_like(wrong: str) -> None:
    with pytest.raises(BadUrl, match="az://ACCOUNT/CONTAINER"):
        bucket(wrong)
