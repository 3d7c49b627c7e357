"""What can be wrong with a machine before anything is made for it."""

import re
from collections.abc import Iterator

from ...errors import Problem
from ..contract.machine import MachinePlan
from .instance_type import instance_type_problem
from .limits import LOG_DAYS, OS_DISK_GIB, TAG_VALUE
from .machine_image import image_problem

GROUP = re.compile(r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/microsoft\.insights/actionGroups/[^/]+", re.I)


def machine_problems(plan: MachinePlan) -> Iterator[Problem]:
    """What Azure would refuse, by the plan's keys."""
    if problem := instance_type_problem(plan.instance_type, gpu=plan.gpu):
        yield "instance_type", problem
    if problem := image_problem(plan.image):
        yield "image", problem
    if TAG_VALUE.problem(len(plan.container_image)):
        yield "container_image", f"is longer than {TAG_VALUE.most} characters, the most that a tag of the machine holds"
    if problem := LOG_DAYS.problem(plan.log_days):
        yield "log_days", problem
    if plan.root_disk_gib is not None and (problem := OS_DISK_GIB.problem(plan.root_disk_gib)):
        yield "root_disk_gib", problem
    if plan.notify and not GROUP.fullmatch(plan.notify):
        yield "notify", f"{plan.notify!r} is not the ARM id of an action group"
