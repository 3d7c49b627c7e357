"""Pod identities on AWS: an IAM role bound to one service account by EKS Pod Identity."""

import json

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from ..contract import identity as contract
from ..contract.identity import IdentitySpec
from ..contract.platform import PlatformContract
from .bucket_rights import read_buckets, use_buckets
from .node_pool import NODE_POOL_TAG
from .pod_role import pod_trust
from .roles import give_rights, make_role
from .secret_rights import Statement, decrypt_secrets


class Identity(contract.Identity):
    """What one service account's pods may do: read their own secrets, claim their own addresses on our nodes, use
    their own buckets, and read those that are readable to them.

    Makes: `aws:iam:Role` trusted by `pods.eks.amazonaws.com`, `aws:iam:RolePolicy`,
    `aws:eks:PodIdentityAssociation`.
    """

    def __init__(self, name: str, spec: IdentitySpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Identity", name, None, opts)
        child = ResourceOptions(parent=self)
        trust = pod_trust(platform["account"], platform["cluster_name"], spec.namespace, spec.service_account)
        role = make_role(name, trust, platform["region"], child)
        give_rights(name, role, _policy(spec, platform), child)
        association = aws.eks.PodIdentityAssociation(
            name,
            cluster_name=platform["cluster_name"],
            namespace=spec.namespace,
            service_account=spec.service_account,
            role_arn=role.arn,
            opts=child,
        )
        self.client_id = association.id.apply(lambda _: "")
        self.register_outputs({"role_arn": role.arn})


def _policy(spec: IdentitySpec, platform: PlatformContract) -> Output[str]:
    return Output.all(
        secrets=[secret.secret_id for secret in spec.secrets],
        addresses=[address.address_id for address in spec.addresses],
        node_pools=[pool.node_pool_name for pool in spec.node_pools],
        buckets=[bucket.bucket_id for bucket in spec.buckets],
        readable_buckets=[bucket.bucket_id for bucket in spec.readable_buckets],
    ).apply(
        lambda ids: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    *(_read_secrets(ids["secrets"], platform) if spec.secrets else []),
                    *(_claim_addresses(ids["addresses"], ids["node_pools"], platform) if spec.addresses else []),
                    *(use_buckets(ids["buckets"], platform) if spec.buckets else []),
                    *(read_buckets(ids["readable_buckets"], platform) if spec.readable_buckets else []),
                ],
            }
        )
    )


def _read_secrets(arns: list[str], platform: PlatformContract) -> list[Statement]:
    read = {
        "Sid": "ReadOwnSecrets",
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
        "Resource": arns,
    }
    return [read, decrypt_secrets(arns, platform)]


def _claim_addresses(allocations: list[str], pools: list[str], platform: PlatformContract) -> list[Statement]:
    ec2 = f"arn:aws:ec2:{platform['region']}:{platform['account']}"
    return [
        {
            "Sid": "ClaimOwnAddress",
            "Effect": "Allow",
            "Action": "ec2:AssociateAddress",
            "Resource": [f"{ec2}:elastic-ip/{allocation}" for allocation in allocations],
        },
        {
            "Sid": "OnOwnNodes",
            "Effect": "Allow",
            "Action": "ec2:AssociateAddress",
            "Resource": [f"{ec2}:instance/*", f"{ec2}:network-interface/*"],
            "Condition": {"StringEquals": {f"aws:ResourceTag/{NODE_POOL_TAG}": pools}},
        },
        {
            # DescribeAddresses takes no resource, only the region (service authorization reference for EC2).
            "Sid": "SeeAddresses",
            "Effect": "Allow",
            "Action": "ec2:DescribeAddresses",
            "Resource": "*",
            "Condition": {"StringEquals": {"ec2:Region": platform["region"]}},
        },
    ]
