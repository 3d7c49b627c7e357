"""What a node's release is on Google Cloud."""

import re
from collections.abc import Callable, Iterable

import pulumi
import pulumi_gcp as gcp
from pulumi import Input, InvokeOptions, Output

from ..kept import kept
from ..version_skew import skew_problem

GKE = re.compile(r"\d+\.\d+\.\d+-gke\.\d+")
MINOR = re.compile(r"\d+\.\d+")
OLDEST = 1
"""How many minors a node may be behind its cluster. GKE documents two ("GKE versioning and support"), and refuses the
second where nodes are upgraded by themselves, as a release channel demands: "must be within one minor version of master
version" (hashicorp/terraform-provider-google#21116)."""


def release_problem(release: str) -> str:
    """What is wrong with a GKE release (`<Kubernetes version>-gke.<build>`), which is that of the node's image too, or
    with a minor version of Kubernetes, for a release of that minor."""
    if GKE.fullmatch(release) or MINOR.fullmatch(release):
        return ""
    return f"{release!r} is neither a GKE release (1.35.8-gke.1225000) nor a minor version of Kubernetes (1.35)"


def problem_beside(release: str, cluster: str) -> str:
    """What keeps a node of that release out of a cluster of that version; empty when nothing does."""
    return release_problem(release) or skew_problem(release, cluster, OLDEST)


def node_version(
    name: str,
    release: str,
    *,
    project: str,
    location: str,
    control_plane: Callable[[], Input[str]],
    parent: pulumi.Resource,
) -> Input[str]:
    """The GKE release that `release` means. For a minor version it is the newest one that GKE has for nodes there and
    that is not newer than the control plane, whose release is asked then.

    Makes, for a minor version: `pulumi:index:Stash`, which keeps the first answer until another release is named.
    """
    if GKE.fullmatch(release):
        return release
    had = gcp.container.get_engine_versions_output(
        project=project, location=location, version_prefix=f"{release}.", opts=InvokeOptions(parent=parent)
    ).valid_node_versions
    found = Output.all(had, control_plane()).apply(lambda known: newest(known[0], known[1]))
    return kept(f"{name}-release", found, release, parent)


def newest(releases: Iterable[str], control_plane: str) -> str:
    """The newest of `releases` that is not newer than the control plane; the control plane's own where there is none,
    which a node may always have."""
    fitting = [release for release in releases if _numbers(release) <= _numbers(control_plane)]
    return max(fitting, key=_numbers, default=control_plane)


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", release))
