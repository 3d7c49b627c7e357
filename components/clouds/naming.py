"""Every limit on length and alphabet that a cloud sets to the names we choose, in one place.

Names that Pulumi makes up (`auto-naming`) need no rule. A rule leaves a name alone that the cloud takes as it is; any
other is spelled as the cloud can, cut, and given a hash of the whole, so that two of these never become one. (Whoever
calls something by a name that ends in another's hash can still collide; the cloud then refuses the second.)
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

HASH = 6
"""Characters of the hash: among a hundred names of one account two collide with a chance of three in ten thousand, and
then the cloud refuses the second."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a cloud takes as a name of one kind."""

    longest: int
    shortest: int = 1
    allowed: str = "a-z0-9-"
    """As in a regular expression's brackets."""
    separator: Literal["-", ""] = "-"
    """What stands for everything else."""
    doubled: bool = True
    """Whether two separators may follow each other."""
    keep: Literal["head", "tail"] = "head"
    """Which end of a name that is cut tells more."""

    def fit(self, name: str) -> str:
        """`name` as the cloud takes it: the same for the same name, another for another."""
        if self.takes(name):
            return name
        room = self.longest - HASH - len(self.separator)
        spelled = self._spelled(name)
        cut = spelled[:room] if self.keep == "head" else spelled[-room:]
        # The cut may begin or end where a name may not.
        words = cut.strip("-_.") if cut[:1].isalpha() else f"n{cut[1:]}".strip("-_.")
        return f"{words}{self.separator}{_hash(name)}"

    def takes(self, name: str) -> bool:
        """Whether the cloud takes `name` as it is: it begins with a letter and ends with a letter or a digit."""
        inside = rf"[a-zA-Z]([{self.allowed}]*[a-zA-Z0-9])?"
        return self.shortest <= len(name) <= self.longest and bool(re.fullmatch(inside, name)) and self._plain(name)

    def _plain(self, name: str) -> bool:
        cased = "A-Z" in self.allowed or name == name.lower()
        return cased and (self.doubled or "--" not in name)

    def _spelled(self, name: str) -> str:
        cased = name if "A-Z" in self.allowed else name.lower()
        spelled = re.sub(rf"[^{self.allowed}]+", self.separator, cased)
        return spelled if self.doubled else re.sub("-+", "-", spelled)


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:HASH]


_WORDS = "a-zA-Z0-9_-"

# AWS: EKS API reference, CreateNodegroup; Secrets Manager API reference, CreateSecret; Elastic Load Balancing API
# reference, CreateLoadBalancer and CreateTargetGroup; RDS API reference, CreateDBInstance.
EKS_NODE_GROUP = Rule(longest=63, allowed=_WORDS)
AWS_SECRET = Rule(longest=512, allowed="a-zA-Z0-9/_+=.@-")
AWS_LOAD_BALANCER = Rule(longest=32, allowed="a-zA-Z0-9-")
RDS_INSTANCE = Rule(longest=63, doubled=False)
# Auto Scaling API reference, CreateAutoScalingGroup; EC2 API reference, CreateLaunchTemplate; CloudWatch API reference,
# PutMetricAlarm.
AWS_MACHINE_GROUP = Rule(longest=255, allowed=_WORDS)
AWS_LAUNCH_TEMPLATE = Rule(longest=128, shortest=3, allowed=_WORDS)
AWS_ALARM = Rule(longest=255, allowed=_WORDS)
# IAM API reference, CreateRole, CreateInstanceProfile (128) and PutRolePolicy.
AWS_ROLE = Rule(longest=64, allowed=_WORDS)
AWS_ROLE_POLICY = Rule(longest=128, allowed=_WORDS)
# S3 user guide, "General purpose bucket naming rules": 63, of which the account, the region and the ends of a namespace
# take 31 at most (`-123456789012-ap-southeast-2-an`).
AWS_BUCKET = Rule(longest=32, doubled=False)

# Azure: "Naming rules and restrictions for Azure resources"; AKS: "Create node pools" (12 on Linux). No limit is
# published for a backup instance: it is held to its disk's.
AZURE_RESOURCE_GROUP = Rule(longest=90, allowed="a-zA-Z0-9_.-")
AZURE_NETWORK = Rule(longest=64, shortest=2, allowed="a-zA-Z0-9_.-")
AZURE_ADDRESS = Rule(longest=80, allowed="a-zA-Z0-9_.-")
# Security groups, interfaces, NAT gateways, flow logs.
AZURE_NETWORK_PART = Rule(longest=80, allowed="a-zA-Z0-9_.-")
# Alert rules; federated credentials. For what an agent collects no limit is published: it is held to the
# shortest that the portal takes.
AZURE_ALERT_RULE = Rule(longest=260, allowed=_WORDS)
AZURE_FEDERATED_CREDENTIAL = Rule(longest=120, shortest=3, allowed=_WORDS)
AZURE_COLLECTION = Rule(longest=44, shortest=3, allowed="a-zA-Z0-9-")
AZURE_BACKUP_INSTANCE = Rule(longest=80, allowed=_WORDS)
AZURE_DATABASE = Rule(longest=63, shortest=3)
AZURE_PRIVATE_ENDPOINT = Rule(longest=64, shortest=2, allowed="a-zA-Z0-9_.-")
AZURE_DISK = Rule(longest=80, allowed=_WORDS)
AZURE_MACHINE = Rule(longest=64)
AZURE_DISK_ENCRYPTION_SET = Rule(longest=80, allowed=_WORDS)
AZURE_IDENTITY = Rule(longest=128, shortest=3, allowed=_WORDS)
AZURE_BACKUP_POLICY = Rule(longest=150, shortest=3)
AZURE_BACKUP_VAULT = Rule(longest=50, shortest=2)
AZURE_STORAGE_ACCOUNT = Rule(longest=24, shortest=3, allowed="a-z0-9", separator="")
AZURE_CONTAINER = Rule(longest=63, shortest=3, doubled=False)
AKS_CLUSTER = Rule(longest=63)
AKS_DNS_PREFIX = Rule(longest=54)
AKS_NODE_POOL = Rule(longest=12, allowed="a-z0-9", separator="", keep="tail")
KEY_VAULT = Rule(longest=24, shortest=3, doubled=False)
KEY_VAULT_SECRET = Rule(longest=127, allowed="a-zA-Z0-9-")

# Google Cloud: "Naming resources" (RFC 1035); GKE API reference; IAM: "Create service accounts"; Secret Manager quotas.
GCP_RESOURCE = Rule(longest=63)
# Cloud SQL: "Instance settings": 98 with the project's id, which has 30 at most, and a colon.
GCP_DATABASE = Rule(longest=67)
# Cloud Storage: "About Cloud Storage buckets", bucket names.
GCP_BUCKET = Rule(longest=63, shortest=3)
GCP_KEY = Rule(longest=63, allowed=_WORDS)
GCP_ROLE = Rule(longest=64, shortest=3, allowed="a-zA-Z0-9_", separator="")
GCP_SECRET = Rule(longest=255, allowed=_WORDS)
GCP_SERVICE_ACCOUNT = Rule(longest=30, shortest=6)
GKE_CLUSTER = Rule(longest=40)
GKE_NODE_POOL = Rule(longest=40)
