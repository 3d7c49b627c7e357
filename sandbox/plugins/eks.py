"""The stand-in for the eks package: its Cluster, made of the same children, on the stand-in aws provider.

    eks.py PACKAGE VERSION ENGINE

What it does not make, it refuses by name (simulation/eks.py).
"""

import asyncio
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
from pulumi import ResourceOptions
from pulumi.provider import ConstructResult, Provider
from pulumi.provider.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.simulation import eks, schema
from sandbox.simulation.values import UNKNOWN


class Eks(Provider):
    def construct(
        self, name: str, resource_type: str, inputs: Mapping[str, Any], options: ResourceOptions | None = None
    ) -> ConstructResult:
        if resource_type != eks.CLUSTER:
            raise ValueError(f"the sandbox has no stand-in for {resource_type}; add it to sandbox/plugins/eks.py")
        if problems := eks.problems(known(dict(inputs))):
            details = [pulumi.errors.InputPropertyErrorDetails(property_path=p, reason=r) for p, r in problems]
            raise pulumi.errors.InputPropertiesError(f"{resource_type} '{name}' has invalid inputs", details)
        component = pulumi.ComponentResource(resource_type, name, None, options)
        outputs = {"eksCluster": cluster(name, component, inputs)}
        component.register_outputs(outputs)  # where a reference to the component is read from
        return ConstructResult(component.urn, outputs)


def cluster(name: str, component: pulumi.ComponentResource, given: Mapping[str, Any]) -> aws.eks.Cluster:
    holder = pulumi.ComponentResource("eks:index:ServiceRole", f"{name}-eksRole", None, child_of(component))
    role = aws.iam.Role(f"{name}-eksRole-role", **spelled(eks.ROLE), opts=child_of(holder))
    policy = aws.iam.RolePolicyAttachment(
        f"{name}-eksRole-policy", role=role.name, policy_arn=eks.POLICY, opts=child_of(holder)
    )
    options = ResourceOptions(
        depends_on=[policy], ignore_changes=["accessConfig.bootstrapClusterCreatorAdminPermissions"]
    )
    return aws.eks.Cluster(
        f"{name}-eksCluster",
        **spelled(eks.control_plane(name, given, role.arn)),
        opts=ResourceOptions.merge(child_of(component), options),
    )


def child_of(parent: pulumi.Resource) -> ResourceOptions:
    return ResourceOptions(parent=parent)


def spelled(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs by the names that a constructor gives its arguments."""
    return {schema.snake(name): value for name, value in inputs.items()}


def known(value: Any) -> Any:
    """The inputs as plain data for a check: what is an output or a resource is not known here."""
    if isinstance(value, dict):
        return {key: known(item) for key, item in value.items()}
    if isinstance(value, list):
        return [known(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, (str, int, float, bool, type(None))) else UNKNOWN


async def serve(version: str, engine: str) -> None:
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
    asyncio.run(serve(sys.argv[2], sys.argv[-1]))
