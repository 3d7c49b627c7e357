"""How long AKS supports a version of Kubernetes."""

from datetime import date

from ..contract.kubernetes_support import KubernetesSupport

KUBERNETES_SUPPORT = KubernetesSupport(
    # The calendar names months: of each this is the first day.
    ends={
        "1.33": date(2026, 7, 1),
        "1.34": date(2026, 11, 1),
        "1.35": date(2027, 3, 1),
        "1.36": date(2027, 6, 1),
        "1.37": date(2027, 10, 1),
    },
    afterwards="Then AKS makes no new cluster of it and patches none.",
    source="azure-aks-docs, supported-kubernetes-versions.md",
    read=date(2026, 11, 29),
)
