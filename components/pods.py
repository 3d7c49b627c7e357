"""What every component in a platform's cluster does: place its pods, give each its secrets and a right to them, open
its ports, and ask whether the platform is one for pods at all."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pulumi import Output, ProviderResource, Resource, ResourceOptions

from . import clouds
from .clouds.contract.address import Address, AddressClaim
from .clouds.contract.bucket import Bucket
from .clouds.contract.cloud import Cloud
from .clouds.contract.firewall import IngressRule
from .clouds.contract.identity import Identity, IdentitySpec
from .clouds.contract.left_over import Wanted
from .clouds.contract.node_pool import NodePool
from .clouds.contract.platform import PlatformContract
from .clouds.contract.secret import Secret, SecretSpec
from .clouds.contract.secret_mount import SecretFile, SecretMount, SecretMountSpec
from .errors import Problem
from .inputs import SecretSource
from .left_over import Making
from .secret_use import SecretTable
from .words import MISSING_VALUE, camel

SecretSources = Mapping[str, Any]
"""A component's argument `secrets`: a `SecretSource` for each key that is given."""


@dataclass(frozen=True, kw_only=True)
class PodSecrets:
    """One pod's own service account, with its rights in the cloud, and what it mounts."""

    identity: Identity
    mount: SecretMount
    env: Sequence[str]
    files: Sequence[str]

    def values(self) -> dict[str, Any]:
        """What a chart is told: which SecretProviderClass, which key of the synced Secret, and which files."""
        told: dict[str, Any] = {"secretProviderClass": self.mount.provider_class_name}
        if self.env:
            told["secret"] = {"name": self.mount.synced_secret_name, "keys": {key: key for key in self.env}}
        if self.files:
            told["secretFiles"] = {key: key for key in self.files}
        return told

    def pull_secrets(self) -> Output[list[dict[str, str]]]:
        """What a chart is told of the registry's credentials that the mount brings; empty where there are none."""
        return self.mount.pull_secret_name.apply(lambda name: [{"name": name}] if name else [])

    def resources(self) -> list[Resource]:
        """What has to be there before the pod."""
        return [self.identity, self.mount]


def on_platform(name: str, namespace: str, providers: Sequence[ProviderResource], parent: Resource) -> ResourceOptions:
    """Options of whatever the component `name` makes on its platform. All of it is made after the component has entered
    the list of the platform's tenants, and goes before the component leaves that list."""
    from .clouds.in_cluster.tenants import enter  # Kubernetes' SDK takes a second, and machines need none

    child = ResourceOptions(parent=parent, providers=list(providers))
    return ResourceOptions.merge(child, ResourceOptions(depends_on=[enter(name, namespace, child)]))


@dataclass(frozen=True, kw_only=True)
class Pods:
    """The pods of one release, `name`, in one namespace of a platform's cluster."""

    name: str
    namespace: str
    cloud: Cloud
    platform: PlatformContract
    opts: ResourceOptions
    """Of what is made for them: the component as parent, and the platform's providers."""

    def secrets(self, table: SecretTable, given: SecretSources) -> dict[str, Secret]:
        """The secrets of `table`, each made or adopted as `given` says."""
        return {key: self._secret(key, given.get(key) or {}) for key in table}

    def _secret(self, key: str, source: SecretSource) -> Secret:
        resource, name = _names(self.name, key)
        spec = SecretSpec(name=name, value=source.get("value"), existing=source.get("existing"))
        return self.cloud.Secret(resource, spec, self.platform, self.opts)

    def reads(
        self,
        pod: str,
        table: SecretTable,
        secrets: Mapping[str, Secret],
        addresses: Sequence[Address] = (),
        node_pools: Sequence[NodePool] = (),
        buckets: Sequence[Bucket] = (),
        readable_buckets: Sequence[Bucket] = (),
    ) -> PodSecrets:
        """The account `<name>-<pod>`, which reads what `table` says this pod reads, claims `addresses` for nodes of
        `node_pools`, uses `buckets` and reads `readable_buckets`, and the pod's mount."""
        files = [
            SecretFile(
                secrets[key], use.file_name or camel(key), mode=use.mode, env=pod in use.env, pull=pod in use.pull
            )
            for key, use in table.items()
            if pod in use.readers()
        ]
        identity = self.identity(
            pod,
            secrets=[file.secret for file in files],
            addresses=addresses,
            node_pools=node_pools,
            buckets=buckets,
            readable_buckets=readable_buckets,
        )
        spec = SecretMountSpec(namespace=self.namespace, files=files, identity=identity)
        return PodSecrets(
            identity=identity,
            mount=self.cloud.SecretMount(f"{self.name}-{pod}", spec, self.platform, self.opts),
            env=[file.alias for file in files if file.env],
            files=[file.alias for file in files if not file.env and not file.pull],
        )

    def identity(self, pod: str, **rights: Any) -> Identity:
        """The account `<name>-<pod>` with these rights (`IdentitySpec`)."""
        spec = IdentitySpec(namespace=self.namespace, service_account=f"{self.name}-{pod}", **rights)
        return self.cloud.Identity(f"{self.name}-{pod}", spec, self.platform, self.opts)


def _names(release: str, key: str) -> tuple[str, str]:
    """What a release's secret is called as a resource, and in the cloud's store."""
    stem = key.replace("_", "-")
    return f"{release}-{stem}", f"{release}/{stem}"


