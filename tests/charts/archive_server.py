"""A server of one archive, by HTTPS where nobody says otherwise, which can be cut off in the middle of an answer."""

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


@dataclass
class Archive:
    """What is served, and how."""

    content: bytes
    ca: Path
    scheme: str = "https"
    port: int = 0
    ranges: bool = True
    """Whether it goes on in the middle."""
    cuts: list[int] = field(default_factory=list)
    """After how many bytes each of the next answers ends too early."""
    status: int = 200
    moved_to: str = ""
    asked: list[str] = field(default_factory=list)
    """The range of each question; empty for all of it."""

    @property
    def url(self) -> str:
        return f"{self.scheme}://{HOST}:{self.port}/l2geth.tar.gz?token=hush"


@contextmanager
def served(content: bytes, directory: Path, scheme: str = "https") -> Iterator[Archive]:
    certificate, key = directory / "ca.pem", directory / "key.pem"
    archive = Archive(content, certificate, scheme)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, archive)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    if scheme == "https":
        _certify(certificate, key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    archive.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield archive
    finally:
        server.shutdown()
        server.server_close()


def _answer(handler: BaseHTTPRequestHandler, archive: Archive) -> None:
    asked = handler.headers.get("Range", "")
    archive.asked.append(asked)
    if archive.moved_to:
        handler.send_response(302)
        handler.send_header("Location", archive.moved_to)
        handler.end_headers()
        return
    if archive.status != 200:
        handler.send_error(archive.status)
        return
    start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and archive.ranges else 0
    if start >= len(archive.content):
        handler.send_error(416)
        return
    rest = archive.content[start:]
    handler.send_response(206 if start else 200)
    if start:
        handler.send_header("Content-Range", f"bytes {start}-{len(archive.content) - 1}/{len(archive.content)}")
    handler.send_header("Content-Length", str(len(rest)))
    handler.end_headers()
    handler.wfile.write(rest[: archive.cuts.pop(0)] if archive.cuts else rest)


def _certify(certificate: Path, secret: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
