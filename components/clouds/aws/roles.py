"""IAM's roles, and what goes with each, by names that are made of the component's: a second one is refused."""

import pulumi_aws as aws
from pulumi import Input, ResourceOptions

from ..naming import AWS_ROLE, AWS_ROLE_POLICY
from ..standing import standing_name


def make_role(name: str, trust: Input[str], region: str, opts: ResourceOptions) -> aws.iam.Role:
    """A role with the trust policy `trust` (JSON). The region is in its name: IAM is the account's, and another region
    may have a stack of the same name."""
    own = standing_name("aws:iam/role:Role", name, AWS_ROLE.fit(f"{name}-{region}"))
    return aws.iam.Role(name, name=own, assume_role_policy=trust, opts=opts)


def give_rights(name: str, role: aws.iam.Role, policy: Input[str], opts: ResourceOptions) -> aws.iam.RolePolicy:
    """An inline policy (JSON) of the role, which is where its name counts."""
    own = standing_name("aws:iam/rolePolicy:RolePolicy", name, AWS_ROLE_POLICY.fit(name))
    return aws.iam.RolePolicy(name, name=own, role=role.name, policy=policy, opts=opts)


def make_profile(name: str, role: aws.iam.Role, region: str, opts: ResourceOptions) -> aws.iam.InstanceProfile:
    """What a machine has the role by."""
    own = standing_name("aws:iam/instanceProfile:InstanceProfile", name, AWS_ROLE.fit(f"{name}-{region}"))
    return aws.iam.InstanceProfile(name, name=own, role=role.name, opts=opts)
