"""What is the same on every cloud of a place and of a platform in it. A cloud says how its own words look."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses

from ..errors import Problem
from .contract.cluster import PlatformPlan, PlatformRule
from .contract.limit import Between, NotIn
from .limits import FROM_SOMEWHERE

WIDEST = 8
"""The prefix of the widest range that may reach an API server. No organization has a wider one."""

KUBERNETES_OWN = re.compile(r"default|kube-.*")
"""Namespaces in which the cluster's own Secrets are."""


@dataclass(frozen=True, kw_only=True)
class PlaceWords:
    """How a cloud spells its accounts, regions and zones."""

    account: re.Pattern[str]
    account_is: str
    account_required: bool
    """Whether a platform has to be told."""
    region: re.Pattern[str]
    region_is: str
    elsewhere: re.Pattern[str]
    """Regions of a part of the cloud with names and endpoints of its own, which nothing here was made for."""
    zones: Callable[[str], Sequence[str]]
    """The zones that a region can have."""

    def problems(self, account: str | None, region: str, zones: Sequence[str]) -> Iterator[Problem]:
        """What is wrong with a place, by the keys of `SiteSpec`."""
        yield from self.account_problems(account)
        yield from self.region_problems(region)
        yield from self.zone_problems(region, zones)

    def account_problems(self, account: str | None) -> Iterator[Problem]:
        if account is not None and not self.account.fullmatch(account):
            yield "account", f"{account!r} is not {self.account_is}"

    def region_problems(self, region: str) -> Iterator[Problem]:
        if self.elsewhere.fullmatch(region):
            yield "region", f"{region!r} is not supported: it is in a part of the cloud with endpoints of its own"
        elif not self.region.fullmatch(region):
            meant = f"; did you mean {region.lower()}?" if self.region.fullmatch(region.lower()) else ""
            yield "region", f"{region!r} is not {self.region_is}{meant}"

    def zone_problems(self, region: str, zones: Sequence[str]) -> Iterator[Problem]:
        known = self.zones(region)
        for index, zone in enumerate(zones):
            if self.region.fullmatch(region) and zone not in known:
                yield ("zones", index), f"{zone!r} is no zone of {region}, which are called {known[0]} and so on"

    def rules(self) -> Sequence[PlatformRule]:
        """What is wrong with where a platform is."""
        return [
            self._account,
            lambda plan: self.region_problems(plan.region),
            lambda plan: self.zone_problems(plan.region, plan.zones),
        ]

    def _account(self, plan: PlatformPlan) -> Iterator[Problem]:
        if plan.account is None and self.account_required:
            yield "account", f"is required: {self.account_is}"
        yield from self.account_problems(plan.account)


def reachable_from(refused: NotIn | None, number: Between | None, beside: int = 0) -> PlatformRule:
    """A rule about who may reach an API server: by ranges that the cloud does not take, and by how many it takes,
    `beside` of which are ours."""

    def rule(plan: PlatformPlan) -> Iterator[Problem]:
        for index, cidr in enumerate(plan.public_access_cidrs):
            if problem := FROM_SOMEWHERE.problem(cidr) or (refused.problem(cidr) if refused else ""):
                yield ("public_access_cidrs", index), problem
        if number and (problem := number.problem(len(plan.public_access_cidrs) + beside)):
            yield "public_access_cidrs", problem

    return rule


def network_within(refused: NotIn) -> PlatformRule:
    """A rule about the platform's own range."""

    def rule(plan: PlatformPlan) -> Iterator[Problem]:
        if problem := refused.problem(plan.cidr):
            yield "cidr", problem

    return rule


def public_access_problems(plan: PlatformPlan) -> Iterator[Problem]:
    """Ranges that are the whole internet, or most of it, taken together."""
    together = collapse_addresses(map(IPv4Network, plan.public_access_cidrs))
    if wide := [str(range_) for range_ in together if range_.prefixlen < WIDEST]:
        reason = "the whole internet may not reach the API server: name the ranges that may"
        yield "public_access_cidrs", f"hold {', '.join(wide)} together; {reason}"


def peered_problems(plan: PlatformPlan) -> Iterator[Problem]:
    """A network that is routed to itself."""
    for index, cidr in enumerate(plan.peered_cidrs):
        if IPv4Network(cidr).overlaps(IPv4Network(plan.cidr)):
            yield ("peered_cidrs", index), f"{cidr} overlaps the network's own {plan.cidr}"


def namespace_problems(plan: PlatformPlan) -> Iterator[Problem]:
    """Namespaces that no team may have."""
    for team, access in plan.access.items():
        for index, namespace in enumerate(access.namespaces):
            if KUBERNETES_OWN.fullmatch(namespace):
                reason = f"{namespace} is Kubernetes' own: a team there would read the Secrets of the whole cluster"
                yield ("access", team, "namespaces", index), reason


ON_EVERY_CLOUD: Sequence[PlatformRule] = [public_access_problems, peered_problems, namespace_problems]
