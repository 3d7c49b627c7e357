"""What can be wrong with a machine before anything is made for it."""

import re
from collections.abc import Iterator

from ...errors import Problem
from ..contract.machine import MachinePlan
from .instance_type import architecture, gpu_problem
from .log_group import days_problem
from .machine_image import image_problem

LONGEST_TAG = 256
GROUP = re.compile(r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/microsoft\.insights/actionGroups/[^/]+", re.I)
_FEATURES = re.compile(r"Standard_[A-Z]+(?<!S)\d+(?:-\d+)?(?P<letters>[a-z]*)(?:_|$)")
"""The additive features of a size: without an `s` it has no premium storage, which our disks are (Azure's "Virtual
machine sizes naming conventions"). The oldest families say it before the number (DS2_v2)."""


def machine_problems(plan: MachinePlan) -> Iterator[Problem]:
    """What Azure would refuse, by the plan's keys."""
    yield from _instance_type_problems(plan.instance_type, gpu=plan.gpu)
    if problem := image_problem(plan.image):
        yield "image", problem
    if len(plan.container_image) > LONGEST_TAG:
        yield "container_image", f"is longer than {LONGEST_TAG} characters, the most that a tag of the machine holds"
    if problem := days_problem(plan.log_days):
        yield "log_days", problem
    if plan.notify and not GROUP.fullmatch(plan.notify):
        yield "notify", f"{plan.notify!r} is not the ARM id of an action group"


def _instance_type_problems(instance_type: str, *, gpu: bool) -> Iterator[Problem]:
    features = _FEATURES.match(instance_type)
    if architecture(instance_type) != "x86-64":
        yield "instance_type", f"{instance_type!r} runs Arm code, and the machine's image is for x86-64 only"
    elif gpu and (problem := gpu_problem(instance_type)):
        yield "instance_type", problem
    elif features and "s" not in features["letters"]:
        yield "instance_type", f"{instance_type!r} cannot attach our disks: it has no premium storage"
