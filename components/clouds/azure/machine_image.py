"""Which image a machine boots."""

import re

from pulumi_azure_native import compute

from ...errors import InputError
from ...pins.machines import AZURE_SERVER, AZURE_WITH_DRIVER
from ...pins.pin import MachineImage

URN = re.compile(r"[\w.-]+(:[\w.-]+){2,3}")
IMAGE_ID = re.compile(r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Compute/.*images/.+", re.I)


def machine_image(*, gpu: bool) -> MachineImage:
    """`publisher:offer:sku` of Ubuntu 24.04, with a GPU of 22.04. A version after it pins one."""
    return AZURE_WITH_DRIVER if gpu else AZURE_SERVER


def image_problem(image: str) -> str:
    """What is wrong with the name of an image; empty when nothing is."""
    if IMAGE_ID.fullmatch(image) or URN.fullmatch(image):
        return ""
    return f"{image!r} is neither publisher:offer:sku[:version] nor the ARM id of an image"


def image_reference(name: str, image: str) -> compute.ImageReferenceArgsDict:
    """`publisher:offer:sku` or `publisher:offer:sku:version` of the marketplace, or the ARM id of an image.

    Without a version Azure takes the latest once, when it makes the machine, and moves no machine on to a later one
    (Azure's "Find and use Azure Marketplace VM images"): the machine's `exactVersion` says which it was.
    Raises `InputError` for anything else.
    """
    if IMAGE_ID.fullmatch(image):
        return {"id": image}
    if problem := image_problem(image):
        raise InputError(f"Machine {name!r} cannot be made on Azure.", [("image", problem)])
    publisher, offer, sku, *version = image.split(":")
    return {"publisher": publisher, "offer": offer, "sku": sku, "version": version[0] if version else "latest"}
