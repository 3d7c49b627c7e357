"""The ids of what may be adopted on Google Cloud."""

import re

from ..contract.adoption import Adoptable, IdForm
from ..contract.platform import PlatformContract

FORMS: dict[Adoptable, IdForm] = {
    "address": IdForm(
        re.compile(r"projects/[^/\s]+/regions/[^/\s]+/addresses/[^/\s]+"),
        "projects/<project>/regions/<region>/addresses/<name>",
    ),
    "bucket": IdForm(re.compile(r"(?=.{3,222}$)[a-z0-9][a-z0-9._-]*[a-z0-9]"), "<name>"),
    "database": IdForm(re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?"), "<name>"),
    "disk": IdForm(
        re.compile(r"projects/[^/\s]+/zones/[^/\s]+/disks/[^/\s]+"), "projects/<project>/zones/<zone>/disks/<name>"
    ),
    "secret": IdForm(re.compile(r"projects/[^/\s]+/secrets/[^/\s]+"), "projects/<project>/secrets/<name>"),
    "snapshot": IdForm(
        re.compile(r"(\S*/)?projects/[^/\s]+/(global|regions/[^/\s]+)/snapshots/[^/\s]+|[^/\s]+"),
        "<name> or projects/<project>/global/snapshots/<name>",
    ),
}


def adoption_problem(kind: Adoptable, id_: str, _: PlatformContract | None) -> str:
    """Why the id cannot be one of something to adopt; empty when it can."""
    return FORMS[kind].problem(id_)
