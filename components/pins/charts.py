"""The charts of a platform, from their makers' repositories. Version and repository are as each project's own
Chart.yaml and README give them."""

from typing import Final

from .pin import Chart

PROMETHEUS_CRDS: Final = Chart(
    name="prometheus-operator-crds",
    version="31.0.1",
    source="https://prometheus-community.github.io/helm-charts",
    read="2026-08",
    note="the operator's definitions: raise it with kube-prometheus-stack",
)
"""The definitions of the Prometheus operator's resources, so that a ServiceMonitor or a PrometheusRule is always
accepted; Prometheus itself is the operator's choice."""

SECRETS_STORE_DRIVER: Final = Chart(
    name="secrets-store-csi-driver",
    version="1.6.0",
    source="https://kubernetes-sigs.github.io/secrets-store-csi-driver/charts",
    read="2026-08",
)

AWS_SECRETS_PROVIDER: Final = Chart(
    name="secrets-store-csi-driver-provider-aws",
    version="3.1.1",
    source="https://aws.github.io/secrets-store-csi-driver-provider-aws",
    read="2026-08",
)

AWS_LOAD_BALANCER_CONTROLLER: Final = Chart(
    name="aws-load-balancer-controller",
    version="3.5.0",
    source="https://aws.github.io/eks-charts",
    read="2026-08",
    note="its rights follow the policy of this version (clouds/aws/load_balancer_policy.py): raise both together",
)

NVIDIA_DEVICE_PLUGIN: Final = Chart(
    name="nvidia-device-plugin",
    version="0.20.0",
    source="https://nvidia.github.io/k8s-device-plugin",
    read="2026-08",
)

PROMETHEUS: Final = Chart(
    # prometheus-community/helm-charts @ cf408a2.
    name="kube-prometheus-stack",
    version="88.5.3",
    source="https://prometheus-community.github.io/helm-charts",
    read="2026-08",
    note="it brings the operator v0.93.1, whose definitions prometheus-operator-crds has: raise both together",
)

LOKI: Final = Chart(
    # grafana-community/helm-charts @ 3386a11, where the chart of the open-source Loki lives since it left grafana/loki.
    name="loki",
    version="18.11.0",
    source="https://grafana-community.github.io/helm-charts",
    read="2026-08",
)

LOG_COLLECTOR: Final = Chart(
    # fluent/helm-charts @ 5b81bf7. Promtail has come to its end, and Grafana Alloy asks each node for several times the
    # memory.
    name="fluent-bit",
    version="0.58.1",
    source="https://fluent.github.io/helm-charts",
    read="2026-08",
)
