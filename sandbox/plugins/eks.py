"""The stand-in for the eks package: pulumi-eks's components, made of the same children, on the stand-in aws provider.

    eks.py PACKAGE VERSION ENGINE

Of eks:index:Cluster it makes what a cluster without pulumi-eks's own node group has; of eks:index:ManagedNodeGroup the
node group. What it does not make, it refuses by name.
"""

import asyncio
import hashlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2]))

import grpc
import pulumi
import pulumi_aws as aws
import pulumi_eks  # noqa: F401  so that a reference to a cluster arrives as an object
from pulumi import Output, ResourceOptions
from pulumi.provider import ConstructResult, Provider
from pulumi.provider.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.simulation import schema
from sandbox.simulation.values import UNKNOWN

POLICY = "arn:aws:iam::aws:policy/"
#: What the real component does with these, this one does not.
REFUSED = {
    *(
        "autoMode",
        "fargate",
        "storageClasses",
        "creationRoleProvider",
        "roleMappings",
        "userMappings",
        "nodeGroupOptions",
    ),
    *("vpcCniOptions", "proxy", "clusterSecurityGroup", "instanceType", "desiredCapacity", "minSize", "maxSize", "gpu"),
    *("nodeAmiId", "nodePublicKey", "nodeRootVolumeSize", "nodeSubnetIds", "nodeUserData", "instanceProfileName"),
}


class Eks(Provider):
    def construct(
        self, name: str, resource_type: str, inputs: Mapping[str, Any], options: ResourceOptions | None = None
    ) -> ConstructResult:
        components = {"eks:index:Cluster": cluster, "eks:index:ManagedNodeGroup": managed_node_group}
        if resource_type not in components:
            raise ValueError(f"the sandbox has no stand-in for {resource_type}; add it to sandbox/plugins/eks.py")
        problems = schema.check(resource_type, known(dict(inputs)))
        if problems:
            raise pulumi.errors.InputPropertiesError(
                f"{resource_type} '{name}' has invalid inputs",
                [
                    pulumi.errors.InputPropertyErrorDetails(property_path=path, reason=reason)
                    for path, reason in problems
                ],
            )
        component = pulumi.ComponentResource(resource_type, name, None, options)
        outputs = components[resource_type](name, component, Inputs(inputs))
        component.register_outputs(outputs)  # where a reference to the component is read from
        return ConstructResult(component.urn, outputs)


class Inputs(dict):
    """Inputs by name; what was left out is None."""

    def __missing__(self, key: str) -> None:
        return None


