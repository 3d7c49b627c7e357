"""What the parts of a cluster have to know about it while it is being made."""

from dataclasses import dataclass

from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """What is known of a cluster on Google Cloud before the cluster is complete."""

    name: str
    """As Google has it, which may be shorter than ours."""
    account: str
    """The project's id."""
    project_number: Output[str]
    """The project's number, which Google's own service accounts are called by."""
    region: str
    """The region, as Google Cloud calls it."""
    kms_key: Output[str]
    """The crypto key's id."""

    @property
    def workload_identity_pool(self) -> str:
        """Every project with a GKE cluster has one, and all its clusters share it."""
        return f"{self.account}.svc.id.goog"