def secrets_made(release: str, table: SecretTable, given: SecretSources) -> dict[Wanted, Making]:
    """The secrets of `table` that `given` does not adopt."""
    names = {key: _names(release, key) for key in table if not (given.get(key) or {}).get("existing")}
    return {
        Wanted(kind="secret", name=name): Making(resource, ("secrets", key, "existing"))
        for key, (resource, name) in names.items()
    }


def secret_ids(secrets: Mapping[str, Secret]) -> Output[dict[str, str]]:
    """The output `secrets`: the id of each, by the name that it has in a stack's file."""
    return Output.all(**{camel(key): secret.secret_id for key, secret in secrets.items()})


def missing_values(secrets: Sequence[Secret]) -> Output[list[str]]:
    """What the output `missing` says of secrets."""
    there = Output.all(**{secret.secret_name: secret.has_value for secret in secrets})
    return there.apply(lambda values: [f"{MISSING_VALUE}{name}" for name in values if not values[name]])


def secret_problems(table: SecretTable, given: SecretSources, platform: PlatformContract) -> Iterator[Problem]:
    """What is wrong with values that are known, with ids to adopt, and with secrets that have two sources."""
    for key, source in given.items():
        value, existing = source.get("value"), source.get("existing")
        if value is not None and existing:
            yield ("secrets", key), "is adopted or has a value: give `existing` or `value`, not both"
        if existing and (problem := clouds.of(platform).adoption_problem("secret", existing, platform)):
            yield ("secrets", key, "existing"), problem
        if isinstance(value, str) and (problem := table[key].problem(value)):
            yield ("secrets", key, "value"), problem


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port that a process listens on."""

    name: str
    """As the container's port and its Service's are called."""
    number: int
    protocol: Literal["tcp", "udp"] = "tcp"
    public: str = ""
    """What the whole world reaches there; empty for a port that stays inside."""
    http: bool = False
    """Whether the release tells it as an endpoint."""


def ingress(ports: Sequence[Port]) -> list[IngressRule]:
    """What a firewall lets in from the world."""
    return [IngressRule(port.number, port.protocol, port.public) for port in ports if port.public]


def service_host(release: str, process: str, namespace: str) -> str:
    """The name of a process' Service in the cluster."""
    return f"{release}-{process}.{namespace}.svc"


def endpoints(release: str, namespace: str, ports: Mapping[str, Sequence[Port]]) -> dict[str, str]:
    """Where each process that speaks HTTP is reached in the cluster, by the process."""
    return {
        process: f"http://{service_host(release, process, namespace)}:{port.number}"
        for process, its in ports.items()
        for port in its
        if port.http
    }


def port_values(ports: Sequence[Port]) -> dict[str, int]:
    """What a chart is told of a process' ports, by their names."""
    return {camel(port.name.replace("-", "_")): port.number for port in ports}


def address_values(address: Address) -> dict[str, Any]:
    """What a chart is told of a pod's static public address."""
    return {"publicAddress": address.ingress_address, "addressId": address.address_id}


def claim_values(claim: AddressClaim) -> dict[str, Any]:
    """What a chart is told of how such addresses get to their pods."""
    return {
        "way": claim.way,
        "provider": claim.provider,
        "env": dict(claim.env),
        "annotations": dict(claim.annotations),
        "addressAnnotation": claim.address_annotation,
    }


def claim_problems(claim: AddressClaim, image: str) -> Iterator[Problem]:
    """What is wrong with the image that the script of a claim runs in."""
    path = ("images", "address_claim")
    if claim.way == "load-balancer" and image:
        yield path, "is used for nothing: a load balancer holds the addresses on this cloud"
    if claim.way == "pod" and "@sha256:" not in image:
        yield path, "must be an image by digest: it runs with the pod's own rights in the cloud"


def filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without empty lists, which say the same as none: some versions of the Kubernetes provider turn them into null
    (pulumi/pulumi-kubernetes#2731)."""
    return {key: value for key, value in values.items() if value != []}


def pull_secret_values(names: Sequence[str]) -> dict[str, Any]:
    """What a chart is told of the Secrets that images are pulled with."""
    return filled({"imagePullSecrets": [{"name": name} for name in names]})


_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


def name_problems(name: object, longest: int) -> Iterator[Problem]:
    """What is wrong with the name of a release, which the names of its parts begin with."""
    yield from name_form_problems(name)
    if isinstance(name, str) and len(name) > longest:
        yield (), f"the name {name!r} is longer than {longest} characters, which the names of its parts have room for"


def name_form_problems(name: object) -> Iterator[Problem]:
    """What is wrong with how a component's name is written."""
    if not isinstance(name, str):
        yield (), f"the name must be a string: it is of type {type(name).__name__}"
    elif not _NAME.fullmatch(name):
        yield (), f"the name {name!r} has other characters than a-z, 0-9 and -, or does not begin with a-z"


def cluster_problems(platform: PlatformContract, namespace: str) -> Iterator[Problem]:
    """What keeps pods of ours from a platform and from a namespace of it."""
    if not platform["cluster_name"]:
        yield "platform", "has no cluster"
        return
    if not platform["network_policy"]:
        yield "platform", "enforces no NetworkPolicies: nothing would keep pods from each other"
    if namespace not in platform["namespaces"]:
        there = ", ".join(platform["namespaces"]) or "none"
        yield (
            "namespace",
            f"the platform made no namespace {namespace!r} for a team: add it to its `access` (there is {there})",
        )