def cluster(name: str, component: pulumi.ComponentResource, inputs: Inputs) -> dict[str, Any]:
    refuse(inputs)
    child = ResourceOptions(parent=component)
    role = inputs["serviceRole"] or service_role(f"{name}-eksRole", component, inputs["tags"])
    group = None if inputs["skipDefaultSecurityGroups"] else cluster_security_group(name, child, inputs)
    control_plane = aws.eks.Cluster(
        f"{name}-eksCluster",
        name=inputs["name"],
        version=inputs["version"],
        role_arn=Output.from_input(role).apply(lambda role: role.arn),
        bootstrap_self_managed_addons=True
        if inputs["bootstrapSelfManagedAddons"] is None
        else inputs["bootstrapSelfManagedAddons"],
        vpc_config={
            "security_group_ids": [group.id] if group else None,
            "subnet_ids": subnets(inputs),
            "endpoint_private_access": inputs["endpointPrivateAccess"],
            "endpoint_public_access": inputs["endpointPublicAccess"],
            "public_access_cidrs": inputs["publicAccessCidrs"],
        },
        enabled_cluster_log_types=inputs["enabledClusterLogTypes"],
        encryption_config=encryption(inputs["encryptionConfigKeyArn"]),
        kubernetes_network_config=network_config(inputs),
        access_config=access_config(inputs["authenticationMode"]),
        upgrade_policy=inputs["upgradePolicy"],
        deletion_protection=inputs["deletionProtection"],
        tags=tags(f"{name}-eksCluster", inputs["clusterTags"], inputs["tags"]),
        opts=ResourceOptions(parent=component, ignore_changes=["accessConfig.bootstrapClusterCreatorAdminPermissions"]),
    )
    node_group, ingress = node_security_group(name, child, inputs, control_plane, group) if group else (None, None)
    addons(name, child, inputs, control_plane)
    access_entries(name, child, inputs, control_plane)
    issuer = control_plane.identities[0].oidcs[0].issuer
    oidc = identity_provider(name, child, issuer) if inputs["createOidcProvider"] else None
    kubeconfig = kubeconfig_of(control_plane)
    eks_group = control_plane.vpc_config.cluster_security_group_id
    roles = inputs["instanceRoles"] or ([inputs["instanceRole"]] if inputs["instanceRole"] else [])
    return {
        "eksCluster": control_plane,
        "core": {
            "cluster": control_plane,
            "endpoint": control_plane.endpoint,
            "vpcId": inputs["vpcId"],
            "subnetIds": subnets(inputs),
            "clusterIamRole": role,
            "instanceRoles": roles,
            "kubeconfig": kubeconfig,
            "clusterSecurityGroup": group,
            "nodeSecurityGroup": node_group,
            "nodeGroupOptions": {},
            "oidcProvider": oidc,
            "tags": inputs["tags"],
        },
        "kubeconfig": kubeconfig,
        "kubeconfigJson": Output.json_dumps(kubeconfig),
        "clusterSecurityGroup": group,
        "clusterSecurityGroupId": group.id if group else eks_group,
        "nodeSecurityGroup": node_group,
        "nodeSecurityGroupId": node_group.id if node_group else eks_group,
        "clusterIngressRuleId": ingress.security_group_rule_id if ingress else "",
        "instanceRoles": roles,
        "oidcProviderArn": oidc.arn if oidc else "",
        "oidcProviderUrl": issuer,
        "oidcIssuer": issuer.apply(lambda url: url.removeprefix("https://")),
        "autoModeNodeRoleName": "",
        "fargateProfileId": "",
        "fargateProfileStatus": "",
    }


def refuse(inputs: Inputs) -> None:
    for name in sorted(REFUSED & inputs.keys()):
        raise pulumi.errors.InputPropertyError(name, "the sandbox's stand-in for eks:index:Cluster does not do this")
    if not inputs["skipDefaultNodeGroup"]:
        raise pulumi.errors.InputPropertyError(
            "skipDefaultNodeGroup", "the sandbox makes no default node group: set it to true"
        )


def subnets(inputs: Inputs) -> Any:
    if inputs["subnetIds"] is not None:
        return inputs["subnetIds"]
    parts = Output.all(inputs["publicSubnetIds"] or [], inputs["privateSubnetIds"] or [])
    return parts.apply(lambda lists: [subnet for part in lists for subnet in part])


def service_role(name: str, component: pulumi.ComponentResource, given: Any) -> aws.iam.Role:
    holder = pulumi.ComponentResource("eks:index:ServiceRole", name, None, ResourceOptions(parent=component))
    trust = {
        "Effect": "Allow",
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Principal": {"Service": ["eks.amazonaws.com"]},
    }
    role = aws.iam.Role(
        f"{name}-role",
        description="Allows EKS to manage clusters on your behalf.",
        assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        tags=given,
        opts=ResourceOptions(parent=holder),
    )
    policy = f"{POLICY}AmazonEKSClusterPolicy"
    suffix = hashlib.sha1(policy.encode()).hexdigest()[:8]
    attached = aws.iam.RolePolicyAttachment(
        f"{name}-{suffix}", role=role.name, policy_arn=policy, opts=ResourceOptions(parent=holder)
    )
    return Output.all(attached.id).apply(lambda _: role)  # a cluster needs the role with its policy


def cluster_security_group(name: str, child: ResourceOptions, inputs: Inputs) -> aws.ec2.SecurityGroup:
    full = f"{name}-eksClusterSecurityGroup"
    group = aws.ec2.SecurityGroup(
        full,
        vpc_id=inputs["vpcId"],
        revoke_rules_on_delete=True,
        tags=tags(full, inputs["clusterSecurityGroupTags"], inputs["tags"]),
        opts=child,
    )
    rule(f"{name}-eksClusterInternetEgressRule", child, "egress", group.id, "-1", 0, 0, cidr_blocks=["0.0.0.0/0"])
    return group


