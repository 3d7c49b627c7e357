"""What lets a pod in on AWS, piece by piece: associations, trust, policies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tests.wiring.deployment import Deployment, Item
from tests.wiring.edits import Mutation, changed, driver_mutations, put, removed, resources

READING = {"secretsmanager:GetSecretValue", "kms:Decrypt", "sts:AssumeRole", "sts:TagSession"}
Edit = Callable[[list[Item]], Any]


def mutations(deployment: Deployment) -> Iterator[Mutation]:
    ours = Deployment(deployment.stack, [], [])
    associations = resources(ours, "aws:eks/podIdentityAssociation:PodIdentityAssociation")
    yield from association_mutations(deployment, associations)
    assumed = {found["inputs"]["roleArn"] for found in associations}
    of_pods = [found for found in resources(ours, "aws:iam/role:Role") if found["outputs"]["arn"] in assumed]
    for found in of_pods:
        yield removed(deployment, "trust", found)
        yield from policy_mutations(deployment, "trust", found, "assumeRolePolicy")
    names = {role["outputs"]["name"] for role in of_pods}
    for found in (
        policy for policy in resources(ours, "aws:iam/rolePolicy:RolePolicy") if policy["inputs"]["role"] in names
    ):
        yield removed(deployment, "grant", found)
        yield from policy_mutations(deployment, "grant", found, "policy")
        yield in_policy(deployment, "surplus", found, "policy", "may read everything", widen)
    for found in resources(deployment, "aws:eks/addon:Addon"):
        if found["inputs"]["addonName"] == "eks-pod-identity-agent":
            yield removed(deployment, "driver", found)
    yield from driver_mutations(deployment, "secrets-store-csi-driver-provider-aws", "pods.eks.amazonaws.com")


def association_mutations(deployment: Deployment, associations: list[Item]) -> Iterator[Mutation]:
    for found, other in zip(associations, [*associations[1:], *associations[:1]], strict=True):
        yield removed(deployment, "association", found)
        for word in ("clusterName", "namespace", "serviceAccount"):
            yield changed(deployment, "association", found, f"another {word}", put(word, "another"))
        another_role = put("roleArn", other["inputs"]["roleArn"])
        yield changed(deployment, "association", found, "another role", another_role)


def policy_mutations(deployment: Deployment, kind: str, found: Item, name: str) -> Iterator[Mutation]:
    """Each statement that reading needs, without each of its actions, resources and values of conditions."""
    for index, statement in enumerate(json.loads(found["outputs"][name])["Statement"]):
        if not READING & set(listed(statement["Action"])):
            continue
        needed = [("Action", value) for value in listed(statement["Action"]) if value in READING]
        needed += [("Resource", value) for value in listed(statement.get("Resource", []))]
        edits: list[tuple[str, Edit]] = [(f"without statement {index}", partial(drop_statement, index))]
        edits += [(f"without {value}", partial(drop, index, word, value)) for word, value in needed]
        conditions = (statement.get("Condition") or {}).get("StringEquals", {})
        edits += [
            (f"another {key}", partial(other_condition, index, key, value))
            for key, values in conditions.items()
            for value in listed(values)
        ]
        for what, edit in edits:
            yield in_policy(deployment, kind, found, name, what, edit)


def drop_statement(index: int, statements: list[Item]) -> None:
    statements.pop(index)


def drop(index: int, word: str, value: str, statements: list[Item]) -> None:
    statements[index][word] = [one for one in listed(statements[index][word]) if one != value]


def other_condition(index: int, key: str, value: str, statements: list[Item]) -> None:
    tests = statements[index]["Condition"]["StringEquals"]
    tests[key] = ["another" if given == value else given for given in listed(tests[key])]


def widen(statements: list[Item]) -> None:
    """The pod could read secrets that it does not mount."""
    everything = ["secretsmanager:GetSecretValue", "kms:Decrypt"]
    statements.append({"Effect": "Allow", "Action": everything, "Resource": "*"})


def in_policy(deployment: Deployment, kind: str, found: Item, name: str, what: str, edit: Edit) -> Mutation:
    def change(properties: Item) -> None:
        document = json.loads(properties[name])
        edit(document["Statement"])
        properties[name] = json.dumps(document)

    return changed(deployment, kind, found, what, change)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
