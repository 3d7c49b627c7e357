"""The OS disk of AKS nodes."""

OS_DISK_GIB = 128
"""What AKS itself takes for nodes of up to 7 vCPUs, and the least that it takes for any (azure-aks-docs `fb060ab`,
concepts-storage.md, "Managed OS disks"): images, logs and whatever a pod writes outside its volumes share it, and its
500 IOPS. A smaller one has fewer."""
