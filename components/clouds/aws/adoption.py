"""The ids of what may be adopted on AWS."""

import re

from ..contract.adoption import Adoptable, IdForm
from ..contract.platform import PlatformContract

FORMS: dict[Adoptable, IdForm] = {
    "address": IdForm(re.compile(r"eipalloc-[0-9a-f]+"), "eipalloc-..."),
    "bucket": IdForm(
        re.compile(r"(?=.{3,63}$)(?!.*\.\.)(?!(eipalloc|vol|snap)-[0-9a-f]+$)[a-z0-9][a-z0-9.-]*[a-z0-9]"),
        "<name of the bucket>, as in backups-123456789012-us-east-2-an",
    ),
    "database": IdForm(
        re.compile(r"(?=.{1,63}$)(?!(eipalloc|vol|snap)-[0-9a-f]+$)[a-z][a-z0-9]*(-[a-z0-9]+)*"),
        "<identifier>, as in tsm-mainnet",
    ),
    "disk": IdForm(re.compile(r"vol-[0-9a-f]+"), "vol-..."),
    "secret": IdForm(
        re.compile(r"arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+"),
        "arn:aws:secretsmanager:<region>:<account>:secret:<name>",
    ),
    "snapshot": IdForm(re.compile(r"snap-[0-9a-f]+"), "snap-..."),
}


def adoption_problem(kind: Adoptable, id_: str, _: PlatformContract | None) -> str:
    """Why the id cannot be one of something to adopt; empty when it can."""
    return FORMS[kind].problem(id_)
