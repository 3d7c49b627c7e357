"""What can be wrong with a machine before anything is made for it."""

import re
from collections.abc import Iterator

from ...errors import Problem
from ..contract.machine import MachinePlan
from .instance_type import instance_type_problem
from .log_group import days_problem
from .machine_image import image_problem

CHANNEL = re.compile(r"projects/[^/]+/notificationChannels/\d+")


def machine_problems(plan: MachinePlan) -> Iterator[Problem]:
    """What Google Cloud would refuse, by the plan's keys."""
    if problem := instance_type_problem(plan.instance_type, gpu=plan.gpu):
        yield "instance_type", problem
    if problem := image_problem(plan.image):
        yield "image", problem
    if problem := days_problem(plan.log_days):
        yield "log_days", problem
    if plan.notify and not CHANNEL.fullmatch(plan.notify):
        yield "notify", f"{plan.notify!r} is not the name of a notification channel"
