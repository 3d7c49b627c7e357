"""How long GKE supports a version of Kubernetes."""

from datetime import date

from ..contract.kubernetes_support import KubernetesSupport

KUBERNETES_SUPPORT = KubernetesSupport(
    # As endoflife.date has them (products/google-kubernetes-engine.md @ 00fa52a). 1.36 had no date yet.
    ends={
        "1.32": date(2026, 4, 11),
        "1.33": date(2026, 8, 3),
        "1.34": date(2026, 10, 1),
        "1.35": date(2027, 4, 11),
    },
    afterwards="Then GKE upgrades control plane and nodes by itself, whatever the maintenance exclusion says.",
    source="GKE release schedule, whose dates are estimates",
    read=date(2026, 2, 28),
)
