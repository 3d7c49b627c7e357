"""What is so on every cloud: see `contract/limit.py`."""

from collections.abc import Sequence
from typing import Final

from .contract.limit import Limit, NotIn, listed
from .special_ranges import DOCUMENTATION_RANGES

FROM_SOMEWHERE: Final = NotIn(
    what="the list of ranges that reach an API server from outside",
    ranges=DOCUMENTATION_RANGES,
    source="RFC 5737: nobody on the internet comes from these ranges",
)

LIMITS: Final[Sequence[Limit]] = listed(vars().values())