def node_security_group(
    name: str, child: ResourceOptions, inputs: Inputs, control_plane: aws.eks.Cluster, group: aws.ec2.SecurityGroup
):
    full = f"{name}-nodeSecurityGroup"
    owned = control_plane.name.apply(lambda cluster: {f"kubernetes.io/cluster/{cluster}": "owned"})
    nodes = aws.ec2.SecurityGroup(
        full, vpc_id=inputs["vpcId"], revoke_rules_on_delete=True, tags=tags(full, owned, inputs["tags"]), opts=child
    )
    rule(f"{name}-eksNodeIngressRule", child, "ingress", nodes.id, "-1", 0, 0, self=True)
    rule(
        f"{name}-eksNodeClusterIngressRule",
        child,
        "ingress",
        nodes.id,
        "tcp",
        1025,
        65535,
        source_security_group_id=group.id,
    )
    rule(
        f"{name}-eksExtApiServerClusterIngressRule",
        child,
        "ingress",
        nodes.id,
        "tcp",
        443,
        443,
        source_security_group_id=group.id,
    )
    rule(f"{name}-eksNodeInternetEgressRule", child, "egress", nodes.id, "-1", 0, 0, cidr_blocks=["0.0.0.0/0"])
    ingress = rule(
        f"{name}-eksClusterIngressRule", child, "ingress", group.id, "tcp", 443, 443, source_security_group_id=nodes.id
    )
    return nodes, ingress


def rule(name: str, child: ResourceOptions, way: str, group: Any, protocol: str, first: int, last: int, **peer: Any):
    return aws.ec2.SecurityGroupRule(
        name, type=way, security_group_id=group, protocol=protocol, from_port=first, to_port=last, opts=child, **peer
    )


def encryption(key: Any) -> Any:
    return {"provider": {"key_arn": key}, "resources": ["secrets"]} if key is not None else None


def network_config(inputs: Inputs) -> Any:
    if inputs["kubernetesServiceIpAddressRange"] is None and inputs["ipFamily"] is None:
        return None
    return {"service_ipv4_cidr": inputs["kubernetesServiceIpAddressRange"], "ip_family": inputs["ipFamily"] or "ipv4"}


def access_config(mode: Any) -> Any:
    return (
        {"authentication_mode": mode, "bootstrap_cluster_creator_admin_permissions": True} if mode is not None else None
    )


def addons(name: str, child: ResourceOptions, inputs: Inputs, control_plane: aws.eks.Cluster) -> None:
    proxy, dns = inputs["kubeProxyAddonOptions"] or {}, inputs["corednsAddonOptions"] or {}
    wanted = {
        "kube-proxy": proxy if proxy.get("enabled", True) else None,
        "coredns": dns if dns.get("enabled") or dns.get("configurationValues") else None,  # it needs a node to run on
        "vpc-cni": {} if not inputs["useDefaultVpcCni"] else None,
    }
    for addon, options in wanted.items():
        if options is not None:
            values = options.get("configurationValues")
            aws.eks.Addon(
                f"{name}-{addon}",
                cluster_name=control_plane.name,
                addon_name=addon,
                addon_version=options.get("version"),
                preserve=True,
                resolve_conflicts_on_create=options.get("resolveConflictsOnCreate") or "OVERWRITE",
                resolve_conflicts_on_update=options.get("resolveConflictsOnUpdate") or "OVERWRITE",
                configuration_values=Output.json_dumps(values) if values is not None else None,
                tags=inputs["tags"],
                opts=child,
            )


