"""How long EKS supports a version of Kubernetes."""

from datetime import date

from ..contract.kubernetes_support import KubernetesSupport

KUBERNETES_SUPPORT = KubernetesSupport(
    ends={
        "1.32": date(2026, 3, 23),
        "1.33": date(2026, 7, 29),
        "1.34": date(2026, 12, 2),
        "1.35": date(2027, 3, 27),
        "1.36": date(2027, 8, 2),
    },
    # Read in a public guide that quotes the calendar and the pricing page, not on these pages. Up to 1.35 the calendar
    # is in aws-samples/sample-apex-skills too (eks-operation-review/references/cluster-lifecycle.md).
    afterwards="Then an hour of the control plane costs 0.60 USD instead of 0.10; a year later AWS upgrades it.",
    source="EKS user guide, Kubernetes release calendar",
    read=date(2026, 8, 6),
)
