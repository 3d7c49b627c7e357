"""Who uses a key of Cloud KMS: the agents of Google's services, each an account of the project's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandbox.controlplane.clouds import View, text
from sandbox.controlplane.clouds.gcp.iam import DECRYPT, ENCRYPT, KEY_MEMBER, may_use_key
from sandbox.simulation.world import Object
from tests.wiring.deployment import Deployment, State
from tests.wiring.edits import Mutation, changed, put, removed, resources
from tests.wiring.keys import Asks, Users, named, nobody

KEY = "gcp:kms/cryptoKey:CryptoKey"


def problems(state: State) -> list[str]:
    return [problem for key in state.find(KEY) for problem in named(state, USERS, key, key.id)]


def agent(of: str) -> Asks:
    """That of a service, as Google calls it ("Service agents")."""

    def ask(view: View, key: Object, _item: Object) -> Iterator[str]:
        member = f"serviceAccount:service-{number(view)}@{of}.iam.gserviceaccount.com"
        for permission in (ENCRYPT, DECRYPT):
            if not may_use_key(view, [member], permission, key.id):
                yield f"{member} has no {permission}"

    return ask


def number(view: View) -> str:
    """The project's, as its agents have it in their names."""
    told = [text(item, "member") for item in view.find("gcp:projects/serviceIdentity:ServiceIdentity")]
    numbers = {found[1] for member in told if (found := re.search(r"service-(\d+)@", member))}
    assert len(numbers) == 1, told
    return numbers.pop()


DISKS = agent("compute-system")
USERS: Users = {
    ("gcp:compute/disk:Disk", "diskEncryptionKey.kmsKeySelfLink"): DISKS,
    ("gcp:container/cluster:Cluster", "nodeConfig.bootDiskKmsKey"): DISKS,
    ("gcp:container/nodePool:NodePool", "nodeConfig.bootDiskKmsKey"): DISKS,
    ("storage.k8s.io/StorageClass", "parameters.disk-encryption-kms-key"): DISKS,
    ("gcp:container/cluster:Cluster", "databaseEncryption.keyName"): agent("container-engine-robot"),
    (
        "gcp:secretmanager/secret:Secret",
        "replication.userManaged.replicas.customerManagedEncryption.kmsKeyName",
    ): agent("gcp-sa-secretmanager"),
    ("gcp:sql/databaseInstance:DatabaseInstance", "encryptionKeyName"): agent("gcp-sa-cloud-sql"),
    ("gcp:storage/bucket:Bucket", "encryption.defaultKmsKeyName"): agent("gs-project-accounts"),
    (KEY_MEMBER, "cryptoKeyId"): nobody,
}


# --- what can be missing


def mutations(deployment: Deployment) -> Iterator[Mutation]:
    """Every grant on a key, taken away or of less."""
    for found in resources(deployment, KEY_MEMBER):
        yield removed(deployment, "grant", found)
        for less in ("Encrypter", "Decrypter"):
            yield changed(deployment, "grant", found, less, put("role", f"roles/cloudkms.cryptoKey{less}"))
