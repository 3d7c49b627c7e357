"""How Google Cloud spells a place."""

import re

from ..places import PlaceWords

WORDS = PlaceWords(
    account=re.compile(r"([a-z0-9.-]+:)?[a-z][-a-z0-9]{4,28}[a-z0-9]"),
    account_is="the id of a Google Cloud project: 6 to 30 of a-z, 0-9 and -, not its number",
    account_required=True,
    region=re.compile(r"[a-z]+-[a-z]+\d+"),
    region_is="a region like us-central1",
    elsewhere=re.compile(r"u-.*"),
    zones=lambda region: [f"{region}-{letter}" for letter in "abcdefg"],
)
