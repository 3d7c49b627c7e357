"""NVIDIA's device plugin, which AKS leaves to the cluster's owner: without it no pod is given a GPU. (What AKS would
manage itself, `managementMode: Managed`, is in preview: azure-aks-docs `fb060ab`, aks-managed-gpu-nodes.md.)"""

from typing import Any, Final

from ..in_cluster.add_on import EVERY_TAINT

GPU_LABEL: Final = {"nvidia.com/gpu.present": "true"}
"""What the chart's own affinity looks for where no feature discovery labels the nodes (its `values.yaml`): the plugin
runs on nodes with it and on no other. No limits are set, as the chart and AKS' documentation have it."""

VALUES: Final[dict[str, Any]] = {"tolerations": EVERY_TAINT}
