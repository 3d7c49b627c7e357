"""What EKS's and GKE's nodes keep of their processors for the kubelet and the system."""

_OF_FIRST_CORES = (60, 10, 5, 5)
"""Millicores of each of the first four. Of every other core they keep 2.5."""


def reserved_millicpu(vcpu: int) -> int:
    """Sources: "Plan GKE Standard node sizes"; awslabs/amazon-eks-ami and Bottlerocket's `kube_reserve_cpu` have taken
    the same formula over."""
    return int(sum(_OF_FIRST_CORES[:vcpu]) + max(0, vcpu - len(_OF_FIRST_CORES)) * 2.5)
