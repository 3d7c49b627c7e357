"""What the tests ask of a cloud's world, whichever it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from sandbox.simulation.world import Object, World

NAME = "platform"
EVERY_TAINT = [{"operator": "Exists"}]
Item = dict[str, Any]


@dataclass(frozen=True)
class Taint:
    """As Kubernetes spells it; each world spells it as its cloud does."""

    key: str
    value: str
    effect: str = "NoSchedule"


@dataclass(frozen=True)
class Words:
    """What the cloud says when something is not as it should be."""

    refused: str
    """A secret that the pod's identity may not read."""
    empty: str
    """A secret without a value."""
    missing: str
    """No such secret."""
    stranger: str
    """Another service account than the one that was let in."""
    lost_disk: str
    no_identity: str
    """A SecretProviderClass without the cloud's word for workload identity."""


@dataclass(frozen=True)
class Pool:
    name: str
    zone: str
    size: int
    machine: str
    labels: dict[str, str]
    taints: Sequence[Taint]
    release: int
    surge: bool


class CloudWorld(ABC):
    """Writes objects as the cloud's stand-in stores them."""

    cloud: ClassVar[str]
    region: ClassVar[str]
    zones: ClassVar[tuple[str, str]]
    server: ClassVar[str]
    machine: ClassVar[str]
    """Eight vCPUs."""
    words: ClassVar[Words]
    node: ClassVar[Mapping[str, str]]
    """How a node's name, provider id and addresses begin, and what pods it has room for."""
    disk_driver: ClassVar[str]
    pool_label: ClassVar[str]
    """The label by which the cloud itself names a node's pool."""

    def __init__(self, home: Path):
        self.world = World(home / "world.sqlite")

    def put(self, token: str, id_: str, name: str | None = None, /, *, place: str = "", **properties: Any) -> Object:
        """`place` is where its name is unique. What it was before is gone."""
        place = place or self.region
        before = self.world.find(token, scope=place, id_=id_)
        inputs = dict(properties)
        properties = {"id": id_, **self.common(), **properties}
        item = Object(token, place, id_, name, inputs, properties, before[0].key if before else None)
        self.world.put(item, {id_, properties.get("arn", id_)}, [])
        return item

    def common(self) -> Item:
        """What the cloud's provider adds to everything."""
        return {}

    def delete(self, token: str, id_: str) -> None:
        for item in self.world.find(token, id_=id_):
            self.world.delete(item)

    def release(self, chart: str, values: Item) -> None:
        name = f"kube-system/{chart}"
        self.put("kubernetes:helm.sh/v3:Release", name, name, place=self.server, chart=chart, values=values)

    def driver(self, audiences: Sequence[str], **driver: Any) -> None:
        """The driver and its provider, where the platform releases them."""
        values = {
            "linux": {"tolerations": EVERY_TAINT},
            "syncSecret": {"enabled": True},
            "tokenRequests": [{"audience": audience} for audience in audiences],
        }
        self.release("secrets-store-csi-driver", values | driver)
        self.release(f"secrets-store-csi-driver-provider-{self.cloud}", {"tolerations": EVERY_TAINT})

    # --- each cloud's own

    @abstractmethod
    def cluster(self, name: str = NAME, server: str = "") -> None: ...

    @abstractmethod
    def remove_cluster(self, name: str) -> None: ...

    def pool(
        self,
        name: str,
        zone: str,
        *,
        size: int = 1,
        machine: str = "",
        labels: Mapping[str, str] | None = None,
        taints: Sequence[Taint] | None = None,
        release: int = 1,
        surge: bool = False,
        **more: Any,
    ) -> None:
        """A pool as components/clouds/*/node_pool.py makes it, with a label and a taint of its name."""
        labels = dict(labels or {"node.metis.io": name})
        taints = [Taint("node.metis.io", name)] if taints is None else taints
        self.make_pool(Pool(name, zone, size, machine or self.machine, labels, taints, release, surge), more)

    @abstractmethod
    def make_pool(self, pool: Pool, more: dict[str, Any]) -> None:
        """What the cloud's provider would have put into the world; `more` are properties in its own words."""

    @abstractmethod
    def remove_pool(self, name: str) -> None: ...

    @abstractmethod
    def disk(self, name: str, zone: str) -> str:
        """The disk's handle."""

    @abstractmethod
    def handle(self, name: str, zone: str) -> str:
        """That of a disk of this name, whether or not there is one."""

    @abstractmethod
    def secrets_store(self) -> None: ...

    @abstractmethod
    def secret(self, name: str, value: str | None = "a secret value") -> str:
        """The secret's id; without a value it is as before the operator gave one."""

    @abstractmethod
    def remove_secret(self, id_: str) -> None: ...

    @abstractmethod
    def identity(self, namespace: str, account: str, secrets: Sequence[str], *, trusted: str = "") -> None:
        """Whom the pods of `account` (or of `trusted`) are to the cloud, and that they may read these and no others."""

    @abstractmethod
    def provider_class(self, namespace: str, account: str, secrets: Mapping[str, str]) -> Item:
        """Provider and parameters of the SecretProviderClass: secrets by alias."""

    @abstractmethod
    def without_identity(self, parameters: Item) -> Item:
        """The parameters without that which asks for workload identity."""
