"""From a pod to its bucket of S3: the agent on its node, its role, that role's policies, the bucket's own, and KMS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.controlplane.clouds import Cluster, Mount, MountFailed, View, text
from sandbox.controlplane.clouds.aws.iam import Policy, Request, allowed
from sandbox.controlplane.clouds.aws.secrets import ADDON, policies_of, role_of
from sandbox.simulation.world import Object
from tests.wiring.aws_mutations import Edit, association_mutations, drop, drop_statement, in_policy, listed
from tests.wiring.deployment import Deployment, Item
from tests.wiring.edits import Mutation, changed, put, removed, resources
from tests.wiring.walk import Walk

BUCKET = "aws:s3/bucket:Bucket"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
)
READING = ("s3:GetObject",)
WRITING = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
ON_OBJECTS = (*READING, *WRITING)
"""What is done to objects, and to the parts of those that are uploaded."""
TO_READ = ("kms:Decrypt",)
WITH_THE_KEY = ("kms:GenerateDataKey", *TO_READ)
NEVER = ("s3:DeleteObjectVersion", "s3:PutBucketPolicy", "s3:PutLifecycleConfiguration", "s3:PutBucketVersioning")
"""By which a pod could end that what it deleted can be had back."""

TOO_MUCH = (("s3:GetObject", "arn:aws:s3:::*"), ("s3:PutObject", "*"), ("s3:DeleteObjectVersion", "*"))


def problems(walk: Walk, url: str, writes: bool) -> Iterator[str]:
    view, parts = walk.view, urlsplit(url)
    region = parse_qs(parts.query).get("region", [""])[0]
    bucket = next((item for item in view.find(BUCKET) if ("s3", item.id) == (parts.scheme, parts.netloc)), None)
    if bucket is None or text(bucket, "region") != region:
        yield f"there is no bucket of S3 at {url}"
        return
    agents = [item for item in view.find(ADDON) if item.inputs.get("clusterName") == walk.cluster.name]
    if not any(item.inputs["addonName"] == "eks-pod-identity-agent" for item in agents):
        yield "no agent gives it the credentials of its role"
    try:
        role = role_of(view, walk.cluster, Mount({}, walk.identity()))
    except MountFailed as failed:
        yield f"{walk.pod.account} is not let in: {failed}"
        return
    yield from right_problems(view, walk.cluster, role, bucket, writes)


def right_problems(view: View, cluster: Cluster, role: Object, bucket: Object, writes: bool) -> Iterator[str]:
    arn, context = f"arn:aws:s3:::{bucket.id}", {"aws:SecureTransport": "true", "aws:RequestedRegion": cluster.region}
    policies = [*policies_of(view, role), *of_bucket(view, bucket)]
    wanted = [
        ("s3:ListBucket", arn),
        *((action, f"{arn}/chain/object") for action in (ON_OBJECTS if writes else READING)),
    ]
    for action, resource in wanted:
        if not allowed(policies, Request(action, resource, context)):
            yield f"{role.name} may not {action} on {resource}"
    for key, of_its_own in keys(view, bucket):
        through = {
            "kms:ViaService": f"s3.{cluster.region}.amazonaws.com",
            "kms:EncryptionContext:aws:s3:arn": arn if of_its_own else f"{arn}/chain/object",
        }
        for action in WITH_THE_KEY if writes else TO_READ:
            if not any(allowed(policies, Request(action, text(item, "arn"), context | through)) for item in key):
                yield f"{role.name} may not {action} with the key of {bucket.id}"
    surplus = [(action, f"{arn}-other/object") for action in ON_OBJECTS]
    surplus += [(action, where) for action in NEVER for where in (arn, f"{arn}/chain/object")]
    surplus += [(action, f"{arn}/chain/object") for action in (() if writes else WRITING)]
    for action, resource in surplus:
        if allowed(policies, Request(action, resource, context)):
            yield f"{role.name} may {action} on {resource}, and has no need to"


def of_bucket(view: View, bucket: Object) -> list[Policy]:
    return [json.loads(item.properties["policy"]) for item in view.find(POLICY) if item.inputs["bucket"] == bucket.id]


def keys(view: View, bucket: Object) -> Iterator[tuple[list[Object], bool]]:
    """The keys of KMS that a bucket is encrypted with, and whether S3 makes a key of the bucket's own of each."""
    for item in (found for kind in ENCRYPTION for found in view.find(kind)):
        for rule in item.inputs["rules"] if item.inputs["bucket"] == bucket.id else ():
            if key := rule["applyServerSideEncryptionByDefault"].get("kmsMasterKeyId"):
                yield view.identified(key), bool(rule.get("bucketKeyEnabled"))


# --- what can be missing


def mutations(deployment: Deployment) -> Iterator[Mutation]:
    ours = Deployment(deployment.stack, [], [])
    for found in resources(ours, BUCKET):
        yield removed(deployment, "bucket", found)
        yield changed(deployment, "bucket", found, "in another region", put("region", "eu-central-1"))
    for found in resources(ours, POLICY):
        yield in_policy(deployment, "network", found, "policy", "refuses TLS", refuse_tls)
    for found in resources(deployment, "aws:eks/addon:Addon"):
        if found["inputs"]["addonName"] == "eks-pod-identity-agent":
            yield removed(deployment, "identity", found)
    associations = resources(ours, "aws:eks/podIdentityAssociation:PodIdentityAssociation")
    # Ordinals have the same rights on the one bucket: as another of them a pod has its own.
    another_role = "another role"
    yield from (made for made in association_mutations(deployment, associations) if another_role not in made.what)
    for found in resources(ours, "aws:iam/rolePolicy:RolePolicy"):
        yield removed(deployment, "grant", found)
        yield from statement_mutations(deployment, found)
        for action, resource in TOO_MUCH:
            edit = partial(also, action, resource)
            yield in_policy(deployment, "surplus", found, "policy", f"may {action} on {resource}", edit)


def statement_mutations(deployment: Deployment, found: Item) -> Iterator[Mutation]:
    for index, statement in enumerate(json.loads(found["outputs"]["policy"])["Statement"]):
        needed = {"s3:ListBucket", *ON_OBJECTS, *WITH_THE_KEY} & set(listed(statement["Action"]))
        if "s3" not in json.dumps(statement):
            continue
        edits: list[tuple[str, Edit]] = [
            (f"without {action}", partial(drop, index, "Action", action)) for action in needed
        ]
        edits += [
            (f"without statement {index}", partial(drop_statement, index)),
            ("on another resource", partial(on_another, index)),
        ]
        for operator, tests in (statement.get("Condition") or {}).items():
            edits += [(f"another {key}", partial(on_condition, index, operator, key)) for key in tests]
        for what, edit in edits:
            yield in_policy(deployment, "grant", found, "policy", what, edit)


def on_another(index: int, statements: list[Item]) -> None:
    statements[index]["Resource"] = [f"{one.removesuffix('/*')}-other" for one in listed(statements[index]["Resource"])]


def on_condition(index: int, operator: str, key: str, statements: list[Item]) -> None:
    statements[index]["Condition"][operator][key] = "another"


def also(action: str, resource: str, statements: list[Item]) -> None:
    statements.append({"Effect": "Allow", "Action": action, "Resource": resource})


def refuse_tls(statements: list[Any]) -> None:
    statements[0]["Condition"]["Bool"]["aws:SecureTransport"] = "true"
