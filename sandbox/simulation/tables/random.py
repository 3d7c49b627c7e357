"""The random package: values made once and kept, whatever happens to the program around them."""

import base64
import string
from typing import Any

from .. import cloud
from ..resource import Instance, Resource

WORDS = (
    "amber",
    "brave",
    "calm",
    "deft",
    "eager",
    "grand",
    "hardy",
    "keen",
    "lucky",
    "merry",
    "noble",
    "quick",
    "tidy",
)
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


def octets(length: str):
    def outputs(instance: Instance) -> dict[str, Any]:
        value = instance.random.randbytes(instance.inputs[length])
        standard, url = base64.b64encode(value).decode(), base64.urlsafe_b64encode(value).decode().rstrip("=")
        if length == "length":
            return {"hex": value.hex(), "base64": standard}
        prefix = instance.get("prefix", "")
        number = str(int.from_bytes(value))
        return {
            "hex": prefix + value.hex(),
            "b64Std": prefix + standard,
            "b64Url": prefix + url,
            "dec": prefix + number,
        }

    return outputs


def pet(instance: Instance) -> dict[str, Any]:
    words = [instance.random.choice(WORDS) + str(number or "") for number in range(instance.get("length", 2))]
    return {
        "result": instance.get("separator", "-").join(
            [instance.inputs["prefix"]] * bool(instance.get("prefix")) + words
        )
    }


TEXT = (
    *("keepers", "length", "lower", "upper", "numeric", "number", "special", "overrideSpecial"),
    *("minLower", "minUpper", "minNumeric", "minSpecial"),
)

RESOURCES = {
    "random:index/randomPassword:RandomPassword": Resource(
        "{uuid}", replaces=TEXT, secrets=("result", "bcryptHash"), outputs=text
    ),
    "random:index/randomString:RandomString": Resource("{uuid}", replaces=TEXT, outputs=text),
    "random:index/randomBytes:RandomBytes": Resource(
        "{uuid}", replaces=("keepers", "length"), secrets=("hex", "base64"), outputs=octets("length")
    ),
    "random:index/randomId:RandomId": Resource(
        "{uuid}", replaces=("keepers", "byteLength", "prefix"), outputs=octets("byteLength")
    ),
    "random:index/randomPet:RandomPet": Resource(
        "{uuid}", replaces=("keepers", "length", "prefix", "separator"), outputs=pet
    ),
}


class Cloud(cloud.Cloud):
    resources = RESOURCES
