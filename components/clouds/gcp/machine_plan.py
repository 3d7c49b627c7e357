"""What can be wrong with a machine before anything is made for it."""

import re
from collections.abc import Iterator

from ...errors import Problem
from ..contract.machine import MachinePlan
from .instance_type import ARM, HYPERDISK_ONLY, gpu_problem
from .log_group import days_problem
from .machine_image import image_problem

CHANNEL = re.compile(r"projects/[^/]+/notificationChannels/\d+")


def machine_problems(plan: MachinePlan) -> Iterator[Problem]:
    """What Google Cloud would refuse, by the plan's keys."""
    type_ = f"{plan.instance_type!r}"
    if HYPERDISK_ONLY.match(plan.instance_type):
        yield "instance_type", f"{type_} cannot attach our disks: its series takes Hyperdisk only"
    if ARM.match(plan.instance_type):
        yield "instance_type", f"{type_} runs Arm code only, and the node's image has none"
    if plan.gpu and (problem := gpu_problem(plan.instance_type)):
        yield "instance_type", problem
    if problem := image_problem(plan.image):
        yield "image", problem
    if problem := days_problem(plan.log_days):
        yield "log_days", problem
    if plan.notify and not CHANNEL.fullmatch(plan.notify):
        yield "notify", f"{plan.notify!r} is not the name of a notification channel"
