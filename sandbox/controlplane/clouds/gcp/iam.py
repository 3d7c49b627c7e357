"""What Google Cloud's IAM would decide, by what a role permits. What is not known here allows nothing."""

from collections.abc import Iterable, Mapping

from sandbox.simulation.world import Object

from .. import View, text
from .resources import project_of, short

ACCESS_SECRET = "secretmanager.versions.access"
ENCRYPT, DECRYPT = "cloudkms.cryptoKeyVersions.useToEncrypt", "cloudkms.cryptoKeyVersions.useToDecrypt"
ACT_AS = "iam.serviceAccounts.getAccessToken"
READ_OBJECTS = ("storage.objects.list", "storage.objects.get")
USE_OBJECTS = (*READ_OBJECTS, "storage.objects.create", "storage.objects.delete", "storage.multipartUploads.create")

SECRET_MEMBER = "gcp:secretmanager/secretIamMember:SecretIamMember"
SECRET_BINDING = "gcp:secretmanager/secretIamBinding:SecretIamBinding"
BUCKET_MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"
BUCKET_BINDING = "gcp:storage/bucketIAMBinding:BucketIAMBinding"
PROJECT_MEMBER = "gcp:projects/iAMMember:IAMMember"
PROJECT_BINDING = "gcp:projects/iAMBinding:IAMBinding"
ACCOUNT_MEMBER = "gcp:serviceaccount/iAMMember:IAMMember"
ACCOUNT_BINDING = "gcp:serviceaccount/iAMBinding:IAMBinding"
KEY_MEMBER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
KEY_BINDING = "gcp:kms/cryptoKeyIAMBinding:CryptoKeyIAMBinding"
CUSTOM_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"

PREDEFINED: Mapping[str, tuple[str, ...]] = {
    # Of "IAM basic and predefined roles reference", as far as the permissions above go.
    "roles/secretmanager.secretAccessor": (ACCESS_SECRET,),
    "roles/secretmanager.admin": (ACCESS_SECRET,),
    "roles/owner": (ACCESS_SECRET,),
    "roles/cloudkms.cryptoKeyDecrypter": (DECRYPT,),
    "roles/cloudkms.cryptoKeyEncrypterDecrypter": (ENCRYPT, DECRYPT),
    "roles/storage.objectViewer": READ_OBJECTS,
    "roles/storage.objectUser": USE_OBJECTS,
    "roles/storage.objectAdmin": USE_OBJECTS,
    "roles/storage.admin": USE_OBJECTS,
    "roles/iam.workloadIdentityUser": (ACT_AS,),
    "roles/iam.serviceAccountTokenCreator": (ACT_AS,),
}


def may_access(view: View, members: Iterable[str], secret: Object) -> bool:
    """Whether one of the members may read the secret's versions, by the secret's own bindings or its project's."""
    project, name = project_of(secret), short(secret.id)
    own = [item for item in _bindings(view, SECRET_MEMBER, SECRET_BINDING) if short(text(item, "secretId")) == name]
    above = _bindings(view, PROJECT_MEMBER, PROJECT_BINDING)
    return allowed(view, members, ACCESS_SECRET, [item for item in (*own, *above) if project_of(item) == project])


def may_use_objects(view: View, members: Iterable[str], permission: str, project: str, bucket: str) -> bool:
    """Whether one of the members has a permission on the objects of a bucket, by the bucket's own bindings or its
    project's."""
    own = [item for item in _bindings(view, BUCKET_MEMBER, BUCKET_BINDING) if short(text(item, "bucket")) == bucket]
    above = [item for item in _bindings(view, PROJECT_MEMBER, PROJECT_BINDING) if project_of(item) == project]
    return allowed(view, members, permission, [*own, *above])


def may_use_key(view: View, members: Iterable[str], permission: str, key: str) -> bool:
    """Whether one of the members has a permission on a key, by the key's own bindings: above it there is more than is
    known here."""
    bindings = [item for item in _bindings(view, KEY_MEMBER, KEY_BINDING) if text(item, "cryptoKeyId") == key]
    return allowed(view, members, permission, bindings)


def may_act_as(view: View, members: Iterable[str], account: str) -> bool:
    """Whether one of the members may have tokens of a service account."""
    bindings = [item for item in account_bindings(view) if short(text(item, "serviceAccountId")) == account]
    return allowed(view, members, ACT_AS, bindings)


def account_bindings(view: View) -> list[Object]:
    return _bindings(view, ACCOUNT_MEMBER, ACCOUNT_BINDING)


def allowed(view: View, members: Iterable[str], permission: str, bindings: Iterable[Object]) -> bool:
    who = set(members)
    return any(
        who & {text(item, "member"), *(item.properties.get("members") or [])}
        and not item.properties.get("condition")  # not understood: it must not allow
        and permission in permissions(view, text(item, "role"))
        for item in bindings
    )


def permissions(view: View, role: str) -> tuple[str, ...]:
    if role in PREDEFINED:
        return PREDEFINED[role]
    found = (item for item in view.find(CUSTOM_ROLE) if role in (item.id, text(item, "name")))
    return next((tuple(item.properties.get("permissions") or ()) for item in found), ())


def _bindings(view: View, *kinds: str) -> list[Object]:
    return [item for kind in kinds for item in view.find(kind)]
