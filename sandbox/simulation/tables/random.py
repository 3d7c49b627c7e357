"""The random package: values made once and kept, whatever happens to the program around them."""

import string
from typing import Any

from .. import cloud
from ..resource import Instance, Resource

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"


def text(instance: Instance) -> dict[str, Any]:
    classes = {
        "lower": (string.ascii_lowercase, "minLower"),
        "upper": (string.ascii_uppercase, "minUpper"),
        "numeric": (string.digits, "minNumeric"),
        "special": (instance.get("overrideSpecial", SPECIAL), "minSpecial"),
    }
    used = {kind: found for kind, found in classes.items() if instance.get(kind, True)}
    pick = instance.random
    characters = [pick.choice(letters) for letters, least in used.values() for _ in range(instance.get(least, 0))]
    everything = "".join(letters for letters, _ in used.values())
    characters += [pick.choice(everything) for _ in range(instance.inputs["length"] - len(characters))]
    pick.shuffle(characters)
    return {"result": "".join(characters)}


TEXT = (
    *("keepers", "length", "lower", "upper", "numeric", "number", "special", "overrideSpecial"),
    *("minLower", "minUpper", "minNumeric", "minSpecial"),
)

RESOURCES = {
    "random:index/randomPassword:RandomPassword": Resource(
        "{uuid}", replaces=TEXT, secrets=("result", "bcryptHash"), outputs=text
    ),
}


class Cloud(cloud.Cloud):
    resources = RESOURCES
