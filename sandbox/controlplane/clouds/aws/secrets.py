"""The AWS provider of the Secrets Store CSI driver, and the Secrets Manager and IAM behind it.

What it checks, in which order, and its words are those of server.go, secret_descriptor.go and
secrets_manager_provider.go of aws/secrets-store-csi-driver-provider-aws; AWS's are those of its API's errors.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from sandbox.simulation.world import Object

from .. import Asked, Cluster, Identity, Mount, MountFailed, Reads, View, text
from .iam import Request, allowed

SECRET = "aws:secretsmanager/secret:Secret"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
ADDON = "aws:eks/addon:Addon"
POD_IDENTITY = "pods.eks.amazonaws.com"
TYPES = {"secretsmanager": "secretsmanager", "ssmparameter": "ssm", "ssm": "ssm"}
Descriptor = Mapping[str, Any]


def mounted(view: View, cluster: Cluster, mount: Mount) -> dict[str, str]:
    """The files of a mount by name; raises MountFailed."""
    role = _credentials(view, cluster, mount)
    files: dict[str, str] = {}
    for entry in _descriptors(mount, _region(cluster, mount)):
        value = _secret_value(view, role, _region(cluster, mount), entry)
        files[entry["file"]] = value
        files.update(_json_values(entry, value))
    return files


def asked(view: View, cluster: Cluster, mount: Mount) -> list[Asked]:
    region = _region(cluster, mount)
    return [
        Asked(file, entry["objectName"], _secret(view, region, entry["objectName"]))
        for entry in _descriptors(mount, region)
        for file in (entry["file"], *(_file_name(path["objectAlias"], "") for path in entry.get("jmesPath") or []))
    ]


def reader(view: View, cluster: Cluster, mount: Mount) -> Reads:
    return _reads(view, _credentials(view, cluster, mount))


def within_reach(view: View, cluster: Cluster, identity: Identity) -> Reads:
    try:
        return _reads(view, role_of(view, cluster, Mount({}, identity)))
    except MountFailed:
        return lambda secret: False


def _reads(view: View, role: Object) -> Reads:
    return lambda secret: not _refusal(view, role, text(secret, "region"), text(secret, "arn"), secret)


def _region(cluster: Cluster, mount: Mount) -> str:
    return mount.parameters.get("region") or cluster.region


# --- who asks


def _credentials(view: View, cluster: Cluster, mount: Mount) -> Object:
    """The role whose credentials the pod gets."""
    if not mount.audiences:
        missing = "serviceAccount.tokens not provided - ensure tokenRequests is configured in CSIDriver"
        raise MountFailed(f"CSI token error: {missing} - ensure tokenRequests is configured in CSIDriver spec")
    use = (mount.parameters.get("usePodIdentity") or "false").lower()
    if use not in ("1", "t", "true", "0", "f", "false"):
        invalid = f'strconv.ParseBool: parsing "{use}": invalid syntax'
        raise MountFailed(f"failed to parse usePodIdentity value, error: {invalid}")
    if use not in ("1", "t", "true"):
        # Without Pod Identity the provider asks for IRSA, which nothing of ours uses.
        whose = f"service account {mount.identity.service_account} (namespace: {mount.identity.namespace})"
        raise MountFailed(f"An IAM role must be associated with {whose}")
    if POD_IDENTITY not in mount.audiences:
        missing = f'token for audience "{POD_IDENTITY}" not found'
        hint = "ensure tokenRequests includes this audience in CSIDriver"
        raise MountFailed(f"Pod Identity token extraction failed: {missing} - {hint}")
    if not any(item.inputs.get("addonName") == "eks-pod-identity-agent" for item in _of(cluster, view, ADDON)):
        refused = "dial tcp 169.254.170.23:80: connect: connection refused"
        raise MountFailed(f"failed to refresh cached credentials, {refused} (no add-on eks-pod-identity-agent)")
    return role_of(view, cluster, mount)


def role_of(view: View, cluster: Cluster, mount: Mount) -> Object:
    """The role that EKS Pod Identity gives the pods of an account."""
    identity = mount.identity
    whose = (identity.namespace, identity.service_account)
    found = [
        role
        for item in _of(cluster, view, ASSOCIATION)
        if (item.inputs.get("namespace"), item.inputs.get("serviceAccount")) == whose
        for role in view.identified(str(item.inputs.get("roleArn")))
    ]
    if not found:
        missing = f"no pod identity association for service account {'/'.join(whose)} in cluster {cluster.name}"
        raise MountFailed(f"failed to refresh cached credentials, ResourceNotFoundException: {missing}")
    role = found[0]
    trust = [json.loads(role.properties["assumeRolePolicy"])]
    for action in ("sts:AssumeRole", "sts:TagSession"):
        if not allowed(trust, Request(action, "", _session(cluster, role, mount), principal=POD_IDENTITY)):
            denied = f"{POD_IDENTITY} is not authorized to perform: {action} on resource: {text(role, 'arn')}"
            why = f"its trust policy does not allow it for {'/'.join(whose)} in cluster {cluster.name}"
            raise MountFailed(f"failed to refresh cached credentials, AccessDenied: {denied}: {why}")
    return role


def _session(cluster: Cluster, role: Object, mount: Mount) -> dict[str, str]:
    """The condition keys of an EKS Pod Identity session (EKS user guide, "Grant pods access based on tags")."""
    account = text(role, "arn").split(":")[4]
    arn = f"arn:aws:eks:{cluster.region}:{account}:cluster/{cluster.name}"
    tags = {
        "eks-cluster-arn": arn,
        "eks-cluster-name": cluster.name,
        "kubernetes-namespace": mount.identity.namespace,
        "kubernetes-service-account": mount.identity.service_account,
        "kubernetes-pod-name": mount.identity.pod,
        "kubernetes-pod-uid": mount.identity.uid,
    }
    return {"aws:SourceAccount": account, "aws:SourceArn": arn} | {f"aws:RequestTag/{k}": v for k, v in tags.items()}


# --- what it gets


def _secret_value(view: View, role: Object, region: str, entry: Descriptor) -> str:
    name = entry["objectName"]
    secret = _secret(view, region, name)
    failed = f"{region}: Failed fetching secret {name}: operation error Secrets Manager: GetSecretValue"
    if refusal := _refusal(view, role, region, text(secret, "arn") if secret else name, secret):
        raise MountFailed(f"{failed}, AccessDeniedException: {refusal}")
    if secret is None:
        raise MountFailed(f"{failed}, ResourceNotFoundException: Secrets Manager can't find the specified secret.")
    for version in reversed([item for item in view.find(VERSION) if item.inputs.get("secretId") == secret.id]):
        value = version.properties.get("secretString") or version.properties.get("secretBinary")
        if value is not None:
            return str(value)
    label = entry.get("objectVersionLabel") or "AWSCURRENT"
    missing = f"Secrets Manager can't find the specified secret value for staging label: {label}"
    raise MountFailed(f"{failed}, ResourceNotFoundException: {missing}")


def _refusal(view: View, role: Object, region: str, arn: str, secret: Object | None) -> str:
    """Why the role may not read the secret `arn`; empty when it may."""
    policies, context = policies_of(view, role), {"aws:RequestedRegion": region}
    if not allowed(policies, Request("secretsmanager:GetSecretValue", arn, context)):
        denied = f"{text(role, 'arn')} is not authorized to perform: secretsmanager:GetSecretValue on resource: {arn}"
        return f"User: {denied} because no identity-based policy allows the secretsmanager:GetSecretValue action"
    through = {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com", "kms:EncryptionContext:SecretARN": arn}
    for key in view.identified(text(secret, "kmsKeyId")) if secret else ():
        if not allowed(policies, Request("kms:Decrypt", text(key, "arn"), context | through)):
            return "Access to KMS is not allowed"
    return ""


def _secret(view: View, region: str, name: str) -> Object | None:
    return next((item for item in _named(view, name) if text(item, "region") == region), None)


def _named(view: View, name: str) -> list[Object]:
    return [item for item in [*view.identified(name), *view.find(SECRET, name=name)] if item.type == SECRET]


def policies_of(view: View, role: Object) -> list[Mapping[str, Any]]:
    """The role's own policies and those attached. One that AWS manages is not known here, so it allows nothing."""
    texts = [item.properties["policy"] for item in _with_role(view, "rolePolicy:RolePolicy", role)]
    texts += [inline["policy"] for inline in role.properties.get("inlinePolicies") or [] if inline.get("policy")]
    for attachment in _with_role(view, "rolePolicyAttachment:RolePolicyAttachment", role):
        found = view.identified(attachment.inputs["policyArn"])
        texts += [item.properties["policy"] for item in found if "policy" in item.properties]
    return [json.loads(policy) if isinstance(policy, str) else policy for policy in texts]


