"""What a plan does not show of a machine on AWS: that its group will replace it."""

from collections.abc import Awaitable
from typing import cast

import pulumi
from pulumi import Output

from ...live import live
from .launch_template import TEMPLATE


def warn_of_replacement(name: str, version: Output[int], machine: pulumi.Resource) -> None:
    """Warns where the launch template `name` of a machine that is up gets another version than `version` was.

    The plan shows an update of a template and of a group, and no machine that goes: the group replaces its instance,
    which is no resource. A version that is not known in a preview is one that `up` makes.
    """
    before = live().component(TEMPLATE, name).get("latestVersion")
    if before is None:
        return
    told = (
        f"{name}: the machine is replaced. Its launch template changes: after `up` has ended, the group ends the "
        "instance, and starts another one with the same disk."
    )

    def say(other: bool) -> None:
        if other:
            pulumi.log.warn(told, machine)

    known: Output[bool] = Output.from_input(cast(Awaitable[bool], version.is_known()))
    known.apply(lambda known: say(not known))
    version.apply(lambda now: say(int(now) != int(before)))
