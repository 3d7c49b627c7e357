"""What can be wrong with a machine before anything is made for it."""

import re
from collections.abc import Iterator

from ...errors import Problem
from ..contract.machine import MachinePlan
from .instance_type import attaches_our_disks, instance_type_problem
from .log_group import days_problem
from .machine_image import image_problem

LONGEST_TAG = 256
GROUP = re.compile(r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/microsoft\.insights/actionGroups/[^/]+", re.I)


def machine_problems(plan: MachinePlan) -> Iterator[Problem]:
    """What Azure would refuse, by the plan's keys."""
    if problem := _instance_type_problem(plan.instance_type, gpu=plan.gpu):
        yield "instance_type", problem
    if problem := image_problem(plan.image):
        yield "image", problem
    if len(plan.container_image) > LONGEST_TAG:
        yield "container_image", f"is longer than {LONGEST_TAG} characters, the most that a tag of the machine holds"
    if problem := days_problem(plan.log_days):
        yield "log_days", problem
    if plan.notify and not GROUP.fullmatch(plan.notify):
        yield "notify", f"{plan.notify!r} is not the ARM id of an action group"


def _instance_type_problem(instance_type: str, *, gpu: bool) -> str:
    if problem := instance_type_problem(instance_type, gpu=gpu):
        return problem
    if attaches_our_disks(instance_type):
        return ""
    return f"{instance_type!r} cannot attach our disks: it has no premium storage"
