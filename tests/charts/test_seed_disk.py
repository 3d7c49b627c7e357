"""files/seed-disk.sh, run for real by dash and by busybox, with curl against a server of an archive: how an empty disk
is filled, once."""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.charts.archive_server import Archive, served
from tests.charts.harness import METIS_FILES

SCRIPT = METIS_FILES / "seed-disk.sh"
BLOCKS = bytes(range(256)) * 400


def archive_of(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=0) as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


CONTENT = archive_of({"geth/chaindata/000001.ldb": BLOCKS, "geth/nodekey": b"another's", ".hidden": b"1"})
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with served(CONTENT, tmp_path) as archive:
        yield archive


class Disk:
    def __init__(self, root: Path, archive: Archive, programs: str) -> None:
        self.root, self.archive, self.programs = root, archive, programs
        root.mkdir()
        (root / ".nodeyard").mkdir()
        (root / "lost+found").mkdir()

    def seed(self, **env: str) -> subprocess.CompletedProcess[str]:
        told = {
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "DISK": str(self.root),
            "URL": self.archive.url,
            "SHA256": SHA256,
            "HOLDS": "geth/chaindata",
            "RETRY": "0",
            "CURL_CA_BUNDLE": str(self.archive.ca),
        }
        command = ["/usr/bin/env", "sh", "-c", SCRIPT.read_text()]
        return subprocess.run(command, env={**told, **env}, capture_output=True, text=True, check=False, timeout=60)

    @property
    def is_filled(self) -> bool:
        file = self.root / "geth/chaindata/000001.ldb"
        return file.exists() and file.read_bytes() == BLOCKS

    def working(self, name: str) -> Path:
        return self.root / ".nodeyard/seed" / name


@pytest.fixture
def disk(tmp_path: Path, archive: Archive, programs: str) -> Disk:
    return Disk(tmp_path / "disk", archive, programs)


def test_an_empty_disk_is_filled_and_nothing_else_is_left_on_it(disk: Disk) -> None:
    result = disk.seed()
    assert result.returncode == 0, result
    assert disk.is_filled
    assert (disk.root / ".hidden").exists()
    assert not disk.working("").exists()
    assert (disk.root / ".nodeyard/seeded").read_text() == f"{SHA256}\n"


def test_an_archive_that_is_not_compressed_is_known_by_its_name(disk: Disk) -> None:
    disk.archive.content = plain = gzip.decompress(CONTENT)
    url = disk.archive.url.replace(".tar.gz", ".tar")
    assert disk.seed(URL=url, SHA256=hashlib.sha256(plain).hexdigest()).returncode == 0
    assert disk.is_filled


def test_the_node_key_of_whoever_made_the_archive_goes(disk: Disk) -> None:
    disk.seed()
    assert not (disk.root / "geth/nodekey").exists()


def test_what_may_be_a_password_in_the_url_is_not_said(disk: Disk) -> None:
    disk.archive.cuts = [1000]
    result = disk.seed()
    assert "l2geth.tar.gz" in result.stdout
    assert "hush" not in result.stdout + result.stderr


def test_a_download_that_is_cut_off_goes_on_where_it_was(disk: Disk) -> None:
    disk.archive.cuts = [30_000, 20_000]
    assert disk.seed().returncode == 0
    assert disk.is_filled
    assert disk.archive.asked == ["", "bytes=30000-", "bytes=50000-"]


def test_a_container_that_is_killed_goes_on_in_the_next_one(disk: Disk) -> None:
    disk.archive.cuts = [30_000]
    assert disk.seed(RETRY="no number").returncode != 0  # it ends where it would wait
    assert disk.working("archive").stat().st_size == 30_000
    assert disk.seed().returncode == 0
    assert disk.is_filled
    assert disk.archive.asked == ["", "bytes=30000-"]


def test_a_server_that_cannot_go_on_in_the_middle_is_asked_for_all_of_it(disk: Disk) -> None:
    disk.archive.ranges = False
    disk.archive.cuts = [30_000]
    assert disk.seed().returncode == 0
    assert disk.is_filled