def _with_role(view: View, kind: str, role: Object) -> list[Object]:
    return [item for item in view.find(f"aws:iam/{kind}") if item.inputs.get("role") == role.name]


# --- what it asks for


def _descriptors(mount: Mount, region: str) -> Iterator[dict[str, Any]]:
    """The entries of `objects`, checked; each with the name of its file."""
    objects, translation = mount.parameters.get("objects", ""), mount.parameters.get("pathTranslation", "")
    if translation and translation.lower() != "false" and len(translation) != 1:
        raise MountFailed("pathTranslation must be either 'False' or a single character string")
    try:
        entries = yaml.safe_load(objects) or []
    except yaml.YAMLError as broken:
        raise MountFailed(f"Failed to load SecretProviderClass: {broken}") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict | None) for entry in entries):
        raise MountFailed("Failed to load SecretProviderClass: objects is not a list of descriptors")
    aliases: set[str] = set()
    for entry in entries:
        if entry is None:
            raise MountFailed("Empty descriptor entry in SecretProviderClass")
        _check(entry, region)
        for alias in (entry.get("objectAlias"), *(path["objectAlias"] for path in entry.get("jmesPath") or [])):
            if alias in aliases:
                raise MountFailed(f"found duplicate object alias {alias}")
            aliases |= {alias} if alias else set()
        yield entry | {"file": _file_name(entry.get("objectAlias") or entry["objectName"], translation)}


