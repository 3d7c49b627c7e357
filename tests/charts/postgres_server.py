"""A real PostgreSQL server that takes connections by TLS only, with a certificate authority of its own."""

from __future__ import annotations

import datetime
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.ports import free_port

HOST = "db.internal"
SUPERUSER, SUPERUSER_PASSWORD = "postgres", "the superuser's own"
CONNECTIONS = 100
"""What the server must take at least, as `DatabaseSpec.connections` says it."""
RESERVED = 3
"""PostgreSQL's own default of superuser_reserved_connections."""


def programs() -> Path:
    """Where Debian's package has them; `make tools` installs it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        pytest.skip("needs Debian's package postgresql: run make tools")
    return found[-1]


class Authority:
    """A certificate authority, made here."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._signed(self.name, self.key, x509.BasicConstraints(ca=True, path_length=0))

    def _signed(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, *extensions: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=True)
        return builder.sign(self.key, hashes.SHA256())

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, host: str) -> tuple[bytes, bytes]:
        """A server's certificate and key, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        certificate = self._signed(name, key, x509.SubjectAlternativeName([x509.DNSName(host)]))
        return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


@dataclass(frozen=True)
class Server:
    """One that runs."""

    directory: Path
    port: int

    @property
    def ca(self) -> Path:
        return self.directory / "ca.crt"

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text()

    @property
    def where(self) -> dict[str, str]:
        """The environment of its clients. The name is not looked up: the certificate is held against it."""
        return {
            "PGHOST": HOST,
            "PGHOSTADDR": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(self.ca),
        }

    def ask(
        self, sql: str, user: str = SUPERUSER, password: str = SUPERUSER_PASSWORD, database: str = "postgres"
    ) -> subprocess.CompletedProcess[str]:
        """What the superuser asks is not in the log: it makes the admin, as a cloud does where nobody logs."""
        env = {**self.where, "PGUSER": user, "PGPASSWORD": password, "PGDATABASE": database}
        if user == SUPERUSER:
            env["PGOPTIONS"] = "-c log_statement=none"
        return subprocess.run(
            [programs() / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql],
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def answer(self, sql: str, database: str = "postgres") -> str:
        result = self.ask(sql, database=database)
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def wait_until_alone(self) -> None:
        """A client is gone before the server has given up its connection."""
        until = time.monotonic() + 60
        others = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid != pg_backend_pid()"
        while (seen := self.answer(f"SELECT count(*) {others}")) != "0":
            assert time.monotonic() < until, seen
            time.sleep(0.1)


def _run(directory: Path, *command: str | Path) -> None:
    """As a user who is not root: PostgreSQL refuses that one."""
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    subprocess.run([*user, *command], cwd=directory, check=True, stdout=subprocess.DEVNULL, timeout=120)


def _configure(directory: Path, port: int) -> None:
    data = directory / "data"
    (data / "postgresql.auto.conf").write_text(
        f"listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nfsync = off\n"
        f"ssl = on\nssl_cert_file = '{directory}/server.crt'\nssl_key_file = '{directory}/server.key'\n"
        f"max_connections = {CONNECTIONS + RESERVED}\nsuperuser_reserved_connections = {RESERVED}\n"
        "log_statement = 'all'\nlog_connections = on\n"
    )
    (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")


@contextmanager
def running() -> Iterator[Server]:
    """A new server, in a directory that its user can reach, which pytest's own is not."""
    bin_, port = programs(), free_port()
    directory = Path(tempfile.mkdtemp(prefix="nodeyard-postgres-"))
    directory.chmod(0o755)
    try:
        authority = Authority("the test's own")
        certificate, key = authority.issue(HOST)
        for name, content, mode in (
            ("ca.crt", authority.pem(), 0o644),
            ("server.crt", certificate, 0o644),
            ("server.key", key, 0o600),
            ("password", SUPERUSER_PASSWORD.encode(), 0o600),
        ):
            (directory / name).write_bytes(content)
            (directory / name).chmod(mode)
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            for path in (directory, *directory.iterdir()):
                os.chown(path, user.pw_uid, user.pw_gid)
        data = directory / "data"
        _run(directory, bin_ / "initdb", "-D", data, "-U", SUPERUSER, f"--pwfile={directory}/password",
             "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")  # fmt: skip
        _configure(directory, port)
        _run(directory, bin_ / "pg_ctl", "-D", data, "-l", directory / "log", "-w", "start")
        try:
            yield Server(directory, port)
        finally:
            _run(directory, bin_ / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(directory)
