"""Who uses a key of KMS: by the key's own policy, or by a role's, which counts where the key leaves that to IAM."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial

from sandbox.controlplane.clouds import View, text
from sandbox.controlplane.clouds.aws.iam import Policy, Request, allowed, each
from sandbox.controlplane.clouds.aws.secrets import ADDON, SECRET, policies_of
from sandbox.simulation.world import Object
from tests.wiring.aws_bucket import BUCKET, ENCRYPTION, TO_READ, WITH_THE_KEY
from tests.wiring.aws_mutations import drop_statement, in_policy
from tests.wiring.deployment import Deployment, State
from tests.wiring.edits import Mutation, resources
from tests.wiring.keys import Users, named, nobody

KEY, ROLE, ROLE_POLICY = "aws:kms/key:Key", "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
CREATE_GRANT = "kms:CreateGrant"
TO_MAKE = ("kms:GenerateDataKeyWithoutPlaintext", "kms:Decrypt", "kms:DescribeKey", CREATE_GRANT)
"""What making a volume takes, and lending its key to EC2 (EBS user guide, "Requirements for Amazon EBS encryption")."""
TO_ATTACH = ("kms:Decrypt", "kms:DescribeKey", CREATE_GRANT)
FULLY = ("kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", *TO_MAKE[:3])
AUTO_SCALING = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"


def problems(state: State) -> list[str]:
    return [problem for key in state.find(KEY) for problem in named(state, USERS, key, text(key, "arn"), key.id)]


# --- who may what


def may(view: View, key: Object, role: Object, action: str, **context: str) -> bool:
    """Whether a role may, by its own policies, and the key leaves that to IAM."""
    account = text(key, "arn").split(":")[4]
    if not by_key(key, "AWS", f"arn:aws:iam::{account}:root", action, **context):
        return False
    policies = next(its for one, its in rights(view) if one is role)
    return allowed(policies, Request(action, text(key, "arn"), in_context(action, context)))


def by_key(key: Object, kind: str, principal: str, action: str, **context: str) -> bool:
    """Whether somebody may by the key's own policy."""
    statements = each(json.loads(key.properties["policy"])["Statement"])
    theirs: Policy = {"Statement": [one for one in statements if principal in each(one["Principal"].get(kind))]}
    return allowed([theirs], Request(action, text(key, "arn"), in_context(action, context)))


def in_context(action: str, context: Mapping[str, str]) -> dict[str, str]:
    """A grant is asked for a service of AWS', and for nobody else."""
    return {**context, **({"kms:GrantIsForAWSResource": "true"} if action == CREATE_GRANT else {})}


def roles(view: View, action: str, resource: str, **context: str) -> list[Object]:
    """The roles that may do something with a thing, the key aside."""
    return [role for role, policies in rights(view) if allowed(policies, Request(action, resource, context))]


@lru_cache(maxsize=1)
def rights(view: View) -> list[tuple[Object, list[Policy]]]:
    """Every role with its policies: each thing that is encrypted asks all of them."""
    return [(role, policies_of(view, role)) for role in view.find(ROLE)]


def lacking(view: View, key: Object, role: Object, actions: tuple[str, ...], **context: str) -> Iterator[str]:
    for action in actions:
        if not may(view, key, role, action, **context):
            yield f"{role.name} may not {action}"


# --- who uses it for what


def log_group(view: View, key: Object, item: Object) -> Iterator[str]:
    region, account = text(key, "arn").split(":")[3:5]
    arn = f"arn:aws:logs:{region}:{account}:log-group:{item.name}"
    for action in FULLY:
        if not by_key(
            key, "Service", f"logs.{region}.amazonaws.com", action, **{"kms:EncryptionContext:aws:logs:arn": arn}
        ):
            yield f"CloudWatch Logs may not {action}"


def node(view: View, key: Object, item: Object) -> Iterator[str]:
    account = text(key, "arn").split(":")[4]
    for action in (*FULLY, CREATE_GRANT):
        if not by_key(key, "AWS", f"arn:aws:iam::{account}:{AUTO_SCALING}", action):
            yield f"Auto Scaling may not {action}"


