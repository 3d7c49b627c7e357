"""What is true of Kubernetes' objects, whichever cluster they are in."""

import re
import uuid
from typing import Any

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
CLUSTER_SCOPED = {
    *("Namespace", "Node", "PersistentVolume", "StorageClass", "CSIDriver", "CSINode", "VolumeAttachment"),
    *("VolumeAttributesClass", "ClusterRole", "ClusterRoleBinding", "CertificateSigningRequest", "ClusterTrustBundle"),
    *("CustomResourceDefinition", "APIService", "PriorityClass", "RuntimeClass", "IngressClass", "DeviceClass"),
    *("ResourceSlice", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy"),
    *("ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"),
    *("FlowSchema", "PriorityLevelConfiguration", "ServiceCIDR", "IPAddress"),
}


def computed(item: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    metadata = item["metadata"]
    uid = (before.get("metadata") or {}).get("uid") or str(uuid.uuid4())
    generation = (before.get("metadata") or {}).get("generation", 0) + 1
    outputs: dict[str, Any] = {
        "metadata": {**metadata, "uid": uid, "generation": generation, "resourceVersion": str(generation)}
    }
    if item["kind"] == "Service":
        address = f"172.20.{uuid.UUID(uid).int % 250}.{uuid.UUID(uid).int // 250 % 250 + 1}"
        outputs["spec"] = {"clusterIP": address, "type": "ClusterIP", **(item.get("spec") or {})}
        if outputs["spec"]["type"] == "LoadBalancer":
            outputs["status"] = {"loadBalancer": {"ingress": [{"hostname": f"k8s-{uid[:8]}.load-balancer.invalid"}]}}
    return outputs


def key_of(item: dict[str, Any]) -> str:
    metadata = item.get("metadata") or {}
    namespace = metadata.get("namespace") if item.get("kind") not in CLUSTER_SCOPED else None
    return f"{namespace}/{metadata.get('name')}" if namespace else str(metadata.get("name"))


def type_of(item: dict[str, Any]) -> str:
    """Group and kind: an object is the same in every version of its group."""
    group = item["apiVersion"].rpartition("/")[0]
    return f"{group}/{item['kind']}"


def type_of_token(token: str) -> str:
    _, module, kind = token.split(":")
    group = module.rpartition("/")[0]
    return f"{'' if group == 'core' else group}/{kind}"


def plural(kind: str) -> str:
    name = kind.lower()
    return re.sub("y$", "ie", name) + "s" if not name.endswith("s") else name + "es"
