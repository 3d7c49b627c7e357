"""The objects of a release, by its own record and in the cluster."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..reach import kubectl, processes
from ..reach.helm import Record
from ..workloads.history.differences import Change, differences
from ..workloads.tasks import Release

_MANAGER: Final = "nodeyard"
"""Who changed a field, in `managedFields`."""
_SERVERS: Final = ("metadata.generation", "metadata.managedFields", "metadata.resourceVersion", "status")
"""What the API server says of an object by itself."""


@dataclass(frozen=True)
class Difference:
    """What the cluster has instead of what the release says."""

    object: str
    change: Change
    """`before` is the cluster's, `after` the release's."""


@dataclass(frozen=True)
class Objects:
    """Of one release. An object's name is kubectl's, such as `statefulset.apps/miner-0`."""

    release: Release
    wanted: Mapping[str, dict[str, Any]]
    there: Mapping[str, dict[str, Any]]

    @property
    def missing(self) -> list[str]:
        return sorted(self.wanted.keys() - self.there.keys())

    async def differences(self) -> list[Difference]:
        """What a server-side apply would change of those that are there, Secrets apart. It is not done. Needs the right
        to patch."""
        if not self.there:
            return []
        with kubectl.written([self.wanted[name] for name in self.there]) as file:
            applied = _by_name(await self._apply(file, "--dry-run=server"))
        return [
            Difference(name, change)
            for name, now in sorted(self.there.items())
            for change in differences(now, applied.get(name, now))
            if not change.path.startswith(_SERVERS) and not name.startswith("secret/")
        ]

    async def make(self, names: Sequence[str]) -> None:
        """Creates what is missing, as Helm would: it takes only objects that say whose they are."""
        with kubectl.written([_owned(self.wanted[name], self.release) for name in names]) as file:
            await processes.capture(["kubectl", "create", "--filename", file, *self._place])

    async def put_back(self, names: Sequence[str]) -> None:
        """Gives objects the fields that the release says. Whatever else is in them stays."""
        with kubectl.written([self.wanted[name] for name in names]) as file:
            await self._apply(file)

    async def _apply(self, file: str, *options: str) -> str:
        ours = ["--server-side", "--force-conflicts", "--field-manager", _MANAGER]
        command = ["kubectl", "apply", "--filename", file, *ours, *options, *self._place, "--output", "json"]
        return await processes.capture(command)

    @property
    def _place(self) -> list[str]:
        return ["--namespace", self.release.namespace]


async def read(release: Release, record: Record) -> Objects:
    """What a record asks for, and which of that is there. Raises `Unreachable`."""
    place = ["--namespace", release.namespace, "--output", "json"]
    with kubectl.written(record.manifest) as file:
        wanted, there = await asyncio.gather(
            processes.capture(["kubectl", "create", "--dry-run=client", "--filename", file, *place]),
            processes.capture(["kubectl", "get", "--ignore-not-found", "--filename", file, *place]),
        )
    return Objects(release, _by_name(wanted), _by_name(there))


def _owned(item: dict[str, Any], release: Release) -> dict[str, Any]:
    """With what Helm knows its own by (`checkOwnership` in `pkg/action/validate.go` of helm/helm)."""
    metadata = item["metadata"]
    labels = {**(metadata.get("labels") or {}), "app.kubernetes.io/managed-by": "Helm"}
    annotations = {
        **(metadata.get("annotations") or {}),
        "meta.helm.sh/release-name": release.name,
        "meta.helm.sh/release-namespace": release.namespace,
    }
    return {**item, "metadata": {**metadata, "labels": labels, "annotations": annotations}}


def _by_name(printed: str) -> dict[str, dict[str, Any]]:
    """Objects by their kind and name. kubectl prints one, several behind each other, a list of them, or nothing."""
    try:
        return {_name(item): item for item in _items(printed)}
    except (LookupError, TypeError, ValueError, AttributeError):
        raise kubectl.undocumented() from None


def _items(printed: str) -> Iterator[dict[str, Any]]:
    rest = printed.strip()
    while rest:
        found, end = json.JSONDecoder().raw_decode(rest)
        yield from found["items"] if found["kind"] == "List" else [found]
        rest = rest[end:].lstrip()


def _name(item: Mapping[str, Any]) -> str:
    group = str(item["apiVersion"]).rpartition("/")[0]
    return f"{item['kind'].lower()}{'.' * bool(group)}{group}/{item['metadata']['name']}"
