"""What is known of a cluster of producers at one moment: from Kubernetes, and from each ordinal's manager."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .readings import MAY_PRODUCE, RUNNING, Readings

FRESH_SECONDS = 5.0
"""The age of a head that is still fresh: the manager's own default of `--readiness-max-latency`."""
FRESH_BLOCKS = 20
"""How far behind the highest head a node may be: ten seconds of blocks, as the managers are not asked in one moment."""
OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"


@dataclass(frozen=True)
class Pod:
    name: str
    uid: str
    phase: str
    """As kubectl shows it: `Terminating`, what the container waits for, or the phase."""
    node: str = ""
    image: str = ""
    is_deleting: bool = False
    is_running: bool = True
    """Whether its containers may run, also where nobody sees them."""
    is_spare: bool = False
    """Its manager was started without `--bp-mode`."""


@dataclass(frozen=True)
class Node:
    """A machine, as Kubernetes sees it."""

    name: str
    is_ready: bool | None
    """None: kubectl may not look at nodes."""
    taints: tuple[str, ...] = ()
    """Those that say that something is wrong with it or that it is to be emptied."""
    instance: str = ""
    """The cloud's id of the machine."""

    @property
    def is_out_of_service(self) -> bool:
        return OUT_OF_SERVICE in self.taints


@dataclass(frozen=True)
class Ordinal:
    """One producer: its pod, its machine, and what its manager says."""

    name: str
    pod: Pod | None = None
    node: Node | None = None
    image: str = ""
    """What the StatefulSet's template says."""
    is_outdated: bool = False
    """The pod was made from another template: a restart is pending."""
    is_spare: bool = False
    """The template gives it no part in who produces: `mayProduce: false`."""
    readings: Readings | None = None
    silence: str = ""
    """Why its manager did not answer."""
    problems: tuple[str, ...] = ()
    """What Kubernetes says of pod, volume and node."""

    @property
    def is_known(self) -> bool:
        """Whether it is known if it may produce."""
        if self.never_produces:
            return True
        return self.readings is not None and self.readings.standing not in (None, "unknown")

    @property
    def never_produces(self) -> bool:
        """By its manager's word; where that is silent, by how its pod was started. A spare of before may produce still,
        until its pod is made anew."""
        if self.readings is not None:
            return not self.readings.bp_mode
        return self.pod.is_spare if self.pod else self.is_spare

    @property
    def may_run(self) -> Node | None:
        """The machine on which it may run unseen. None where there is none: the machine is gone or declared dead, or
        the pod has not started yet."""
        node = self.node if self.pod and self.pod.is_running else None
        return None if node is None or node.is_out_of_service else node

    @property
    def needs_no_right(self) -> bool:
        """Whether nothing of it may make a block: a spare that answers, or a machine on which it cannot run."""
        return self.never_produces if self.readings is not None else self.may_run is None

    @property
    def may_produce(self) -> bool:
        return self.readings is not None and self.readings.standing == MAY_PRODUCE

    @property
    def stands_aside(self) -> bool:
        """Whether it stands by no more until its manager starts anew."""
        right = self.readings.right if self.readings else None
        return right is not None and right.stands_aside

    @property
    def can_sign(self) -> bool:
        """Whether it may be given the right."""
        right = self.readings.right if self.readings else None
        return not (self.is_spare or self.never_produces) and (right is None or right.can_sign)

    @property
    def has_active_finalizer(self) -> bool:
        """Whether its votes count, or the chain has no finalizer keys."""
        finalizer = self.readings.finalizer if self.readings else None
        return finalizer is not None and finalizer.active is True

    def but(self, **readings: object) -> "Ordinal":
        """The same with other readings."""
        return self if self.readings is None else replace(self, readings=self.readings.model_copy(update=readings))


@dataclass(frozen=True)
class Lease:
    """The record of who may produce. `holder` is what it says, with the pod's uid."""

    holder: str = ""
    version: str = ""

    @property
    def ordinal(self) -> str:
        return self.holder.partition("_")[0]


@dataclass(frozen=True)
class Sight:
    """All of it."""

    ordinals: Mapping[str, Ordinal]
    lease: Lease | None
    is_automatic: bool = False
    notes: tuple[str, ...] = field(default=())
    """What could not be looked at."""

    @property
    def holder(self) -> str:
        return self.lease.ordinal if self.lease else ""

    @property
    def unpaused(self) -> list[Ordinal]:
        return [each for each in self.ordinals.values() if each.may_produce]

    @property
    def unknown(self) -> list[Ordinal]:
        return [each for each in self.ordinals.values() if not each.is_known]

    @property
    def producers(self) -> list[Ordinal]:
        """All but the spares."""
        return [each for each in self.ordinals.values() if not each.is_spare]

    @property
    def is_savanna(self) -> bool:
        return any(each.readings is not None and each.readings.finalizer for each in self.ordinals.values())

    def others(self, name: str) -> list[Ordinal]:
        return [each for each in self.ordinals.values() if each.name != name]

    def lag(self, ordinal: Ordinal) -> int | None:
        """Blocks behind the highest head that an ordinal has."""
        heads = [each.readings.head.number for each in self.ordinals.values() if each.readings and each.readings.head]
        own = ordinal.readings.head if ordinal.readings else None
        return max(heads) - own.number if own else None

    def behind(self, ordinal: Ordinal) -> str:
        """Why an ordinal could not take over now; empty where it could. While nobody produces, an old head proves
        nothing on a chain of ours alone: then the manager judges."""
        said = ordinal.readings
        if said is None:
            return ordinal.silence or "its manager does not answer"
        if said.state != RUNNING:
            return f"nodeos is {said.state}"
        lag = self.lag(ordinal)
        if said.head is None or lag is None:
            return "its head is not known"
        if lag > FRESH_BLOCKS:
            return f"it is {lag} blocks behind"
        if self.unpaused and said.head.age > FRESH_SECONDS:
            return f"its head is {said.head.age:.0f} s old"
        return ""

    def facts(self) -> tuple[object, ...]:
        """What a step changes: where it stays the same, the step did nothing."""
        return (self.lease.holder if self.lease else "", *(_fact(each) for each in self.ordinals.values()))

    def having(self, *changed: Ordinal, holder: str | None = None) -> "Sight":
        """The same with these ordinals, and another holder."""
        ordinals = {**self.ordinals, **{each.name: each for each in changed}}
        lease = self.lease if holder is None else replace(self.lease or Lease(), holder=holder)
        return replace(self, ordinals=ordinals, lease=lease)


def _fact(each: Ordinal) -> tuple[object, ...]:
    said = each.readings
    standing = (said.standing, said.state, said.reload_pending, each.stands_aside) if said else None
    return (each.pod and (each.pod.uid, each.pod.is_deleting), standing, each.has_active_finalizer)
