"""An EKS cluster, node groups, EBS volumes, Secrets Manager, Pod Identity."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tests.cluster.worlds.base import NAME, CloudWorld, Item, Pool, Words

ACCOUNT = "123456789012"
CIDRS = {"us-east-2a": "10.0.0.0/20", "us-east-2b": "10.0.16.0/20"}
EFFECTS = {"NoSchedule": "NO_SCHEDULE", "NoExecute": "NO_EXECUTE", "PreferNoSchedule": "PREFER_NO_SCHEDULE"}
DENIED = "is not authorized to perform: "
NO_VERSION = "can't find the specified secret value for staging label: AWSCURRENT"


class AwsWorld(CloudWorld):
    cloud = "aws"
    region = "us-east-2"
    zones = ("us-east-2a", "us-east-2b")
    server = "https://0123456789.gr7.us-east-2.eks.amazonaws.com"
    machine = "c5.2xlarge"
    disk_driver = "ebs.csi.aws.com"
    pool_label = "eks.amazonaws.com/nodegroup"
    node: ClassVar[Mapping[str, str]] = {
        "name": "ip-10-0-",
        "id": "aws:///us-east-2b/i-",
        "internal": "10.0.",
        "external": "18.",
        "pods": "58",
    }
    words = Words(
        refused=f"{DENIED}secretsmanager:GetSecretValue",
        empty=NO_VERSION,
        missing="Secrets Manager can't find the specified secret.",
        stranger="no pod identity association for service account",
        lost_disk="The volume 'vol-lost' does not exist.",
        no_identity="An IAM role must be associated with service account app",
    )

    def common(self) -> Item:
        return {"region": self.region}

    def cluster(self, name: str = NAME, server: str = "") -> None:
        arn = f"arn:aws:eks:{self.region}:{ACCOUNT}:cluster/{name}"
        self.put("aws:eks/cluster:Cluster", name, name, arn=arn, endpoint=server or self.server, version="1.33")
        self.put("aws:eks/addon:Addon", f"{name}:agent", addonName="eks-pod-identity-agent", clusterName=name)
        for zone, cidr in CIDRS.items():
            self.put("aws:ec2/subnet:Subnet", f"subnet-{zone}", cidrBlock=cidr, availabilityZone=zone)

    def remove_cluster(self, name: str) -> None:
        self.delete("aws:eks/cluster:Cluster", name)

    def make_pool(self, pool: Pool, more: dict[str, Any]) -> None:
        self.put(
            "aws:ec2/launchTemplate:LaunchTemplate",
            f"lt-{pool.name}",
            instanceType=pool.machine,
            latestVersion=pool.release,
            networkInterfaces=[{"associatePublicIpAddress": "true"}],
        )
        self.put(
            "aws:eks/nodeGroup:NodeGroup",
            f"{NAME}:{pool.name}",
            pool.name,
            place=f"{self.region}/{NAME}",
            arn=f"arn:aws:eks:{self.region}:{ACCOUNT}:nodegroup/{NAME}/{pool.name}/1",
            clusterName=NAME,
            nodeGroupName=pool.name,
            subnetIds=[f"subnet-{pool.zone}"],
            launchTemplate={"id": f"lt-{pool.name}"},
            scalingConfig={"desiredSize": pool.size, "minSize": pool.size, "maxSize": pool.size},
            updateConfig={"maxUnavailable": 1, "updateStrategy": "DEFAULT" if pool.surge else "MINIMAL"},
            labels=pool.labels,
            taints=[{"key": t.key, "value": t.value, "effect": EFFECTS[t.effect]} for t in pool.taints],
            **more,
        )

    def remove_pool(self, name: str) -> None:
        self.delete("aws:eks/nodeGroup:NodeGroup", f"{NAME}:{name}")

    def disk(self, name: str, zone: str) -> str:
        return self.put("aws:ebs/volume:Volume", self.handle(name, zone), availabilityZone=zone, size=10).id

    def handle(self, name: str, zone: str) -> str:
        return f"vol-{name}"

    # --- secrets

    def secrets_store(self, **driver: Any) -> None:
        self.driver(["sts.amazonaws.com", "pods.eks.amazonaws.com"], **driver)

    def secret(self, name: str, value: str | None = "a secret value") -> str:
        arn = f"arn:aws:secretsmanager:{self.region}:{ACCOUNT}:secret:{name}-abc123"
        self.put("aws:secretsmanager/secret:Secret", arn, name, arn=arn, name=name)
        self.delete("aws:secretsmanager/secretVersion:SecretVersion", f"{arn}|1")
        if value is not None:
            version = {"secretId": arn, "secretString": value}
            self.put("aws:secretsmanager/secretVersion:SecretVersion", f"{arn}|1", place=arn, **version)
        return arn

    def remove_secret(self, id_: str) -> None:
        self.delete("aws:secretsmanager/secret:Secret", id_)

    def identity(self, namespace: str, account: str, secrets: Sequence[str], *, trusted: str = "") -> None:
        """A role as components/clouds/aws/identity.py makes it; the association is always the account's."""
        name = f"{namespace}-{account}"
        role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        conditions = {
            "aws:SourceAccount": ACCOUNT,
            "aws:RequestTag/eks-cluster-name": NAME,
            "aws:RequestTag/kubernetes-namespace": namespace,
            "aws:RequestTag/kubernetes-service-account": trusted or account,
        }
        assume = {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringEquals": conditions},
        }
        read = {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": list(secrets)}
        self.put("aws:iam/role:Role", name, name, place="iam", arn=role, assumeRolePolicy=policy(assume))
        self.put("aws:iam/rolePolicy:RolePolicy", f"{name}:read", place=f"iam/{name}", role=name, policy=policy(read))
        self.put(
            "aws:eks/podIdentityAssociation:PodIdentityAssociation",
            f"a-{name}",
            clusterName=NAME,
            namespace=namespace,
            serviceAccount=account,
            roleArn=role,
        )

    def provider_class(self, namespace: str, account: str, secrets: Mapping[str, str]) -> Item:
        objects = [{"objectName": arn, "objectType": "secretsmanager", "objectAlias": k} for k, arn in secrets.items()]
        parameters = {"region": self.region, "usePodIdentity": "true", "objects": json.dumps(objects)}
        return {"provider": "aws", "parameters": parameters}

    def without_identity(self, parameters: Item) -> Item:
        return {name: value for name, value in parameters.items() if name != "usePodIdentity"}


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
