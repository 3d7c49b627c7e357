"""Our rules on instance types against the clouds' own data, for every type that they name.

EC2's is what moto ships of DescribeInstanceTypes. Azure's and Google Cloud's are lists of names (`data/README.md`).
"""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import moto

from nodeyard import clouds
from nodeyard.clouds.aws.instance_type import capacity, instance_type_problem, vcpus
from nodeyard.clouds.aws.limits import CONFIDENTIAL, MACHINE_GPU, NODE_GPU, XEN

EC2: dict[str, dict[str, Any]] = json.loads(
    gzip.decompress((Path(moto.__file__).parent / "ec2/resources/instance_types.json.gz").read_bytes())
)

OTHER_DRIVERS = {
    "g6f": "a part of a GPU, which the machines' image has no driver for",
    "gr6f": "the same",
    "p3dn": "a V100, which the machines' image has no driver for any more",
}
TOO_NEW = {"g7": "wants a driver from 595 on, and Bottlerocket's nodes have 580"}


def architectures(type_: str) -> list[str]:
    found: list[str] = EC2[type_]["ProcessorInfo"]["SupportedArchitectures"]
    return found


def family(type_: str) -> str:
    return type_.partition(".")[0]


def nvidia(type_: str) -> bool:
    gpus = EC2[type_].get("GpuInfo", {}).get("Gpus", [])
    return architectures(type_) == ["x86_64"] and any(gpu["Manufacturer"] == "NVIDIA" for gpu in gpus)


def test_there_are_as_many_types_as_ec2_had() -> None:
    assert len(EC2) > 1300


def test_exactly_the_types_that_run_x86_code_are_taken() -> None:
    assert {type_ for type_ in EC2 if not instance_type_problem(type_)} == {
        type_ for type_ in EC2 if "x86_64" in architectures(type_)
    }


def test_exactly_nvidias_types_on_x86_have_a_driver_on_nodes_or_machines() -> None:
    assert {type_ for type_ in EC2 if not NODE_GPU.problem(type_)} == {
        type_ for type_ in EC2 if nvidia(type_) and family(type_) not in TOO_NEW
    }
    assert {type_ for type_ in EC2 if not MACHINE_GPU.problem(type_)} == {
        type_ for type_ in EC2 if nvidia(type_) and family(type_) not in OTHER_DRIVERS
    }


def test_exactly_the_types_on_xen_show_no_serials() -> None:
    """An i3 has NVMe disks of its own, and EBS volumes as every other one on Xen."""
    assert {type_ for type_ in EC2 if XEN.problem(type_)} == {
        type_ for type_ in EC2 if EC2[type_].get("Hypervisor") == "xen"
    }


def test_exactly_the_types_with_sev_snp_can_be_confidential() -> None:
    assert {type_ for type_ in EC2 if not CONFIDENTIAL.problem(type_)} == {
        type_ for type_ in EC2 if "amd-sev-snp" in EC2[type_]["ProcessorInfo"].get("SupportedFeatures", [])
    }


def test_what_a_types_name_tells_of_its_size_is_its_size() -> None:
    told = {type_: size for type_ in EC2 if (size := capacity(type_))}
    assert len(told) > 400
    assert told == {
        type_: type(size)(
            vcpu=EC2[type_]["VCpuInfo"]["DefaultVCpus"], memory_gib=EC2[type_]["MemoryInfo"]["SizeInMiB"] / 1024
        )
        for type_, size in told.items()
    }


OLD_AND_LARGER = {"c1.xlarge", "c4.8xlarge", "d2.8xlarge"}
"""Whose vCPUs their size does not tell."""


def test_a_quota_is_counted_with_no_fewer_vcpus_than_a_type_has() -> None:
    """And with exactly as many from `large` on, but for types that have fewer than their size says (hpc, m2)."""
    told = {type_: number for type_ in EC2 if not instance_type_problem(type_) and (number := vcpus(type_))}
    assert len(told) > 800
    real = {type_: EC2[type_]["VCpuInfo"]["DefaultVCpus"] for type_ in told}
    assert {type_ for type_ in told if told[type_] < real[type_]} == OLD_AND_LARGER
    more = {type_ for type_ in told if told[type_] > real[type_]}
    small = re.compile(r".*\.(nano|micro|small|medium)")
    assert {family(type_) for type_ in more if not small.fullmatch(type_)} == {
        "hpc6a",
        "hpc6id",
        "hpc7a",
        "hpc8a",
        "m2",
    }


def names(file: str) -> list[str]:
    return (Path(__file__).parent / "data" / file).read_text().split()


def test_every_size_of_azure_has_a_name_of_azures_form() -> None:
    sizes = names("azure-vm-sizes.txt")
    assert len(sizes) > 900
    strange = [size for size in sizes if "no instance type" in clouds.named("azure").instance_type_problem(size)]
    assert strange == []


def test_exactly_the_sizes_with_premium_storage_attach_our_disks() -> None:
    """And those of Arm are refused before."""
    for line in (Path(__file__).parent / "data/azure-capabilities.txt").read_text().splitlines():
        size, architecture, premium = line.split()
        problem = clouds.named("azure").instance_type_problem(size)
        assert ("runs Arm" in problem) is (architecture == "Arm64"), size
        if architecture == "x64":
            assert ("premium storage" in problem) is (premium == "False"), size


def test_every_type_of_google_cloud_has_a_name_of_its_form() -> None:
    types = names("gcp-machine-types.txt")
    assert len(types) > 300
    strange = [type_ for type_ in types if "no instance type" in clouds.named("gcp").instance_type_problem(type_)]
    assert strange == []
