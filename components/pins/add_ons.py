"""What EKS runs in a platform's cluster. AKS and GKE bring their own with the cluster's Kubernetes."""

from typing import Final

from .pin import AddOn


def _of_eks(name: str) -> AddOn:
    return AddOn(
        name=name,
        version="EKS' default for the cluster's Kubernetes",
        source="https://docs.aws.amazon.com/eks/latest/userguide/eks-add-ons.html",
        read="2026-11-21",
        note="kept until the cluster's Kubernetes is another",
    )


POD_IDENTITY_AGENT: Final = _of_eks("eks-pod-identity-agent")
KUBE_PROXY: Final = _of_eks("kube-proxy")
VPC_CNI: Final = _of_eks("vpc-cni")
COREDNS: Final = _of_eks("coredns")
EBS_CSI_DRIVER: Final = _of_eks("aws-ebs-csi-driver")
