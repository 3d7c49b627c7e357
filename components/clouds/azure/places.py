"""How Azure spells a place."""

import re

from ..places import PlaceWords
from . import zones

WORDS = PlaceWords(
    account=re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    account_is="the id of an Azure subscription: 36 characters like 00000000-0000-0000-0000-000000000000",
    account_required=True,
    region=re.compile(r"[a-z]+\d?"),
    region_is="a region like eastus2",
    elsewhere=re.compile(r"(usgov|usdod|ussec|usnat|china).*"),
    zones=zones.of,
)
