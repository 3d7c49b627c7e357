"""The ranges inside an AKS cluster: AKS's own defaults."""

PODS, SERVICES, DNS = "10.244.0.0/16", "10.0.0.0/16", "10.0.0.10"
