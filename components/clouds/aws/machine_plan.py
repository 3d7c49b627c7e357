"""What can be wrong with a machine before anything is made for it."""

import re
from collections.abc import Iterator

from ...errors import Problem
from ..contract.machine import MachinePlan
from .instance_type import instance_type_problem, shows_disk_serials
from .log_group import days_problem
from .machine_image import image_problem

TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+")


def machine_problems(plan: MachinePlan) -> Iterator[Problem]:
    """What AWS would refuse, by the plan's keys."""
    if problem := _instance_type_problem(plan.instance_type, gpu=plan.gpu):
        yield "instance_type", problem
    if problem := image_problem(plan.image):
        yield "image", problem
    if problem := days_problem(plan.log_days):
        yield "log_days", problem
    if plan.notify and not TOPIC.fullmatch(plan.notify):
        yield "notify", f"{plan.notify!r} is not the ARN of an SNS topic"


def _instance_type_problem(instance_type: str, *, gpu: bool) -> str:
    if problem := instance_type_problem(instance_type, gpu=gpu):
        return problem
    if shows_disk_serials(instance_type):
        return ""
    return f"{instance_type!r} shows its disks without a serial, so that the data disk cannot be found"
