"""disk.sh, run for real against loop devices: it formats what is empty, keeps what is there and refuses the rest."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.boot.harness import AWS, GCP, WITH_SBIN, Machine, Result

MIB = 1 << 20


def run(*command: str | Path) -> str:
    done = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, env=WITH_SBIN)
    return done.stdout.strip()


class Disk:
    """A loop device, and the link by which the cloud's udev rules show it once it is attached."""

    def __init__(self, root: Path, name: str = "disk", size_mib: int = 64) -> None:
        self.file, self.link = root / f"{name}.img", root / f"{name}-link"
        self.file.touch()
        self.resize(size_mib)
        self.device = run("losetup", "--find", "--show", self.file)

    def resize(self, size_mib: int) -> None:
        with self.file.open("r+b") as file:
            file.truncate(size_mib * MIB)

    def attach(self) -> None:
        self.link.symlink_to(self.device)

    def detach(self) -> None:
        run("losetup", "--detach", self.device)

    def write(self, offset: int, data: bytes) -> None:
        with Path(self.device).open("r+b") as device:
            device.seek(offset)
            device.write(data)

    def probe(self, tag: str) -> str:
        return run("blkid", "--probe", "--match-tag", tag, "--output", "value", self.device)

    @property
    def digest(self) -> str:
        run("blockdev", "--flushbufs", self.device)
        return run("sha256sum", self.device)


@pytest.fixture
def disk(tmp_path: Path, as_root: None) -> Iterator[Disk]:
    made = Disk(tmp_path)
    yield made
    subprocess.run(["umount", tmp_path / "data"], check=False, capture_output=True)
    made.detach()


@pytest.fixture
def node(machine: Callable[..., Machine], disk: Disk) -> Machine:
    return machine(GCP, DISK_PATHS=str(disk.link))


