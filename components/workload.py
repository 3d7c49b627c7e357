"""One of our charts, released into a platform's cluster."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
from pulumi import Output, ResourceOptions

CHARTS = (Path(__file__).parent / "charts").resolve()


class Workload(pulumi.ComponentResource):
    """A Helm release of one of our charts.

    Makes: `kubernetes:helm.sh/v3:Release`. It does not wait for readiness: a chain node syncs for days, or waits for a
    key; `up` ends when the API server has taken the objects. For the same reason it is never atomic.
    """

    release_name: Output[str]

    def __init__(
        self,
        name: str,
        *,
        chart: str,
        namespace: str,
        values: Mapping[str, Any],
        depends_on: Sequence[pulumi.Resource],
        opts: ResourceOptions,
    ) -> None:
        super().__init__("nodeyard:index:Workload", name, None, opts)
        import pulumi_kubernetes as kubernetes  # it takes a second, and components that can do without it import this

        release = kubernetes.helm.v3.Release(
            name,
            name=name,
            # Relative to where the program runs: an absolute path would differ from one checkout to the next, and with
            # it the plan.
            chart=os.path.relpath(CHARTS / chart),
            namespace=namespace,
            values=values,
            # The provider goes by the version that a chart gives itself, and by nothing else in a chart
            # (pulumi-kubernetes#2672): without this, a changed template would be rolled out with the next value.
            description=f"{chart} {digest(CHARTS / chart)[:12]}",
            skip_await=True,
            opts=ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        self.release_name = release.name.apply(str)
        self.register_outputs({"release_name": self.release_name})


def digest(chart: Path) -> str:
    """Of what a chart renders from."""
    content = hashlib.sha256()
    for file in sorted(rendered_from(chart)):
        content.update(f"{file.relative_to(chart)}\0".encode() + file.read_bytes())
    return content.hexdigest()


def rendered_from(chart: Path) -> Iterator[Path]:
    """The chart's files but for its page, its samples and what an editor leaves."""
    for directory, inside, names in os.walk(chart, followlinks=True):
        inside[:] = [name for name in inside if name != "ci"]
        yield from (Path(directory, name) for name in names if name != "README.md" and not name.startswith("."))
