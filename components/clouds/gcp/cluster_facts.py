"""What the parts of a cluster have to know about it while it is being made."""

from dataclasses import dataclass

from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    name: str
    """As Google has it, which may be shorter than ours."""
    account: str
    """The project's id."""
    project_number: Output[str]
    region: str
    kms_key: Output[str]
    """The crypto key's id."""

    @property
    def workload_identity_pool(self) -> str:
        """Every project with a GKE cluster has one, and all its clusters share it."""
        return f"{self.account}.svc.id.goog"