def mounted(node: Machine) -> str:
    result = subprocess.run(
        ["findmnt", "-no", "SOURCE,FSTYPE,OPTIONS", "--mountpoint", str(node.mount)],
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.strip()


def unmount(node: Machine) -> None:
    run("umount", node.mount)


def refused(result: Result) -> str:
    assert result.returncode == 1, result.stderr
    assert "nothing was changed" in result.stderr, result.stderr
    return result.stderr


def test_an_empty_disk_is_formatted_and_mounted(node: Machine, disk: Disk) -> None:
    disk.attach()
    result = node.script("disk.sh")
    assert result.returncode == 0, result.stderr
    assert "is empty: making a filesystem" in result.stderr
    source, kind, options = mounted(node).split()
    assert (source, kind) == (disk.device, "ext4")
    assert {"nodev", "nosuid", "noatime"} <= set(options.split(","))
    assert (node.mount / "edgelauncher").is_dir()
    assert (node.mount / ".nodeyard").stat().st_mode & 0o777 == 0o700


def test_a_second_run_changes_nothing(node: Machine, disk: Disk) -> None:
    disk.attach()
    assert node.script("disk.sh").returncode == 0
    (node.mount / "edgelauncher" / "key").write_text("earned")
    uuid = disk.probe("UUID")
    again = node.script("disk.sh")
    assert again.returncode == 0, again.stderr
    assert "making a filesystem" not in again.stderr
    assert disk.probe("UUID") == uuid
    assert (node.mount / "edgelauncher" / "key").read_text() == "earned"


def test_the_next_machine_finds_what_the_last_one_left(node: Machine, disk: Disk) -> None:
    disk.attach()
    assert node.script("disk.sh").returncode == 0
    (node.mount / "edgelauncher" / "key").write_text("earned")
    unmount(node)
    result = node.script("disk.sh")
    assert result.returncode == 0, result.stderr
    assert "making a filesystem" not in result.stderr
    assert (node.mount / "edgelauncher" / "key").read_text() == "earned"


def test_a_disk_of_another_network_is_refused(node: Machine, disk: Disk) -> None:
    disk.attach()
    assert node.script("disk.sh").returncode == 0
    marker = node.mount / ".nodeyard/network"
    assert marker.read_text() == "mainnet\n"
    marker.write_text("testnet\n")
    result = node.script("disk.sh")
    assert result.returncode == 1
    assert "the disk is of the network testnet" in result.stderr
    assert marker.read_text() == "testnet\n"


def test_a_disk_that_does_not_say_its_network_is_told_at_the_next_start(node: Machine, disk: Disk) -> None:
    disk.attach()
    assert node.script("disk.sh").returncode == 0
    marker = node.mount / ".nodeyard/network"
    marker.unlink()
    assert node.script("disk.sh").returncode == 0
    assert marker.read_text() == "mainnet\n"


def test_a_disk_formatted_by_another_hand_is_kept(node: Machine, disk: Disk) -> None:
    # Upstream's blueprint makes ext4 without a label.
    run("mkfs.ext4", "-q", disk.device)
    uuid = disk.probe("UUID")
    disk.attach()
    assert node.script("disk.sh").returncode == 0
    assert disk.probe("UUID") == uuid


@pytest.mark.parametrize("make", [["mkfs.ext2", "-q"], ["mkswap", "-q"]], ids=["ext2", "swap"])
def test_a_foreign_filesystem_is_refused(node: Machine, disk: Disk, make: list[str]) -> None:
    run(*make, disk.device)
    disk.attach()
    before = disk.digest
    assert f"has a {make[0].removeprefix('mkfs.').removeprefix('mk')} filesystem" in refused(node.script("disk.sh"))
    assert disk.digest == before
    assert not mounted(node)


def test_a_partitioned_disk_is_refused(node: Machine, disk: Disk) -> None:
    run("sh", "-c", f"echo 'label: gpt' | sfdisk -q {disk.device}")
    disk.attach()
    before = disk.digest
    assert "has a partition table (gpt)" in refused(node.script("disk.sh"))
    assert disk.digest == before


def test_a_damaged_filesystem_is_not_taken_for_an_empty_disk(node: Machine, disk: Disk) -> None:
    run("mkfs.ext4", "-q", disk.device)
    disk.write(1024, bytes(1024))  # the superblock
    disk.attach()
    before = disk.digest
    assert "has no filesystem and is not empty" in refused(node.script("disk.sh"))
    assert disk.digest == before


@pytest.mark.parametrize("offset", [8 * MIB, 60 * MIB], ids=["near its beginning", "far in"])
def test_a_disk_without_a_beginning_is_not_taken_for_an_empty_one(node: Machine, disk: Disk, offset: int) -> None:
    disk.write(offset, b"a chain")
    disk.attach()
    before = disk.digest
    assert "has no filesystem and is not empty" in refused(node.script("disk.sh"))
    assert disk.digest == before


@pytest.mark.parametrize("status", [4, 8], ids=["blkid fails", "blkid cannot decide"])
def test_only_a_certain_nothing_is_formatted(node: Machine, disk: Disk, status: int) -> None:
    disk.attach()
    before = disk.digest
    node.program("blkid", f"exit {status}")
    assert f"cannot be identified (blkid: {status})" in refused(node.script("disk.sh"))
    assert disk.digest == before


def test_it_waits_for_a_disk_that_comes_late(node: Machine, disk: Disk) -> None:
    node.program("sleep", f"[ $(grep -c ^sleep {node.calls}) -lt 3 ] || ln -sfn {disk.device} {disk.link}")
    result = node.script("disk.sh")
    assert result.returncode == 0, result.stderr
    assert "waiting for the data disk at" in result.stderr
    assert len(node.called("sleep")) >= 3
    assert mounted(node)


def test_a_disk_that_never_comes_fails_with_its_paths(node: Machine, disk: Disk) -> None:
    result = node.script("disk.sh", ATTEMPTS="4")
    assert result.returncode == 1
    assert f"no data disk at {disk.link}" in result.stderr


def test_the_second_path_is_taken_where_the_first_is_not_there(
    machine: Callable[..., Machine], disk: Disk, tmp_path: Path
) -> None:
    node = machine(GCP, DISK_PATHS=f"{tmp_path}/by-lun {disk.link}")
    disk.attach()
    assert node.script("disk.sh").returncode == 0
    assert mounted(node).startswith(disk.device)


def test_a_grown_disk_gives_its_filesystem_the_room(node: Machine, disk: Disk) -> None:
    disk.attach()
    assert node.script("disk.sh").returncode == 0
    before = int(run("findmnt", "-bno", "SIZE", "--mountpoint", node.mount))
    disk.resize(128)
    run("losetup", "--set-capacity", disk.device)
    unmount(node)
    result = node.script("disk.sh")
    assert result.returncode == 0, result.stderr
    assert int(run("findmnt", "-bno", "SIZE", "--mountpoint", node.mount)) > before * 1.8


def test_a_mounted_disk_grows_too_and_the_node_starts_even_if_it_cannot(node: Machine, disk: Disk) -> None:
    disk.attach()
    assert node.script("disk.sh").returncode == 0
    disk.resize(128)
    run("losetup", "--set-capacity", disk.device)
    node.program("resize2fs", "exit 1")
    result = node.script("disk.sh")
    assert result.returncode == 0, result.stderr
    assert node.called("resize2fs") == [f"resize2fs {disk.device}"]
    assert f"the filesystem on {disk.device} could not grow with its disk" in result.stderr


def test_an_ordinary_start_takes_no_full_check(node: Machine, disk: Disk) -> None:
    disk.attach()
    assert node.script("disk.sh").returncode == 0
    unmount(node)
    node.program("e2fsck", 'exec /sbin/e2fsck "$@"')
    node.program("resize2fs", "exit 1")
    assert node.script("disk.sh").returncode == 0
    assert node.called("e2fsck") == [f"e2fsck -p {disk.device}"]
    assert not node.called("resize2fs")


def test_a_copy_of_the_disk_beside_it_is_refused(node: Machine, disk: Disk, tmp_path: Path) -> None:
    run("mkfs.ext4", "-q", disk.device)
    (tmp_path / "copy.img").write_bytes(disk.file.read_bytes())
    copy = Disk(tmp_path, "copy")
    disk.attach()
    try:
        result = node.script("disk.sh")
    finally:
        copy.detach()
    assert result.returncode == 1
    assert "is on more than one disk" in result.stderr
    assert copy.device in result.stderr
    assert not mounted(node)


def test_something_else_on_the_mount_point_is_not_taken_for_the_disk(node: Machine, disk: Disk, tmp_path: Path) -> None:
    disk.attach()
    run("mount", "-t", "tmpfs", "tmpfs", node.mount)
    result = node.script("disk.sh")
    assert result.returncode == 1
    assert f"not the data disk {disk.device}" in result.stderr


def test_the_containers_user_owns_the_directory_it_gets(machine: Callable[..., Machine], disk: Disk) -> None:
    node = machine(GCP.but(user="1002:1003"), DISK_PATHS=str(disk.link))
    disk.attach()
    assert node.script("disk.sh").returncode == 0
    found = (node.mount / "edgelauncher").stat()
    assert (found.st_uid, found.st_gid) == (1002, 1003)


class Volume:
    """EC2's view of the volume: which instance holds it."""

    def __init__(self, node: Machine, disk: Disk, held_for: int, refuses: int = 0) -> None:
        self.node = node
        node.program("curl", "case $* in *api/token) echo token ;; *instance-id) echo i-0new ;; *) exit 22 ;; esac")
        node.program(
            "aws",
            f"""
looks=$(grep -c describe-volumes {node.calls}); tries=$(grep -c attach-volume {node.calls})
case "$*" in
*describe-volumes*"--volume-ids vol-0abc123 "*)
  if [ -e {disk.link} ]; then echo i-0new; elif [ $looks -le {held_for} ]; then echo i-0old; else echo None; fi ;;
*"attach-volume --volume-id vol-0abc123 --instance-id i-0new "*)
  [ $tries -gt {refuses} ] || {{ echo 'An error occurred (IncorrectState)' >&2; exit 254; }}
  ln -s {disk.device} {disk.link} ;;
*) echo "unexpected $*" >&2; exit 2 ;;
esac""",
        )


@pytest.fixture
def ec2(machine: Callable[..., Machine], disk: Disk) -> Machine:
    return machine(AWS, DISK_PATHS=str(disk.link))


def test_on_aws_the_machine_attaches_its_volume(ec2: Machine, disk: Disk) -> None:
    Volume(ec2, disk, held_for=0)
    result = ec2.script("disk.sh")
    assert result.returncode == 0, result.stderr
    assert "attaching vol-0abc123" in result.stderr
    assert mounted(ec2).startswith(disk.device)
    # After a reboot it is attached already.
    assert ec2.script("disk.sh").returncode == 0
    assert sum("attach-volume" in call for call in ec2.called("aws")) == 1


def test_on_aws_a_volume_that_another_instance_holds_is_waited_for_and_never_taken(ec2: Machine, disk: Disk) -> None:
    Volume(ec2, disk, held_for=3)
    result = ec2.script("disk.sh")
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("still attached to i-0old: waiting until it is detached") == 3
    assert not any("detach-volume" in call or "force" in call for call in ec2.called("aws"))


def test_on_aws_a_refused_attachment_is_tried_again(ec2: Machine, disk: Disk) -> None:
    Volume(ec2, disk, held_for=0, refuses=2)
    result = ec2.script("disk.sh")
    assert result.returncode == 0, result.stderr
    assert sum("attach-volume" in call for call in ec2.called("aws")) == 3
    assert "IncorrectState" in result.stderr
