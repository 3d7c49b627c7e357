"""What can be wrong with a machine before anything is made for it."""

import re
from collections.abc import Iterator

from ...errors import Problem
from ..contract.machine import MachinePlan
from .instance_type import instance_type_problem
from .limits import BOOT_DISK_GIB, LOG_DAYS
from .machine_image import image_problem

CHANNEL = re.compile(r"projects/[^/]+/notificationChannels/\d+")


def machine_problems(plan: MachinePlan) -> Iterator[Problem]:
    """What Google Cloud would refuse, by the plan's keys."""
    if problem := instance_type_problem(plan.instance_type, gpu=plan.gpu):
        yield "instance_type", problem
    if problem := image_problem(plan.image):
        yield "image", problem
    if problem := LOG_DAYS.problem(plan.log_days):
        yield "log_days", problem
    if plan.root_disk_gib is not None and (problem := BOOT_DISK_GIB.problem(plan.root_disk_gib)):
        yield "root_disk_gib", problem
    if plan.notify and not CHANNEL.fullmatch(plan.notify):
        yield "notify", f"{plan.notify!r} is not the name of a notification channel"