def volume(view: View, key: Object, item: Object) -> Iterator[str]:
    """Who attaches it, and who takes its snapshots."""
    region, tags = text(key, "arn").split(":")[3], item.properties.get("tagsAll") or {}
    through = {"kms:ViaService": f"ec2.{region}.amazonaws.com"}
    seen = {f"aws:ResourceTag/{name}": value for name, value in tags.items()}
    attach = roles(view, "ec2:AttachVolume", text(item, "arn"), **seen)
    if not attach:
        yield "nobody may attach it"
    for role in attach:
        yield from lacking(view, key, role, TO_ATTACH, **through)
    for policy in view.find("aws:dlm/lifecyclePolicy:LifecyclePolicy"):
        if policy.properties["policyDetails"]["targetTags"].items() <= tags.items():
            for role in view.identified(text(policy, "executionRoleArn")):
                yield from lacking(view, key, role, (*FULLY, CREATE_GRANT), **through)


def storage_class(view: View, key: Object, item: Object) -> Iterator[str]:
    """The driver that makes its volumes."""
    arns = [
        str(association["roleArn"])
        for addon in view.find(ADDON)
        if addon.inputs["addonName"] == "aws-ebs-csi-driver"
        for association in addon.inputs.get("podIdentityAssociations") or []
    ]
    found = [role for arn in arns for role in view.identified(arn)]
    if not found:
        yield "no EBS driver has a role"
    for role in found:
        yield from lacking(view, key, role, TO_MAKE)


def secret(view: View, key: Object, item: Object) -> Iterator[str]:
    region, arn = text(key, "arn").split(":")[3], text(item, "arn")
    through = {
        "kms:ViaService": f"secretsmanager.{region}.amazonaws.com",
        "kms:EncryptionContext:SecretARN": arn,
    }
    for role in roles(view, "secretsmanager:GetSecretValue", arn):
        yield from lacking(view, key, role, TO_READ, **through)


def bucket(view: View, key: Object, item: Object) -> Iterator[str]:
    region = text(key, "arn").split(":")[3]
    for found in view.find(BUCKET):
        if found.id != item.inputs["bucket"]:
            continue
        arn = f"arn:aws:s3:::{found.id}"
        through = {"kms:ViaService": f"s3.{region}.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": arn}
        for doing, actions in (("s3:GetObject", TO_READ), ("s3:PutObject", WITH_THE_KEY)):
            for role in roles(view, doing, f"{arn}/object"):
                yield from lacking(view, key, role, actions, **through)


USERS: Users = {
    ("aws:cloudwatch/logGroup:LogGroup", "kmsKeyId"): log_group,
    ("aws:ebs/volume:Volume", "kmsKeyId"): volume,
    ("aws:ec2/launchTemplate:LaunchTemplate", "blockDeviceMappings.ebs.kmsKeyId"): node,
    ("storage.k8s.io/StorageClass", "parameters.kmsKeyId"): storage_class,
    (SECRET, "kmsKeyId"): secret,
    (ENCRYPTION[0], "rules.applyServerSideEncryptionByDefault.kmsMasterKeyId"): bucket,
    # Both take a grant of whoever makes them, and keep it (EKS user guide, "Encrypt Kubernetes secrets with KMS"; RDS
    # user guide, "AWS KMS key management").
    ("aws:eks/cluster:Cluster", "encryptionConfig.provider.keyArn"): nobody,
    ("aws:rds/instance:Instance", "kmsKeyId"): nobody,
    ("aws:kms/alias:Alias", "targetKeyId"): nobody,
}


# --- what can be missing


def mutations(deployment: Deployment) -> Iterator[Mutation]:
    """Every statement about a key, taken away."""
    for kind, name in ((KEY, "policy"), (ROLE_POLICY, "policy")):
        for found in resources(deployment, kind):
            for index, statement in enumerate(json.loads(found["outputs"][name])["Statement"]):
                # Whoever reads flow logs is one of us.
                ours = statement.get("Sid") == "LeaveToIam" and found["urn"].endswith("-flow-logs")
                if "kms:" in json.dumps(statement["Action"]) and not ours:
                    what = f"without statement {index}"
                    yield in_policy(deployment, "grant", found, name, what, partial(drop_statement, index))
