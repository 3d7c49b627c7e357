"""A world as the platform and the sequencer would leave it, made by hand: an EKS cluster, pools, disks, secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sandbox.simulation.world import Object, World

REGION = "us-east-2"
ACCOUNT = "123456789012"
NAME = "platform"
SERVER = "https://0123456789.gr7.us-east-2.eks.amazonaws.com"
ZONES = {"us-east-2a": "10.0.0.0/20", "us-east-2b": "10.0.16.0/20"}
EVERY_TAINT = [{"operator": "Exists"}]


class AwsWorld:
    """Writes objects as the AWS stand-in stores them."""

    def __init__(self, home: Path):
        self.world = World(home / "world.sqlite")

    def put(
        self, token: str, id_: str, name: str | None = None, /, *, scope: str = REGION, **properties: Any
    ) -> Object:
        before = self.world.find(token, scope=scope, id_=id_)
        inputs = dict(properties)
        properties = {"region": REGION, "id": id_, **properties}
        item = Object(token, scope, id_, name, inputs, properties, before[0].key if before else None)
        self.world.put(item, {id_, properties.get("arn", id_)}, [])
        return item

    def delete(self, token: str, id_: str) -> None:
        for item in self.world.find(token, id_=id_):
            self.world.delete(item)

    def cluster(self, name: str = NAME, server: str = SERVER) -> None:
        arn = f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{name}"
        self.put("aws:eks/cluster:Cluster", name, name, arn=arn, endpoint=server, version="1.33")
        self.put("aws:eks/addon:Addon", f"{name}:agent", addonName="eks-pod-identity-agent", clusterName=name)
        for zone, cidr in ZONES.items():
            self.put("aws:ec2/subnet:Subnet", f"subnet-{zone}", cidrBlock=cidr, availabilityZone=zone)

    def pool(
        self,
        name: str,
        zone: str,
        *,
        size: int = 1,
        instance_type: str = "c5.2xlarge",
        cluster: str = NAME,
        **more: Any,
    ) -> None:
        """A node group as components/clouds/aws/node_pool.py makes it, with a label, a taint and a public address."""
        more = {"labels": {"node.metis.io": name}, "taints": [taint("node.metis.io", name)]} | more
        template = more.pop("template", 1)
        public = [{"associatePublicIpAddress": "true"}]
        self.put(
            "aws:ec2/launchTemplate:LaunchTemplate",
            f"lt-{name}",
            instanceType=instance_type,
            latestVersion=template,
            networkInterfaces=public,
        )
        self.put(
            "aws:eks/nodeGroup:NodeGroup",
            f"{cluster}:{name}",
            name,
            scope=f"{REGION}/{cluster}",
            arn=f"arn:aws:eks:{REGION}:{ACCOUNT}:nodegroup/{cluster}/{name}/1",
            clusterName=cluster,
            nodeGroupName=name,
            subnetIds=[f"subnet-{zone}"],
            launchTemplate={"id": f"lt-{name}"},
            scalingConfig={"desiredSize": size, "minSize": size, "maxSize": size},
            updateConfig={"maxUnavailable": 1, "updateStrategy": "MINIMAL"},
            **more,
        )

    def disk(self, volume: str, zone: str) -> None:
        self.put("aws:ebs/volume:Volume", volume, availabilityZone=zone, size=10)

    # --- secrets

    def secrets_store(self, **driver: Any) -> None:
        """The driver and its provider, as components/clouds/aws/releases.py releases them."""
        values = {
            "linux": {"tolerations": EVERY_TAINT},
            "syncSecret": {"enabled": True},
            "tokenRequests": [{"audience": "sts.amazonaws.com"}, {"audience": "pods.eks.amazonaws.com"}],
        }
        self.release("secrets-store-csi-driver", values | driver)
        self.release("secrets-store-csi-driver-provider-aws", {"tolerations": EVERY_TAINT})

    def release(self, chart: str, values: dict[str, Any]) -> None:
        name = f"kube-system/{chart}"
        self.put("kubernetes:helm.sh/v3:Release", name, name, scope=SERVER, chart=chart, values=values)

    def secret(self, name: str, value: str | None = "a secret value") -> str:
        arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-abc123"
        self.put("aws:secretsmanager/secret:Secret", arn, name, arn=arn, name=name)
        self.delete("aws:secretsmanager/secretVersion:SecretVersion", f"{arn}|1")
        if value is not None:
            self.put(
                "aws:secretsmanager/secretVersion:SecretVersion",
                f"{arn}|1",
                scope=arn,
                secretId=arn,
                secretString=value,
            )
        return arn

    def identity(self, namespace: str, account: str, secrets: list[str], *, trusted: str = "") -> None:
        """A role as components/clouds/aws/identity.py makes it."""
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
        read = {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": secrets}
        self.put("aws:iam/role:Role", name, name, scope="iam", arn=role, assumeRolePolicy=policy(assume))
        self.put("aws:iam/rolePolicy:RolePolicy", f"{name}:read", scope=f"iam/{name}", role=name, policy=policy(read))
        self.put(
            "aws:eks/podIdentityAssociation:PodIdentityAssociation",
            f"a-{name}",
            clusterName=NAME,
            namespace=namespace,
            serviceAccount=account,
            roleArn=role,
        )


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def taint(key: str, value: str, effect: str = "NO_SCHEDULE") -> dict[str, str]:
    return {"key": key, "value": value, "effect": effect}
