"""The node images on AWS, and how each is told its labels and taints before its kubelet registers: the managed API
adds them some 30 seconds after a node has joined (aws/containers-roadmap#1962), time enough for a stranger's pod."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..contract.node_pool import Taint
from ..version_skew import skew_problem

Boot = Callable[[Mapping[str, str], Sequence[Taint]], str]


@dataclass(frozen=True, kw_only=True)
class NodeImage:
    """An image that EKS has for nodes, and what its nodes are told when they boot."""

    ami_type: str
    """As EKS calls it."""
    release: re.Pattern[str]
    """The form of its releases."""
    example: str
    """How a release looks."""
    user_data: Boot
    """What a node reads when it boots, made of its labels and taints."""
    system_devices: Sequence[str]
    """Block devices that keep their size."""
    data_device: str
    """The block device that holds containers, logs and images."""
    names_kubernetes: bool
    """Whether its releases begin with Kubernetes' version."""

    def release_problem(self, release: str) -> str:
        """What is wrong with a release; empty when nothing is."""
        if self.release.fullmatch(release):
            return ""
        return f"{release!r} is no release of {self.ami_type}, which look like {self.example}"

    def problem_beside(self, release: str, cluster: str) -> str:
        """What keeps a node of that release out of a cluster of that version; empty when nothing does. A node group has
        its cluster's minor, and EKS takes no release of another for it. Where a release does not name one, the same
        release is there for several, and EKS alone knows for which."""
        if problem := self.release_problem(release):
            return problem
        return skew_problem(release, cluster, 0) if self.names_kubernetes else ""


def bottlerocket_settings(labels: Mapping[str, str], taints: Sequence[Taint]) -> str:
    """Bottlerocket settings (TOML)."""
    lines = ["[settings.kubernetes.node-labels]"]
    lines += [f'"{key}" = "{value}"' for key, value in sorted(labels.items())]
    by_key: dict[str, list[str]] = {}
    for taint in taints:
        by_key.setdefault(taint.key, []).append(f'"{taint.value}:{taint.effect.value}"')
    lines += ["[settings.kubernetes.node-taints]"]
    lines += [f'"{key}" = [{", ".join(values)}]' for key, values in sorted(by_key.items())]
    return "\n".join(lines) + "\n"


def node_config(labels: Mapping[str, str], taints: Sequence[Taint]) -> str:
    """A NodeConfig for nodeadm, which merges it with the one that EKS adds (awslabs/amazon-eks-ami,
    nodeadm/doc/examples.md). Labels go as a flag: the kubelet's configuration file has none."""
    spelled = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    config = {
        "apiVersion": "node.eks.aws/v1alpha1",
        "kind": "NodeConfig",
        "spec": {
            "kubelet": {
                "config": {
                    "registerWithTaints": [
                        {"key": taint.key, "value": taint.value, "effect": taint.effect.value} for taint in taints
                    ]
                },
                "flags": [f"--node-labels={spelled}"] if labels else [],
            }
        },
    }
    boundary = "nodeyard"
    return "\n".join(
        [
            "MIME-Version: 1.0",
            f'Content-Type: multipart/mixed; boundary="{boundary}"',
            "",
            f"--{boundary}",
            "Content-Type: application/node.eks.aws",
            "",
            json.dumps(config, indent=2),  # JSON is YAML
            "",
            f"--{boundary}--",
            "",
        ]
    )


BOTTLEROCKET = NodeImage(
    ami_type="BOTTLEROCKET_x86_64",
    release=re.compile(r"\d+\.\d+\.\d+-[0-9a-f]{8}"),  # version, and the first 8 digits of the release's commit
    example="<version>-<8 digits of its commit>",
    user_data=bottlerocket_settings,
    system_devices=["/dev/xvda"],
    data_device="/dev/xvdb",
    names_kubernetes=False,
)
BOTTLEROCKET_NVIDIA = replace(BOTTLEROCKET, ami_type="BOTTLEROCKET_x86_64_NVIDIA")
"""For nodes with a GPU: driver, container toolkit and device plugin are in the image, started by it (EKS user guide,
"EKS Bottlerocket NVIDIA AMIs"). It is told what the other is told; its own settings are good as they are: GPUs reach a
container as volumes, so that no container takes one by an environment variable
(`settings.kubelet-device-plugins.nvidia.device-list-strategy`)."""
AMAZON_LINUX = NodeImage(
    ami_type="AL2023_x86_64_STANDARD",
    release=re.compile(r"1\.\d+\.\d+-20\d{6}"),  # Kubernetes' version, and the day
    example="<Kubernetes version>-<yyyymmdd>",
    user_data=node_config,
    system_devices=[],
    data_device="/dev/xvda",
    names_kubernetes=True,
)
"""For confidential nodes: EC2 starts AMD SEV-SNP only from an AMI that is made for it, as those of AL2023 are."""
