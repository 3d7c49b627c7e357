"""The Secrets Store CSI driver's provider for Google Cloud. Google publishes its chart in no repository, so these are
the objects of its documented install, in Kubernetes' own words."""

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import ResourceOptions

from ...pins.images import BUSYBOX, GCP_SECRETS_PROVIDER
from ..contract.node_room import Room
from ..in_cluster.add_on import EVERY_TAINT, NAMESPACE

NAME = "csi-secrets-store-provider-gcp"
ACCOUNT = "secrets-store-csi-driver-provider-gcp"
SOCKETS = "/etc/kubernetes/secrets-store-csi-providers"
"""Where the driver looks for its providers' sockets, on the node."""

REQUESTS = Room(millicpu=50, mib=100)
"""Of every node. The first container of the pod asks for less."""
_AMOUNTS = {"cpu": f"{REQUESTS.millicpu}m", "memory": f"{REQUESTS.mib}Mi"}
RESOURCES = {"requests": _AMOUNTS, "limits": _AMOUNTS}
CHOWN_RESOURCES = {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "50m", "memory": "16Mi"}}
CONFINED = {
    "allow_privilege_escalation": False,
    "read_only_root_filesystem": True,
    "seccomp_profile": {"type": "RuntimeDefault"},
}


class SecretsProvider(pulumi.ComponentResource):
    """The provider `gcp` on every node.

    Makes: a `DaemonSet`, its `ServiceAccount`, and the `ClusterRole` and its binding that let it look at the service
    account of a pod that mounts (an annotation there could name a Google service account; ours have none, and Google
    takes the pod's own token). Three differences from upstream,
    GoogleCloudPlatform/secrets-store-csi-driver-provider-gcp `deploy/provider-gcp-plugin.yaml` @ 0077988: it tolerates
    every taint; it may not make tokens of every service account of the cluster, for the driver hands it the token of
    the pod that mounts (`auth/auth.go`, extractSAToken); and its first container, which is root, has no right of root's
    but to give a directory away.
    """

    def __init__(self, name: str, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:SecretsProvider", name, None, opts)
        child = ResourceOptions(parent=self)
        account = kubernetes.core.v1.ServiceAccount(
            ACCOUNT, metadata={"name": ACCOUNT, "namespace": NAMESPACE}, opts=child
        )
        role = kubernetes.rbac.v1.ClusterRole(
            ACCOUNT,
            metadata={"name": f"{ACCOUNT}-role"},
            rules=[{"api_groups": [""], "resources": ["serviceaccounts"], "verbs": ["get"]}],
            opts=child,
        )
        binding = kubernetes.rbac.v1.ClusterRoleBinding(
            ACCOUNT,
            metadata={"name": f"{ACCOUNT}-rolebinding"},
            role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"{ACCOUNT}-role"},
            subjects=[{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}],
            opts=child,
        )
        labels = {"app": NAME}
        kubernetes.apps.v1.DaemonSet(
            NAME,
            metadata={"name": NAME, "namespace": NAMESPACE, "labels": labels},
            spec={
                "selector": {"match_labels": labels},
                "update_strategy": {"type": "RollingUpdate"},
                "template": {"metadata": {"labels": labels}, "spec": _pod()},
            },
            opts=ResourceOptions(parent=self, depends_on=[account, role, binding]),
        )
        self.register_outputs({})


def _pod() -> Any:
    mount = {"name": "providervol", "mount_path": SOCKETS}
    return {
        "service_account_name": ACCOUNT,
        "priority_class_name": "system-node-critical",
        "node_selector": {"kubernetes.io/os": "linux"},
        "tolerations": EVERY_TAINT,
        "init_containers": [
            {
                # The directory is root's, and the provider is not.
                "name": "chown-provider-mount",
                "image": BUSYBOX.reference,
                "command": ["chown", "1000:1000", SOCKETS],
                "security_context": {
                    # Root, for it gives away what is root's; of root's rights it has that one only.
                    "run_as_user": 0,
                    "capabilities": {"drop": ["ALL"], "add": ["CHOWN"]},
                    **CONFINED,
                },
                "resources": CHOWN_RESOURCES,
                "volume_mounts": [mount],
            }
        ],
        "containers": [
            {
                "name": "provider",
                "image": GCP_SECRETS_PROVIDER.reference,
                "image_pull_policy": "IfNotPresent",
                "security_context": {
                    "run_as_user": 1000,
                    "run_as_group": 1000,
                    "capabilities": {"drop": ["ALL"]},
                    **CONFINED,
                },
                "resources": RESOURCES,
                "env": [{"name": "TARGET_DIR", "value": SOCKETS}],
                "volume_mounts": [mount],
                "liveness_probe": {
                    "http_get": {"path": "/live", "port": 8095},
                    "initial_delay_seconds": 5,
                    "timeout_seconds": 10,
                    "period_seconds": 30,
                    "failure_threshold": 3,
                },
            }
        ],
        "volumes": [{"name": "providervol", "host_path": {"path": SOCKETS}}],
    }
