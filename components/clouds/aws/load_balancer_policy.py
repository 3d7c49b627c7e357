"""What the AWS Load Balancer Controller may do.

Narrower than the controller's reference policy (docs/install/iam_policy.json of v3.5.0 in
kubernetes-sigs/aws-load-balancer-controller): without Cognito, WAF and Shield, which its release has switched off, and
kept to this cluster's own load balancers and this network, as the project's installation page recommends.
"""

from typing import Any

CLUSTER_TAG = "elbv2.k8s.aws/cluster"
"""The controller puts it, with the cluster's name, on everything that it makes."""


def statements(region: str, account: str, network_id: str, cluster: str) -> list[dict[str, Any]]:
    """The policy's statements for one cluster."""
    ec2 = f"arn:aws:ec2:{region}:{account}"
    elb = f"arn:aws:elasticloadbalancing:{region}:{account}"
    asks_for_ours = {"StringEquals": {f"aws:RequestTag/{CLUSTER_TAG}": cluster}}
    is_ours = {"StringEquals": {f"aws:ResourceTag/{CLUSTER_TAG}": cluster}}
    in_network = {"ArnEquals": {"ec2:Vpc": f"{ec2}:vpc/{network_id}"}}
    balancers = [f"{elb}:loadbalancer/net/*/*", f"{elb}:loadbalancer/app/*/*"]
    balancers_and_targets = [f"{elb}:targetgroup/*/*", *balancers]
    listeners = [f"{elb}:{kind}/{family}/*" for kind in ("listener", "listener-rule") for family in ("net", "app")]
    return [
        _allow(
            "Look",
            [
                "ec2:Describe" + what
                for what in (
                    "AccountAttributes",
                    "Addresses",
                    "AvailabilityZones",
                    "InternetGateways",
                    "Vpcs",
                    "VpcPeeringConnections",
                    "Subnets",
                    "SecurityGroups",
                    "Instances",
                    "NetworkInterfaces",
                    "Tags",
                    "RouteTables",
                )
            ]
            + [
                "ec2:GetSecurityGroupsForVpc",
                "elasticloadbalancing:Describe*",
                "acm:ListCertificates",
                "acm:DescribeCertificate",
            ],
            "*",
        ),
        _allow(
            "MakeServiceRole",
            "iam:CreateServiceLinkedRole",
            "*",
            {"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
        ),
        _allow("MakeGroupsIn", "ec2:CreateSecurityGroup", f"{ec2}:vpc/{network_id}"),
        _allow("MakeOurGroups", "ec2:CreateSecurityGroup", f"{ec2}:security-group/*", asks_for_ours),
        _allow(
            "TagNewGroups",
            "ec2:CreateTags",
            f"{ec2}:security-group/*",
            {"StringEquals": {**asks_for_ours["StringEquals"], "ec2:CreateAction": "CreateSecurityGroup"}},
        ),
        _allow("TagOurGroups", ["ec2:CreateTags", "ec2:DeleteTags"], f"{ec2}:security-group/*", is_ours),
        _allow(
            # The nodes' groups among them, which the controller opens to its load balancers.
            "OpenGroupsOfThisNetwork",
            ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
            f"{ec2}:security-group/*",
            in_network,
        ),
        _allow("RemoveOurGroups", "ec2:DeleteSecurityGroup", f"{ec2}:security-group/*", is_ours),
        _allow(
            "MakeOurBalancers",
            ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"],
            "*",
            asks_for_ours,
        ),
        _allow(
            "TagNewBalancers",
            "elasticloadbalancing:AddTags",
            balancers_and_targets,
            {
                "StringEquals": {
                    **asks_for_ours["StringEquals"],
                    "elasticloadbalancing:CreateAction": ["CreateTargetGroup", "CreateLoadBalancer"],
                }
            },
        ),
        _allow(
            "TagOurs",
            ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"],
            balancers_and_targets,
            is_ours,
        ),
        # What hangs on a load balancer has no tag yet when it is asked for, so a condition would refuse it.
        _allow("TagListeners", ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"], listeners),
        _allow(
            "ManageListeners",
            [
                "elasticloadbalancing:" + what
                for what in (
                    "AddListenerCertificates",
                    "CreateListener",
                    "CreateRule",
                    "DeleteListener",
                    "DeleteRule",
                    "ModifyListener",
                    "ModifyRule",
                    "RemoveListenerCertificates",
                    "SetRulePriorities",
                )
            ],
            [*balancers, *listeners],
        ),
        _allow(
            "ManageOurs",
            [
                "elasticloadbalancing:" + what
                for what in (
                    "DeleteLoadBalancer",
                    "DeleteTargetGroup",
                    "DeregisterTargets",
                    "ModifyCapacityReservation",
                    "ModifyIpPools",
                    "ModifyListenerAttributes",
                    "ModifyLoadBalancerAttributes",
                    "ModifyTargetGroup",
                    "ModifyTargetGroupAttributes",
                    "RegisterTargets",
                    "SetIpAddressType",
                    "SetSecurityGroups",
                    "SetSubnets",
                )
            ],
            "*",
            is_ours,
        ),
    ]


def _allow(
    sid: str, action: str | list[str], resource: str | list[str], condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement
