"""Secrets on Google Cloud: Secret Manager."""

import pulumi
import pulumi_gcp as gcp
from pulumi import InvokeOptions, Output, ResourceOptions

from ..adoption import adopted, id_of
from ..contract import secret as contract
from ..contract.platform import PlatformContract
from ..contract.secret import SecretSpec
from ..naming import GCP_SECRET


class Secret(contract.Secret):
    """A secret in Secret Manager, in the platform's region only, encrypted with the platform's key (with Google's own
    where it has none).

    Makes: `gcp:secretmanager:Secret`, protected, named after `spec.name` (Google takes no `/`), and, where a value is
    given, `gcp:secretmanager:SecretVersion`; or reads the one whose id is `spec.existing`
    (`projects/<project>/secrets/<name>`). Both are retained, so that older versions stay beside the newest until the
    operator destroys them. A deleted secret is gone at once; a version that is destroyed can be had back for 30 days.
    """

    def __init__(self, name: str, spec: SecretSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:Secret", name, None, opts)
        self.secret_name = spec.existing.rpartition("/")[2] if spec.existing else GCP_SECRET.fit(spec.name)
        if spec.existing:
            secret = gcp.secretmanager.Secret.get(adopted(name), spec.existing, opts=ResourceOptions(parent=self))
        else:
            secret = gcp.secretmanager.Secret(
                name,
                secret_id=GCP_SECRET.fit(spec.name),
                replication={"user_managed": {"replicas": [_replica(platform)]}},
                version_destroy_ttl=f"{30 * 24 * 3600}s",
                opts=ResourceOptions(parent=self, protect=True, retain_on_delete=True),
            )
        self.secret_id = id_of(secret, spec.existing)
        if spec.value is not None:
            version = gcp.secretmanager.SecretVersion(
                name,
                secret=self.secret_id,
                secret_data=Output.secret(spec.value),
                # What a value opens outlives the stack, and so must the value: Google would destroy it.
                opts=ResourceOptions(parent=self, retain_on_delete=True),
            )
            self.version = version.version
        else:
            self.version = self.secret_id.apply(self._newest)
        self.has_value = self.version.apply(bool)
        self.register_outputs({"secret_id": self.secret_id})

    async def _newest(self, secret: str) -> str:
        """The number of the newest version, asked without its data; empty where a pod could not mount it. Secret
        Manager has no question that an empty secret answers with anything but an error (404)."""
        asked = {"secret": secret, "fetchSecretData": False}
        try:
            # What get_secret_version_output calls, whose error could not be caught.
            answer = await pulumi.runtime.invoke_async(
                "gcp:secretmanager/getSecretVersion:getSecretVersion", asked, InvokeOptions(parent=self)
            )
        except Exception as error:
            pulumi.log.debug(f"{secret} has no version: {error}", self)
            return ""
        return str(answer["version"]) if answer.get("enabled") else ""


def _replica(platform: PlatformContract) -> gcp.secretmanager.SecretReplicationUserManagedReplicaArgsDict:
    replica: gcp.secretmanager.SecretReplicationUserManagedReplicaArgsDict = {"location": platform["region"]}
    if platform["kms_key"]:
        replica["customer_managed_encryption"] = {"kms_key_name": platform["kms_key"]}
    return replica
