"""What can be wrong with a machine before anything is made for it."""

import re
from collections.abc import Iterator

from ...errors import Problem
from ..contract.machine import MachinePlan
from .instance_type import instance_type_problem
from .limits import ALARM_ACTION, GP3_GIB, LOG_DAYS, MACHINE_GPU, XEN
from .machine_image import image_problem

TOPIC = re.compile(r"arn:aws:sns:(?P<region>[a-z0-9-]+):\d{12}:[\w-]+")


def machine_problems(plan: MachinePlan) -> Iterator[Problem]:
    """What AWS would refuse, by the plan's keys."""
    if problem := _instance_type_problem(plan.instance_type, gpu=plan.gpu):
        yield "instance_type", problem
    if problem := image_problem(plan.image):
        yield "image", problem
    if problem := LOG_DAYS.problem(plan.log_days):
        yield "log_days", problem
    if plan.root_disk_gib is not None and (problem := GP3_GIB.problem(plan.root_disk_gib)):
        yield "root_disk_gib", problem
    if plan.notify and (problem := _topic_problem(plan.notify, plan.region)):
        yield "notify", problem


def _topic_problem(topic: str, region: str) -> str:
    found = TOPIC.fullmatch(topic)
    if not found:
        return f"{topic!r} is not the ARN of an SNS topic, which begins with arn:aws:sns:"
    if region and found["region"] != region:
        return f"{topic!r} is not in {region}: {ALARM_ACTION.what} has {ALARM_ACTION.rule}"
    return ""


def _instance_type_problem(instance_type: str, *, gpu: bool) -> str:
    if problem := instance_type_problem(instance_type, gpu=gpu):
        return problem
    if gpu and (problem := MACHINE_GPU.problem(instance_type)):
        return problem
    return XEN.problem(instance_type)
