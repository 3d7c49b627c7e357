"""Who stands on a platform's cluster. Each tenant says so itself, in its namespace, and a platform that is taken down
asks there."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import Output, ResourceOptions

LIST = "nodeyard-tenants"
"""The ConfigMap of each team's namespace in which the tenants are. A deployer may change the ConfigMaps of its
namespaces (`teams.py`), and so needs no further right for this."""

# Without any data a preview would not know whether there is some.
ABOUT = {
    "about": "The stacks that stand on the platform, each under its own key: the platform does not go before them."
}


def tenants_list(namespace: str, opts: ResourceOptions) -> None:
    """An empty list of a namespace's tenants. Makes: `kubernetes:core/v1:ConfigMap`."""
    kubernetes.core.v1.ConfigMap(
        list_name(namespace), metadata={"name": LIST, "namespace": namespace}, data=ABOUT, opts=opts
    )


def list_name(namespace: str) -> str:
    """What the list of a namespace is called in the platform's state."""
    return f"{LIST}-{namespace}"


def enter(name: str, namespace: str, opts: ResourceOptions) -> pulumi.Resource:
    """Enters the component `name` of the running stack in the list of `namespace`.

    Makes: `kubernetes:core/v1:ConfigMapPatch`, which puts one key into the ConfigMap by server-side apply and touches
    no other. It is protected: as long as anything of the stack is kept, the platform's key and network are needed.
    """
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    return kubernetes.core.v1.ConfigMapPatch(
        f"{name}-tenant",
        metadata={"name": LIST, "namespace": namespace},
        # Two projects may have a stack of one name, and one stack two components.
        data={f"{pulumi.get_project()}.{pulumi.get_stack()}.{name}": stack},
        opts=ResourceOptions.merge(opts, ResourceOptions(protect=True)),
    )


def tenants(namespaces: Sequence[str], opts: ResourceOptions) -> Output[list[str]]:
    """The stacks that are in the lists of `namespaces`, each as `organization/project/stack`. Reads each list."""
    lists = [
        kubernetes.core.v1.ConfigMap.get(f"{list_name(namespace)}-read", f"{namespace}/{LIST}", opts=opts)
        for namespace in namespaces
    ]
    return Output.all(*(found.data for found in lists)).apply(_stacks)


def _stacks(entries: Sequence[Mapping[str, str] | None]) -> list[str]:
    return sorted({stack for entry in entries for key, stack in (entry or {}).items() if key not in ABOUT})
