"""Taking a platform down: on the word of its file, and once no stack stands on it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi import Output, ResourceOptions, ResourceTransformationArgs, ResourceTransformationResult

from ..clouds.in_cluster.kubeconfig import platform_provider
from ..clouds.in_cluster.tenants import tenants
from ..errors import InputError
from ..kept_values import protected


def guard(name: str, everything: Sequence[pulumi.Resource], parent: pulumi.Resource) -> None:
    """Keeps `everything` from any `destroy`, and lets an `up` change it and take parts of it out.

    Makes: `pulumi:index:Stash`, protected, which depends on `everything`. A `destroy` deletes what depends on a thing
    before the thing. So it stops here before it has deleted anything, and one that leaves out what is protected leaves
    out what that depends on too.
    """
    pulumi.Stash(
        f"{name}-in-use",
        input="Stacks stand on this platform: write teardown: true into its file, and run up, before a destroy.",
        opts=protected(ResourceOptions(parent=parent, depends_on=list(everything))),
    )


def taken_down(name: str, up: Mapping[str, Any], opts: ResourceOptions | None) -> ResourceOptions:
    """Options of a platform that is taken down. Nothing below it is protected. Where one is `up`, as its contract says,
    nothing of it is registered before its cluster has said that no stack is there."""
    return ResourceOptions.merge(
        opts, ResourceOptions(transformations=[_unprotected], depends_on=_nobody_there(name, up) if up else None)
    )


def _unprotected(args: ResourceTransformationArgs) -> ResourceTransformationResult:
    return ResourceTransformationResult(args.props, ResourceOptions.merge(args.opts, ResourceOptions(protect=False)))


def _nobody_there(name: str, up: Mapping[str, Any]) -> list[Output[pulumi.Resource]]:
    """Becomes no resource at all, but an error that names them, where stacks are there."""
    if not up["namespaces"]:
        return []
    provider = platform_provider(f"{name}-tenants", up, ResourceOptions())  # type: ignore[arg-type]
    there = tenants(up["namespaces"], ResourceOptions(provider=provider))
    return [there.apply(lambda stacks: _let(name, stacks, provider))]


def _let(name: str, stacks: Sequence[str], provider: pulumi.Resource) -> pulumi.Resource:
    if stacks:
        named = f"{', '.join(stacks)} still {'stand' if len(stacks) > 1 else 'stands'} on it"
        reason = f"{named}: remove each for good, as the page of its component says. Nothing was changed"
        raise InputError(f"Platform {name!r} is not taken down.", [("teardown", reason)])
    return provider