def _check(entry: Descriptor, region: str) -> None:
    _check_name(entry.get("objectName") or "", entry.get("objectType") or "", region)
    if "../" in str(entry.get("objectAlias") or entry["objectName"]):
        raise MountFailed(f"path can not contain ../: {entry['objectName']}")
    for given in (entry, *(entry.get("jmesPath") or [])):
        permission = given.get("filePermission") or ""
        if permission and not re.fullmatch(r"[0-7]{4}", permission):
            raise MountFailed(f"Invalid File Permission: {permission}")
    for path in entry.get("jmesPath") or []:
        for field, spoken in (("path", "Path"), ("objectAlias", "Object alias")):
            if not path.get(field):
                raise MountFailed(f"{spoken} must be specified for JMES object")


def _check_name(name: str, kind: str, region: str) -> None:
    arn = name.split(":") if name.startswith("arn:") else []
    service = arn[2] if len(arn) > 5 else ""
    problems = {
        "Object name must be specified": not name,
        f"Invalid ARN format in object name: {name}": arn and not service,
        f"ARN region must match region {region}: {name}": service and arn[3] != region,
        f"Must use objectType when a full ARN is not specified: {name}": not kind and not arn,
        f"Invalid service in ARN: {service}": service and not kind and service not in TYPES,
        f"Invalid objectType: {kind}": kind and (kind not in TYPES or kind == "ssm"),
        f"objectType does not match ARN: {name}": kind and service and TYPES.get(kind) != TYPES.get(service),
        f"the sandbox mounts what is in Secrets Manager only, not {name}": TYPES.get(kind or service) == "ssm",
    }
    for problem, found in problems.items():
        if found:
            raise MountFailed(problem)


def _json_values(entry: Descriptor, value: str) -> Iterator[tuple[str, str]]:
    paths = entry.get("jmesPath") or []
    try:
        data = json.loads(value) if paths else None
    except ValueError:
        raise MountFailed(f"Invalid JSON used with jmesPath in secret: {entry['objectName']}.") from None
    for path in paths:
        found = data
        for part in path["path"].split("."):  # member names are all of JMESPath that is known here
            found = found.get(part.strip('"')) if isinstance(found, dict) else None
        alias = path["objectAlias"]
        if found is None:
            where = f"{path['path']} for object alias - {alias}"
            raise MountFailed(f"JMES Path - {where} does not point to a valid object.")
        if not isinstance(found, str):
            raise MountFailed(f"Invalid JMES search result type for path:{path['path']}. Only string is allowed.")
        yield _file_name(alias, ""), found


def _file_name(name: str, translation: str) -> str:
    return name.lstrip("/") if translation.lower() == "false" else name.replace("/", translation or "_")


def _of(cluster: Cluster, view: View, kind: str) -> list[Object]:
    found = [item for item in view.find(kind) if item.inputs.get("clusterName") == cluster.name]
    return [item for item in found if text(item, "region") == cluster.region]
