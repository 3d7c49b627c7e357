"""Pod identities on Google Cloud: the principal that a Kubernetes service account is, without any Google service
account."""

from itertools import chain

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from ..contract import bucket, identity, secret
from ..contract.identity import IdentitySpec
from ..contract.platform import PlatformContract
from ..own import own
from .node_pool import NodePool
from .platform_section import gcp_of

_USER, _VIEWER = "roles/storage.objectUser", "roles/storage.objectViewer"


class Identity(identity.Identity):
    """What one service account's pods may do: read their own secrets, claim their own addresses on our nodes, use
    their own buckets, and read those that are readable to them.

    Makes: `gcp:secretmanager:SecretIamMember` for each secret; `gcp:storage:BucketIAMMember` for each bucket, whose
    objects may be listed, read, written and deleted, in parts too, or only listed and read; for addresses the
    platform's three roles (`claim_roles.py`), given by a `gcp:projects:IAMMember` whose condition is the name of the
    pool's instances, by a `gcp:compute:SubnetworkIAMMember` on the platform's subnet, and by an `IAMMember` on the
    project.

    What cannot be narrowed: IAM's conditions know the names of instances, but neither of addresses nor of operations
    ("Resource attributes for IAM Conditions"), and an address has no policy of its own. The pod could put any address
    of the project that nobody holds on its own node; none that is held, for it can take none from another node.
    A service account of the same name in the same namespace of another cluster of the project is the same principal.
    """

    def __init__(self, name: str, spec: IdentitySpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:Identity", name, None, opts)
        self._platform = platform
        self._member = principal(platform, spec.namespace, spec.service_account)
        self._child = ResourceOptions(parent=self)
        rights = [self._read(f"{name}-{secret.secret_name.replace('/', '-')}", secret) for secret in spec.secrets]
        rights += [self._let(f"{name}-{each.pulumi_resource_name}", each, _USER) for each in spec.buckets]
        rights += [
            self._let(f"{name}-{each.pulumi_resource_name}-read", each, _VIEWER) for each in spec.readable_buckets
        ]
        if spec.addresses:
            rights += self._claim(name, spec)
        # Known, and empty, once every right is there.
        self.client_id = Output.all(*rights).apply(lambda _: "")
        self.register_outputs({"member": self._member})

    def _read(self, name: str, secret: secret.Secret) -> Output[str]:
        grant = gcp.secretmanager.SecretIamMember(
            name,
            secret_id=secret.secret_id,
            role="roles/secretmanager.secretAccessor",
            member=self._member,
            opts=self._child,
        )
        return grant.id

    def _let(self, name: str, bucket: bucket.Bucket, role: str) -> Output[str]:
        grant = gcp.storage.BucketIAMMember(
            name, bucket=bucket.bucket_id, role=role, member=self._member, opts=self._child
        )
        return grant.id

    def _claim(self, name: str, spec: IdentitySpec) -> list[Output[str]]:
        roles = gcp_of(self._platform)["claim_roles"]
        pools = [own(NodePool, pool).instance_prefixes for pool in spec.node_pools]
        condition: gcp.projects.IAMMemberConditionArgsDict = {
            "title": "our nodes",
            "description": "the instances of the node pool that the address is for",
            "expression": Output.all(*pools).apply(lambda each: only_instances([*chain(*each)])),
        }
        in_subnet = gcp.compute.SubnetworkIAMMember(
            name,
            project=self._platform["account"],
            region=self._platform["region"],
            subnetwork=self._platform["private_subnets"][0]["id"],
            role=roles["on_subnet"],
            member=self._member,
            opts=self._child,
        )
        return [
            self._bind(f"{name}-node", roles["on_nodes"], condition),
            self._bind(f"{name}-address", roles["on_addresses"]),
            in_subnet.id,
        ]

    def _bind(
        self, name: str, role: str, condition: gcp.projects.IAMMemberConditionArgsDict | None = None
    ) -> Output[str]:
        grant = gcp.projects.IAMMember(
            name,
            project=self._platform["account"],
            role=role,
            member=self._member,
            condition=condition,
            opts=self._child,
        )
        return grant.id


def principal(platform: PlatformContract, namespace: str, service_account: str) -> str:
    """The IAM member that a service account's pods are, by direct workload identity federation."""
    gcp_platform = gcp_of(platform)
    pools = f"projects/{gcp_platform['project_number']}/locations/global/workloadIdentityPools"
    subject = f"subject/ns/{namespace}/sa/{service_account}"
    return f"principal://iam.googleapis.com/{pools}/{gcp_platform['workload_identity_pool']}/{subject}"


def only_instances(prefixes: list[str]) -> str:
    """The condition (CEL) that the resource is an instance whose name begins with one of `prefixes`."""
    names = " || ".join(f'resource.name.startsWith("{prefix}")' for prefix in prefixes) or "false"
    return f'resource.type == "compute.googleapis.com/Instance" && ({names})'