def access_entries(name: str, child: ResourceOptions, inputs: Inputs, control_plane: aws.eks.Cluster) -> None:
    for entry_name, entry in (inputs["accessEntries"] or {}).items():
        made = aws.eks.AccessEntry(
            f"{name}-{entry_name}",
            cluster_name=control_plane.name,
            principal_arn=entry["principalArn"],
            type=entry.get("type"),
            user_name=entry.get("username"),
            kubernetes_groups=entry.get("kubernetesGroups"),
            tags=entry.get("tags"),
            opts=child,
        )
        for policy_name, policy in (entry.get("accessPolicies") or {}).items():
            scope = policy["accessScope"]
            aws.eks.AccessPolicyAssociation(
                f"{name}-{entry_name}-{policy_name}",
                cluster_name=control_plane.name,
                principal_arn=entry["principalArn"],
                policy_arn=policy["policyArn"],
                access_scope={"type": scope["type"], "namespaces": scope.get("namespaces")},
                opts=ResourceOptions.merge(child, ResourceOptions(depends_on=[made])),
            )


def identity_provider(name: str, child: ResourceOptions, issuer: Output[str]) -> aws.iam.OpenIdConnectProvider:
    thumbprint = hashlib.sha1(b"sandbox").hexdigest()
    return aws.iam.OpenIdConnectProvider(
        f"{name}-oidcProvider",
        client_id_lists=["sts.amazonaws.com"],
        url=issuer,
        thumbprint_lists=[thumbprint],
        opts=child,
    )


def kubeconfig_of(control_plane: aws.eks.Cluster) -> Output[Any]:
    def build(known: list[Any]) -> dict[str, Any]:
        name, endpoint, authority, arn = known
        arguments = ["--region", arn.split(":")[3], "eks", "get-token", "--cluster-name", name, "--output", "json"]
        token = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "aws", "args": arguments}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": "kubernetes", "cluster": {"server": endpoint, "certificate-authority-data": authority}}
            ],
            "contexts": [{"name": "aws", "context": {"cluster": "kubernetes", "user": "aws"}}],
            "current-context": "aws",
            "users": [{"name": "aws", "user": {"exec": token}}],
        }

    parts = (control_plane.name, control_plane.endpoint, control_plane.certificate_authority.data, control_plane.arn)
    return Output.all(*parts).apply(build)


def managed_node_group(name: str, component: pulumi.ComponentResource, inputs: Inputs) -> dict[str, Any]:
    core = Output.from_input(inputs["cluster"]).apply(lambda given: given.core if hasattr(given, "core") else given)
    given = {key: value for key, value in inputs.items() if key in MANAGED}
    defaults = {
        "clusterName": inputs["clusterName"] or core.apply(lambda core: field(core, "cluster").name),
        "nodeRoleArn": inputs["nodeRoleArn"] or Output.from_input(inputs["nodeRole"]).apply(lambda role: role.arn),
        "subnetIds": inputs["subnetIds"] or core.apply(lambda core: field(core, "subnet_ids")),
        "scalingConfig": inputs["scalingConfig"] or {"minSize": 1, "desiredSize": 2, "maxSize": 2},
    }
    arguments = {schema.snake(key): value for key, value in {**given, **defaults}.items()}
    return {"nodeGroup": aws.eks.NodeGroup(name, **arguments, opts=ResourceOptions(parent=component))}


MANAGED = (
    *("amiType", "capacityType", "diskSize", "forceUpdateVersion", "instanceTypes", "labels", "launchTemplate"),
    *("nodeGroupName", "nodeGroupNamePrefix", "releaseVersion", "remoteAccess", "tags", "taints", "version"),
)


def field(core: Any, name: str) -> Any:
    return core[name] if isinstance(core, dict) else getattr(core, name)


def tags(name: str, *more: Any) -> Output[dict[str, str]]:
    return Output.all(*more).apply(
        lambda given: {"Name": name} | {k: v for part in given if part for k, v in part.items()}
    )


def known(value: Any) -> Any:
    """The inputs as plain data for the schema check: what is an output or a resource is not known here."""
    if isinstance(value, dict):
        return {key: known(item) for key, item in value.items()}
    if isinstance(value, list):
        return [known(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, (str, int, float, bool, type(None))) else UNKNOWN


async def serve(package: str, version: str, engine: str) -> None:
    started_by, stop = os.getppid(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = grpc.aio.server()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(
        ProviderServicer(Eks(version), [engine], engine_address=engine), server
    )
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    while not stop.is_set() and os.getppid() == started_by:
        await asyncio.sleep(0.1)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:3], sys.argv[-1]))
