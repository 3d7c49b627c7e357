"""What a component tells of its cloud's quotas: an output, and one warning before anything is made."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired

import pulumi
from typing_extensions import TypedDict

from .clouds.contract.cloud import Cloud
from .clouds.contract.quota import Demand, Need

QUOTAS = "quotas"
"""The output of a component in which it says what it needs."""


class QuotaNeed(TypedDict):
    """How much of one quota a stack needs. What else is in the account comes on top."""

    name: str
    """What the cloud's console calls the quota."""
    unit: str
    """What is counted."""
    needed: int
    """How much the stack needs, rounded up."""
    default: NotRequired[int]
    """What a new account has. It is left out where the cloud tells that in its console only."""
    link: str
    """Where the quota is seen, and raised."""


def told(cloud: Cloud, demand: Demand, before: Mapping[str, Any], parent: pulumi.Resource) -> list[QuotaNeed]:
    """The output `quotas` of a component, and a warning of what a new account has not. `before` are the outputs of the
    component that is up: what its account had room for is warned of no more."""
    needs = cloud.quota_needs(demand)
    had = {quota["name"]: int(quota["needed"]) for quota in before.get(QUOTAS) or []}
    if above := [need for need in needs if need.is_above_default and need.needed > had.get(need.called, 0)]:
        pulumi.log.warn(warning(above), parent)
    return [_entry(need) for need in needs]


def warning(above: Sequence[Need]) -> str:
    """What is said of needs that a new account's quotas have no room for."""
    lines = [
        f"\n- {need.called}: {need.needed} needed, {need.quota.most} in a new account; "
        + (need.quota.link if need.quota.raised else f"it is given no more: split the stack ({need.quota.link})")
        for need in above
    ]
    return "The stack needs more than a new account has. Look whether yours has it, and ask for it first:" + "".join(
        lines
    )


def _entry(need: Need) -> QuotaNeed:
    entry = QuotaNeed(name=need.called, unit=need.quota.unit, needed=need.needed, link=need.quota.link)
    if need.quota.most is not None:
        entry["default"] = need.quota.most
    return entry
