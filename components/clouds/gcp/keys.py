"""Customer-managed keys, and who may use them."""

from collections.abc import Mapping

import pulumi
import pulumi_gcp as gcp
from pulumi import Input, InvokeOutputOptions, Output, ResourceOptions

from ..naming import GCP_KEY

USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"


def encryption_key(
    name: str, region: str, users: Mapping[str, Input[str]], opts: ResourceOptions
) -> tuple[gcp.kms.CryptoKey, list[pulumi.Resource]]:
    """A key ring with one key, both named `name`, that rotates every 90 days, and `users` (members by what they do with
    it) who may encrypt and decrypt with it, and nobody else by this. Returns the key and the grants.

    Protected: what it encrypted cannot be read without it. Google never deletes a ring or a key, and never gives their
    names again; a deleted stack's are adopted by import, or come under another name.
    """
    protected = ResourceOptions.merge(opts, ResourceOptions(protect=True))
    ring = gcp.kms.KeyRing(name, name=GCP_KEY.fit(name), location=region, opts=protected)
    key = gcp.kms.CryptoKey(
        name,
        name=GCP_KEY.fit(name),
        key_ring=ring.id,
        purpose="ENCRYPT_DECRYPT",
        rotation_period=f"{90 * 24 * 3600}s",
        destroy_scheduled_duration=f"{30 * 24 * 3600}s",
        opts=protected,
    )
    grants: list[pulumi.Resource] = [
        gcp.kms.CryptoKeyIAMMember(f"{name}-{user}", crypto_key_id=key.id, role=USE, member=member, opts=opts)
        for user, member in users.items()
    ]
    return key, grants


def service_agents(
    project: str, number: Output[str], network: Output[str], opts: ResourceOptions
) -> dict[str, Input[str]]:
    """The accounts under which Google's own services use a key of ours: Compute Engine for disks, GKE for the cluster's
    Secrets, Secret Manager, Cloud SQL and Cloud Storage for what the teams have there. Makes:
    `gcp:projects:ServiceIdentity` for those that a project has only once somebody asks. Compute Engine's comes with its
    API, which is on once there is a network, and Cloud Storage's when its API is asked who it is. Google grants nothing
    to an account that is not there yet.

    They are the platform's, and no database's: the agent is one for the whole project, and a database that goes must
    not take the right of the others along."""
    once_on = Output.all(number, network).apply(lambda known: known[0])
    asked = InvokeOutputOptions(parent=opts.parent, depends_on=opts.depends_on)
    return {
        "buckets": gcp.storage.get_project_service_account_output(project=project, opts=asked).member,
        "disks": once_on.apply(lambda known: f"serviceAccount:service-{known}@compute-system.iam.gserviceaccount.com"),
        **{
            use: gcp.projects.ServiceIdentity(use, project=project, service=service, opts=opts).member
            for use, service in (
                ("kubernetes", "container.googleapis.com"),
                ("secrets", "secretmanager.googleapis.com"),
                ("databases", "sqladmin.googleapis.com"),
            )
        },
    }
