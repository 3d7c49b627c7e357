"""What can be wrong with a machine before anything is made for it."""

import re
from collections.abc import Iterator

from ...errors import Problem
from ..contract.machine import MachinePlan
from .instance_type import HYPERDISK_ONLY, architecture, gpu_problem
from .log_group import days_problem
from .machine_image import image_problem

CHANNEL = re.compile(r"projects/[^/]+/notificationChannels/\d+")


def machine_problems(plan: MachinePlan) -> Iterator[Problem]:
    """What Google Cloud would refuse, by the plan's keys."""
    yield from _instance_type_problems(plan.instance_type, gpu=plan.gpu)
    if problem := image_problem(plan.image):
        yield "image", problem
    if problem := days_problem(plan.log_days):
        yield "log_days", problem
    if plan.notify and not CHANNEL.fullmatch(plan.notify):
        yield "notify", f"{plan.notify!r} is not the name of a notification channel"


def _instance_type_problems(instance_type: str, *, gpu: bool) -> Iterator[Problem]:
    if architecture(instance_type) != "x86-64":
        yield "instance_type", f"{instance_type!r} runs Arm code, and the machine's image is for x86-64 only"
    elif gpu and (problem := gpu_problem(instance_type)):
        yield "instance_type", problem
    elif HYPERDISK_ONLY.match(instance_type):
        yield "instance_type", f"{instance_type!r} cannot attach our disks: its series takes Hyperdisk only"
