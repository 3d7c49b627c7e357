"""Three object stores on loopback: moto's S3, azurite, and a stand-in of Google Cloud Storage's XML API."""

import base64
import hashlib
import hmac
import itertools
import json
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from moto.server import ThreadedMotoServer

from sandbox.ports import free_port
from tests.npm_tool import npm_tool

TESTS = Path(__file__).parents[2]
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Azurite's own account, which its documentation names."""
TOKEN = "of-the-metadata-server"
REGION = "us-east-1"
_UPLOADS = itertools.count()
_NOW = "2026-11-29T12:00:00.000Z"


class S3:
    """moto's."""

    def __init__(self, address: str) -> None:
        self.environment = {
            "AWS_ENDPOINT_URL": address,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        self._address = address

    def create(self, name: str) -> str:
        _request("PUT", f"{self._address}/{name}", {"Authorization": f"AWS4-HMAC-SHA256 Credential=test/1/{REGION}/s3"})
        return f"s3://{name}?region={REGION}"


class Azure:
    """azurite's Blob Storage."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.environment = {
            "AZURE_STORAGE_ENDPOINT": f"{address}/{ACCOUNT}",
            "AZURE_ALLOW_HTTP": "true",
            "AZURE_STORAGE_ACCOUNT_KEY": KEY,
        }

    def create(self, name: str) -> str:
        headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-12-02"}
        told = "".join(f"{key}:{value}\n" for key, value in sorted(headers.items()))
        # Shared Key: twelve headers, none of which is sent, the x-ms ones, and the resource.
        text = f"PUT{chr(10) * 12}{told}/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
        signed = base64.b64encode(hmac.digest(base64.b64decode(KEY), text.encode(), hashlib.sha256)).decode()
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{signed}"
        _request("PUT", f"{self._address}/{ACCOUNT}/{name}?restype=container", headers)
        return f"az://{ACCOUNT}/{name}"


class Gcs:
    """The stand-in's, with the metadata server that gives a pod its token."""

    def __init__(self, address: str) -> None:
        host = address.removeprefix("http://")
        self.environment = {"GOOGLE_BASE_URL": address, "GCE_METADATA_HOST": host, "GCE_METADATA_IP": host}

    def create(self, name: str) -> str:
        Xml.buckets[name] = {}
        return f"gs://{name}"


class Xml(BaseHTTPRequestHandler):
    """What obstore uses of https://cloud.google.com/storage/docs/xml-api/reference-methods."""

    protocol_version = "HTTP/1.1"
    buckets: ClassVar[dict[str, dict[str, bytes]]] = {}
    uploads: ClassVar[dict[str, dict[int, bytes]]] = {}

    def do_GET(self) -> None:
        if self.path.startswith("/computeMetadata/"):
            self._answer(200, json.dumps({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}).encode())
        elif self._opened() and not self.name:
            self._answer(200, self._listing().encode())
        elif self._opened() and self.name in self.objects:
            data, given = self.objects[self.name], re.match(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            start, end = (int(given[1]), min(int(given[2]), len(data) - 1)) if given else (0, len(data) - 1)
            span = {"Content-Range": f"bytes {start}-{end}/{len(data)}"} if given else {}
            self._answer(206 if given else 200, data[start : end + 1], span)
        else:
            self._answer(404)

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self._opened():
            self._answer(404)
        elif "uploadId" in self.query:
            Xml.uploads[self.query["uploadId"][0]][int(self.query["partNumber"][0])] = data
            self._answer(200)
        elif self.headers.get("x-goog-if-generation-match") == "0" and self.name in self.objects:
            self._answer(412)
        else:
            self.objects[self.name] = data
            self._answer(200)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self._opened():
            self._answer(404)
        elif "uploads" in self.query:
            upload = str(next(_UPLOADS))
            Xml.uploads[upload] = {}
            told = f"<UploadId>{upload}</UploadId>"
            self._answer(200, f"<InitiateMultipartUploadResult>{told}</InitiateMultipartUploadResult>".encode())
        else:
            parts = Xml.uploads.pop(self.query["uploadId"][0])
            self.objects[self.name] = b"".join(parts[number] for number in sorted(parts))
            told = f"<Key>{escape(self.name)}</Key><ETag>x</ETag>"
            self._answer(200, f"<CompleteMultipartUploadResult>{told}</CompleteMultipartUploadResult>".encode())

    def do_DELETE(self) -> None:
        if self._opened() and "uploadId" in self.query:
            Xml.uploads.pop(self.query["uploadId"][0], None)
            self._answer(204)
        else:
            self._answer(204 if self._opened() and self.objects.pop(self.name, None) is not None else 404)

    def _opened(self) -> bool:
        """Reads what is asked for. Nobody gets in without the metadata server's token."""
        parts = urlsplit(self.path)
        bucket, _, name = unquote(parts.path).lstrip("/").partition("/")
        self.name, self.query = name, parse_qs(parts.query, keep_blank_values=True)
        self.objects = Xml.buckets.get(bucket, {})
        return bucket in Xml.buckets and self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _listing(self) -> str:
        prefix, after = self.query.get("prefix", [""])[0], self.query.get("continuation-token", [""])[0]
        names = [name for name in sorted(self.objects) if name.startswith(prefix) and name > after]
        page = names[:3]  # so few that every listing has several pages
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if len(names) > len(page) else ""
        rows = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>{_NOW}</LastModified><ETag>x</ETag>"
            f"<Size>{len(self.objects[name])}</Size></Contents>"
            for name in page
        )
        return (
            f"<ListBucketResult><IsTruncated>{str(bool(token)).lower()}</IsTruncated>{token}{rows}</ListBucketResult>"
        )

    def _answer(self, code: int, data: bytes = b"", more: dict[str, str] | None = None) -> None:
        self.send_response(code)
        dates = {"Last-Modified": "Sun, 29 Nov 2026 12:00:00 GMT", "ETag": "x", "x-goog-generation": "1"}
        for key, value in {**dates, **(more or {}), "Content-Length": str(len(data))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def s3() -> Iterator[S3]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield S3(f"http://{host}:{port}")
    finally:
        server.stop()


@contextmanager
def azure(directory: Path) -> Iterator[Azure]:
    installed = npm_tool("azurite", TESTS / "tools/azurite", usual="about half a minute")
    port = free_port()
    program = installed / "node_modules/azurite/dist/src/blob/main.js"
    command = ["node", str(program), "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(directory)]
    process = subprocess.Popen([*command, "--silent", "--disableTelemetry"], stdout=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield Azure(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()


@contextmanager
def gcs() -> Iterator[Gcs]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Xml)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield Gcs(f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        server.server_close()


def _request(method: str, url: str, headers: dict[str, str]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(
        urllib.request.Request(url, headers={**headers, "Content-Length": "0"}, method=method), timeout=30
    ).close()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("azurite did not start.")
