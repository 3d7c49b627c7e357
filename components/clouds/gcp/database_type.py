"""What a Cloud SQL machine type's name tells."""

import re

from .limits import DATABASE_SIZE, DATABASE_TYPE


def database_type_problem(instance_type: str) -> str:
    """What keeps a database from a machine type; empty when nothing does."""
    if problem := DATABASE_TYPE.problem(instance_type):
        return problem
    vcpus, mib = map(int, re.findall(r"\d+", instance_type))
    sized = vcpus == 1 or (vcpus % 2 == 0 and 2 <= vcpus <= 96)
    fits = mib % 256 == 0 and mib >= 3840 and 0.9 * 1024 * vcpus <= mib <= 6.5 * 1024 * vcpus
    return "" if sized and fits else f"{instance_type!r} cannot be: {DATABASE_SIZE.what} has {DATABASE_SIZE.rule}"
