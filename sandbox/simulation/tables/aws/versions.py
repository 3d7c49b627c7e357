"""Versions of Kubernetes and of what EKS puts into a cluster."""

from typing import Any

from ...resource import CloudError, Instance

#: What EKS makes clusters of (EKS user guide, Kubernetes release calendar, as of 2026-08-06).
KUBERNETES = ("1.31", "1.32", "1.33", "1.34", "1.35", "1.36")
#: Those of our clusters; EKS has more.
ADDONS = ("vpc-cni", "kube-proxy", "coredns", "aws-ebs-csi-driver", "eks-pod-identity-agent")


def get_addon_version(instance: Instance) -> dict[str, Any]:
    """Which versions there are is EKS' to know: this one is made up, and says for which Kubernetes."""
    name, kubernetes = instance.inputs["addonName"], instance.inputs["kubernetesVersion"]
    if kubernetes not in KUBERNETES or name not in ADDONS:
        # The provider's words for an empty answer.
        text = f"reading EKS Add-On version info ({name}, {kubernetes}): empty result"
        raise CloudError("", text)
    version = f"v{kubernetes}.0-eksbuild.1" if name == "kube-proxy" else f"v1.0.0-eksbuild.{kubernetes.split('.')[1]}"
    return {"id": name, "region": instance.region, **instance.inputs, "version": version}
