"""Our rules on AWS' instance types, against what EC2 itself says of each type, as moto ships it
(DescribeInstanceTypes). The other clouds publish no such list that a package brings."""

import gzip
import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from nodeyard.clouds.aws.instance_type import capacity, instance_type_problem, shows_disk_serials

Told = dict[str, Any]

REFUSED = {
    "g6f": "a share of a GPU",
    "gr6f": "a share of a GPU",
    "g7": "the notes of our images name no such GPU",
    "g7e": "the notes of our images name no such GPU",
    "p3dn": "older than the driver of our images takes",
    "p6-b200": "the notes of our images name no such GPU",
    "p6-b300": "the notes of our images name no such GPU",
}
"""Families with a GPU of NVIDIA's on x86-64 that may be refused all the same, with the reason."""


@cache
def types() -> dict[str, Told]:
    packed = (files("moto") / "ec2/resources/instance_types.json.gz").read_bytes()
    found: dict[str, Told] = json.loads(gzip.decompress(packed))
    return found


def wrong(rule: Callable[[str, Told], bool]) -> list[str]:
    """The types of which the rule does not hold."""
    assert len(types()) > 1000
    return [name for name, told in types().items() if not rule(name, told)]


def on_x86(told: Told) -> bool:
    return "x86_64" in told["ProcessorInfo"]["SupportedArchitectures"]


def of_nvidia(told: Told) -> bool:
    return any(gpu["Manufacturer"] == "NVIDIA" for gpu in told.get("GpuInfo", {}).get("Gpus", []))


def test_a_type_is_taken_where_it_runs_our_images_and_refused_where_not() -> None:
    assert wrong(lambda name, told: bool(instance_type_problem(name)) != on_x86(told)) == []


def test_no_type_is_taken_for_one_with_a_gpu_that_has_none_of_nvidias() -> None:
    assert wrong(lambda name, told: bool(instance_type_problem(name, gpu=True)) or of_nvidia(told)) == []


def test_a_type_with_a_gpu_of_nvidias_is_refused_for_a_reason_alone() -> None:
    refused = wrong(lambda name, told: not (of_nvidia(told) and on_x86(told) and instance_type_problem(name, gpu=True)))
    assert {name.partition(".")[0] for name in refused} - REFUSED.keys() == set()


def test_a_machine_finds_its_disks_by_serials_where_volumes_are_nvme_devices() -> None:
    assert wrong(lambda name, told: shows_disk_serials(name) == (told["EbsInfo"]["NvmeSupport"] == "required")) == []


def test_a_type_has_the_size_that_we_read_from_its_name() -> None:
    known = {name: found for name in types() if (found := capacity(name))}
    assert len(known) > 200

    def holds(name: str, told: Told) -> bool:
        said = known.get(name)
        vcpu, gib = told["VCpuInfo"]["DefaultVCpus"], told["MemoryInfo"]["SizeInMiB"] / 1024
        more = name.startswith("c5n.")  # it has a little more memory than its kind
        return said is None or (said.vcpu == vcpu and (said.memory_gib == gib or (more and said.memory_gib < gib)))

    assert wrong(holds) == []
