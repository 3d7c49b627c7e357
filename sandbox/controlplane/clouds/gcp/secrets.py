"""The Google provider of the Secrets Store CSI driver, and the IAM and Secret Manager behind it.

What it checks, in which order, and its words are those of config/config.go, auth/auth.go and server/server.go of
GoogleCloudPlatform/secrets-store-csi-driver-provider-gcp; Google's are those of its API's errors.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from sandbox.simulation.world import Object

from .. import Asked, Cluster, Identity, Mount, MountFailed, Reads, View, text
from .iam import DECRYPT, account_bindings, may_access, may_act_as, may_use_key
from .resources import KEY, SECRET, VERSION, gke_cluster, numbers_of, project_of, short

POOLS = "iam.googleapis.com/projects/{number}/locations/global/workloadIdentityPools/{pool}"
GOOGLE_ACCOUNT = "iam.gke.io/gcp-service-account"
NAMED = re.compile(r"projects/([^/]+)/secrets/([^/]+)/versions/([^/]+)")
Descriptor = Mapping[str, Any]


def mounted(view: View, cluster: Cluster, mount: Mount) -> dict[str, str]:
    """The files of a mount by name; raises MountFailed."""
    try:
        entries = list(_descriptors(mount))
    except MountFailed as invalid:
        raise MountFailed(f"rpc error: code = InvalidArgument desc = {invalid}") from None
    members = _members(view, cluster, mount)
    files, problems = {}, []
    for entry in entries:
        try:
            files[_file(entry)] = _value(view, members, entry["resourceName"])
        except MountFailed as failed:  # one does not keep it from trying the others
            key = f"{{{entry['resourceName']} {entry.get('fileName', '')} {entry.get('path', '')}}}"
            problems.append(f"{key}: {failed}")
    if problems:
        raise MountFailed(f"rpc error: code = Internal desc = {','.join(problems)}")
    return files


def asked(view: View, cluster: Cluster, mount: Mount) -> list[Asked]:
    return [
        Asked(_file(entry), entry["resourceName"], _secret(view, entry["resourceName"]))
        for entry in _descriptors(mount)
    ]


def reader(view: View, cluster: Cluster, mount: Mount) -> Reads:
    members = _members(view, cluster, mount)
    return lambda secret: may_access(view, members, secret) and not _sealed(view, secret)


def within_reach(view: View, cluster: Cluster, identity: Identity) -> Reads:
    """As itself, and as every Google service account that it may act as."""
    own = members_of(view, cluster, identity)
    accounts = {short(text(item, "serviceAccountId")) for item in account_bindings(view)}
    members = own + [f"serviceAccount:{account}" for account in accounts if may_act_as(view, own, account)]
    return lambda secret: may_access(view, members, secret)


# --- what it is asked


def _descriptors(mount: Mount) -> Iterator[dict[str, Any]]:
    """The entries of `secrets`, checked."""
    auth = mount.parameters.get("auth", "")
    if auth not in ("", "pod-adc"):
        known = auth == "provider-adc"
        raise MountFailed(
            "the sandbox knows the pod's own identity only" if known else f'unknown auth configuration: "{auth}"'
        )
    if "secrets" not in mount.parameters:
        raise MountFailed("missing required 'secrets' attribute")
    try:
        entries = yaml.safe_load(mount.parameters["secrets"]) or []
    except yaml.YAMLError as broken:
        raise MountFailed(f"failed to unmarshal secrets attribute: {broken}") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise MountFailed("failed to unmarshal secrets attribute: it is no list of mappings")
    for entry in entries:
        mode = entry.get("mode")
        if mode is not None and not (isinstance(mode, int) and 0 <= mode <= 0o777):
            raise MountFailed(f"failed to unmarshal secrets attribute: cannot unmarshal {mode!r} into a file's mode")
        yield {"resourceName": "", **entry}


def _file(entry: Descriptor) -> str:
    return str(entry.get("path") or entry.get("fileName", ""))


# --- who asks


def _members(view: View, cluster: Cluster, mount: Mount) -> list[str]:
    """What IAM's bindings may call the pod: the identity that its tokens are of."""
    try:
        pool = _pool(view, cluster, mount)
        own = _of_account(view, cluster, pool, mount.identity)
        account = mount.identity.annotations.get(GOOGLE_ACCOUNT)
        if account and not may_act_as(view, own, account):
            denied = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
            refused = f"rpc error: code = PermissionDenied desc = {denied}"
            raise MountFailed(f"unable to fetch gcp service account token: {refused}")
    except MountFailed as failed:
        refused = f"unable to obtain auth for mount: unable to obtain workload identity auth: {failed}"
        raise MountFailed(f"rpc error: code = PermissionDenied desc = {refused}") from None
    # Only without the annotation is the federated token used itself.
    return [f"serviceAccount:{account}"] if account else own


