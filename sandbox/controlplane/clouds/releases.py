"""The Secrets Store CSI driver where the platform releases it itself.

Its charts may only have been recorded. What matters is read from their values all the same.
"""

import re
from collections.abc import Mapping
from typing import Any

from . import Cluster, SecretsStore, View

RELEASE = "kubernetes:helm.sh/v3:Release"
CHART = "secrets-store-csi-driver"
TOLERATES_ALL = [{"operator": "Exists"}]  # what the driver's own chart tolerates unless told otherwise


def secrets_store(view: View, cluster: Cluster, provider: str) -> SecretsStore:
    driver = values_of(view, cluster, CHART)
    beside = values_of(view, cluster, f"{CHART}-provider-{provider}")
    tolerated = None if beside is None else beside.get("tolerations", [])
    if driver is None:
        return SecretsStore(provider=tolerated)
    return SecretsStore(
        driver=(driver.get("linux") or {}).get("tolerations", TOLERATES_ALL),
        provider=tolerated,
        audiences=[request["audience"] for request in driver.get("tokenRequests") or []],
        syncs=bool((driver.get("syncSecret") or {}).get("enabled")),
    )


def values_of(view: View, cluster: Cluster, chart: str) -> Mapping[str, Any] | None:
    """The values of the cluster's release of a chart."""
    for item in view.find(RELEASE):
        name = str(item.inputs.get("chart", "")).rstrip("/").split("/")[-1]
        name = re.sub(r"-\d+\.\d+.*\.tgz$", "", name)  # a mirror's files carry the version in their names
        if item.scope == cluster.server and name == chart:
            return item.inputs.get("values") or {}
    return None
