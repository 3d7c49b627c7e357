"""How AWS spells a place."""

import re
from string import ascii_lowercase

from ..places import PlaceWords

WORDS = PlaceWords(
    account=re.compile(r"\d{12}"),
    account_is="the id of an AWS account: 12 digits, in quotes",
    account_required=False,
    region=re.compile(r"[a-z]{2}(-[a-z]+)+-\d"),
    region_is="a region like us-east-2",
    elsewhere=re.compile(r"(us-gov|us-iso[a-z]*|eu-iso[a-z]*|eusc|cn)-.*"),
    zones=lambda region: [region + letter for letter in ascii_lowercase],
)