def _pool(view: View, cluster: Cluster, mount: Mount) -> str:
    found, pool = gke_cluster(view, cluster), own_pool(view, cluster)
    if not mount.audiences:
        # It would make a token itself; ours may not.
        whose = f'serviceaccounts "{mount.identity.service_account}" is forbidden: cannot create serviceaccounts/token'
        raise MountFailed(f"unable to fetch pod token: unable to fetch pod token: {whose}")
    if pool not in mount.audiences:
        raise MountFailed("unable to fetch SA token from driver: no token has audience value of idPool")
    if text(found, "workloadIdentityConfig.workloadPool") != pool:
        refused = "could not get idbindtoken token, status: 400"
        raise MountFailed(f"unable to fetch identitybindingtoken: {refused}")
    return pool


def own_pool(view: View, cluster: Cluster) -> str:
    return f"{project_of(gke_cluster(view, cluster))}.svc.id.goog"


def members_of(view: View, cluster: Cluster, identity: Identity) -> list[str]:
    """What IAM's bindings may call the pods of an account without any Google service account."""
    return _of_account(view, cluster, own_pool(view, cluster), identity)


def _of_account(view: View, cluster: Cluster, pool: str, identity: Identity) -> list[str]:
    """The account itself, its namespace, its cluster, the pool ("About Workload Identity Federation for GKE")."""
    found = gke_cluster(view, cluster)
    namespace, account = identity.namespace, identity.service_account
    project, where = project_of(found), text(found, "location")
    url = f"https://container.googleapis.com/v1/projects/{project}/locations/{where}/clusters/{cluster.name}"
    members = [f"serviceAccount:{pool}[{namespace}/{account}]"]
    for number in numbers_of(view, project):
        there = POOLS.format(number=number, pool=pool)
        members += [
            f"principal://{there}/subject/ns/{namespace}/sa/{account}",
            f"principalSet://{there}/namespace/{namespace}",
            f"principalSet://{there}/kubernetes.cluster/{url}",
            f"principalSet://{there}/*",
        ]
    return members


# --- what it gets


def _value(view: View, members: list[str], name: str) -> str:
    named, secret = NAMED.fullmatch(name), _secret(view, name)
    if named is None:
        raise MountFailed("unknown resource type")
    if secret is None or not may_access(view, members, secret):
        denied = f"Permission 'secretmanager.versions.access' denied for resource '{name}' (or it may not exist)."
        raise MountFailed(f"rpc error: code = PermissionDenied desc = {denied}")
    version = _version(view, secret, named[3])
    if version is None:
        where = f"projects/{next(iter(numbers_of(view, named[1])), named[1])}/secrets/{named[2]}"
        raise MountFailed(f"rpc error: code = NotFound desc = Secret [{where}] not found or has no versions.")
    if text(version, "enabled", "True") == "False":
        state = f"Secret Version [{text(version, 'name')}] is in DISABLED state."
        raise MountFailed(f"rpc error: code = FailedPrecondition desc = {state}")
    if key := _sealed(view, secret):
        denied = f"Secret Manager's service agent may not decrypt with {key} (or it may not exist)."
        raise MountFailed(f"rpc error: code = FailedPrecondition desc = {denied}")
    return text(version, "secretData")


def _sealed(view: View, secret: Object) -> str:
    """The key that keeps Secret Manager itself from reading the secret; empty when none does. It reads as the agent
    that it has in the secret's project ("Enable customer-managed encryption keys for Secret Manager")."""
    numbers = numbers_of(view, project_of(secret))
    agents = [f"serviceAccount:service-{number}@gcp-sa-secretmanager.iam.gserviceaccount.com" for number in numbers]
    there = {item.id for item in view.find(KEY)}
    return next((key for key in _keys(secret) if key not in there or not may_use_key(view, agents, DECRYPT, key)), "")


def _keys(secret: Object) -> Iterator[str]:
    replication: Mapping[str, Any] = secret.properties.get("replication") or {}
    everywhere = [replication.get("auto") or {}, *((replication.get("userManaged") or {}).get("replicas") or [])]
    for replica in everywhere:
        if encryption := replica.get("customerManagedEncryption"):
            yield str(encryption["kmsKeyName"])


def _secret(view: View, name: str) -> Object | None:
    named = NAMED.fullmatch(name)
    if named is None:
        return None
    projects = {named[1]}
    return next(
        (
            item
            for item in view.find(SECRET)
            if short(item.id) == named[2] and projects & {project_of(item), *numbers_of(view, project_of(item))}
        ),
        None,
    )


def _version(view: View, secret: Object, wanted: str) -> Object | None:
    """`latest` is the one that was made last, enabled or not."""
    found = [item for item in view.find(VERSION) if text(item, "secret") in (secret.id, text(secret, "name"))]
    found = [item for item in found if wanted in ("latest", text(item, "version"))]
    return found[-1] if found else None