def test_what_was_fetched_whole_is_not_fetched_again(disk: Disk) -> None:
    disk.working("").mkdir()
    disk.working("of").write_text(f"{SHA256}\n")
    disk.working("archive").write_bytes(CONTENT)
    assert disk.seed().returncode == 0
    assert disk.is_filled
    assert disk.archive.asked == [f"bytes={len(CONTENT)}-"]


def test_what_was_fetched_whole_needs_no_server_any_more(disk: Disk) -> None:
    """A URL with a password in it may have ended meanwhile."""
    disk.working("").mkdir()
    disk.working("of").write_text(f"{SHA256}\n")
    disk.working("archive").write_bytes(CONTENT)
    disk.archive.status = 403
    assert disk.seed().returncode == 0
    assert disk.is_filled


def test_a_disk_without_room_is_told(disk: Disk) -> None:
    disk.working("").mkdir()
    disk.working("of").write_text(f"{SHA256}\n")
    disk.working("archive").symlink_to("/dev/full")
    result = disk.seed(RETRY="no number")
    assert "the disk has no room for the archive" in result.stderr


def test_a_second_time_nothing_is_fetched(disk: Disk) -> None:
    disk.seed()
    (disk.root / "geth/chaindata/000001.ldb").write_bytes(b"of later")
    disk.working("").mkdir()  # it was killed before this went
    result = disk.seed(SHA256="0" * 64)
    assert result.returncode == 0
    assert "filled from another archive before" in result.stdout
    assert (disk.root / "geth/chaindata/000001.ldb").read_bytes() == b"of later"
    assert len(disk.archive.asked) == 1
    assert not disk.working("").exists()


def test_a_disk_that_has_data_is_left_as_it_is(disk: Disk) -> None:
    (disk.root / "geth").mkdir()
    result = disk.seed()
    assert result.returncode == 0
    assert "the disk has data" in result.stdout
    assert not disk.archive.asked
    assert not (disk.root / ".nodeyard/seeded").exists()


def test_an_archive_of_another_digest_is_refused_and_not_fetched_again(disk: Disk) -> None:
    for _ in range(2):
        result = disk.seed(SHA256="0" * 64)
        assert result.returncode == 1
        assert "has another SHA-256 than 000" in result.stderr
    assert len(disk.archive.asked) == 1
    assert not (disk.root / "geth").exists()
    assert not disk.working("archive").exists(), "the room is for the right one"
    assert disk.seed().returncode == 0, "the right digest is another question"
    assert disk.is_filled


@pytest.mark.parametrize("status", [404, 403])
def test_a_server_that_refuses_is_told(disk: Disk, status: int) -> None:
    disk.archive.status = status
    result = disk.seed()
    assert result.returncode == 1
    assert "the server refuses" in result.stderr


def test_an_archive_of_something_else_is_refused(disk: Disk) -> None:
    result = disk.seed(HOLDS="db")
    assert result.returncode == 1
    assert "has no db" in result.stderr
    assert not (disk.root / "geth").exists()
    again = disk.seed()
    assert (again.returncode, len(disk.archive.asked)) == (0, 1), "what it has to hold is another question"
    assert "checking it" not in again.stdout, "of hundreds of GiB that takes as long as the download"


def test_what_was_unpacked_whole_is_moved_though_it_was_killed_in_between(disk: Disk) -> None:
    (disk.working("data") / "geth/chaindata").mkdir(parents=True)
    (disk.working("data") / "geth/chaindata/000001.ldb").write_bytes(BLOCKS)
    disk.working("unpacked").touch()
    (disk.root / ".hidden").touch()  # moved before
    assert disk.seed().returncode == 0
    assert disk.is_filled
    assert not disk.archive.asked


def test_nobody_is_led_away_from_https(disk: Disk, tmp_path: Path) -> None:
    with served(CONTENT, tmp_path, "http") as plain:
        disk.archive.moved_to = plain.url
        assert disk.seed(RETRY="no number").returncode != 0
        assert (len(disk.archive.asked), plain.asked) == (1, [])


def test_a_server_whose_certificate_nobody_knows_is_not_believed(disk: Disk) -> None:
    result = disk.seed(CURL_CA_BUNDLE="/etc/ssl/certs/ca-certificates.crt", RETRY="no number")
    assert result.returncode != 0
    assert not disk.archive.asked
