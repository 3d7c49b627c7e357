"""Which image a machine boots."""

import re

import pulumi
import pulumi_gcp as gcp
from pulumi import Input, InvokeOptions

from ...errors import InputError
from ...pins.machines import GCP_SERVER, GCP_WITH_DRIVER
from ...pins.pin import MachineImage
from ..kept import kept

IMAGE = re.compile(r"projects/[a-z0-9.:-]+/global/images/[a-z0-9-]+")
FAMILY = re.compile(r"(?P<project>[a-z0-9.:-]+)/(?P<family>[a-z0-9-]+)")


def machine_image(*, gpu: bool) -> MachineImage:
    """`<project>/<family>` of Ubuntu 24.04. `projects/<project>/global/images/<name>` pins an image instead."""
    return GCP_WITH_DRIVER if gpu else GCP_SERVER


def image_problem(image: str) -> str:
    """What is wrong with the name of an image; empty when nothing is."""
    if IMAGE.fullmatch(image) or FAMILY.fullmatch(image):
        return ""
    return f"{image!r} is neither projects/<project>/global/images/<name> nor <project>/<family>"


def image_id(name: str, image: str, parent: pulumi.Resource) -> Input[str]:
    """The id of `image`: an image's (`projects/<project>/global/images/<name>`), or that of a family's newest
    (`<project>/<family>`, such as the public ones of Canonical and Google).

    Makes, for a family: `pulumi:index:Stash`, which keeps the first answer until another family is named. A family
    answers with a newer image every few weeks. A template that names the family itself would let a repaired machine
    boot another image than the one before.
    Raises `InputError` for anything else.
    """
    if IMAGE.fullmatch(image):
        return image
    family = FAMILY.fullmatch(image)
    if family is None:
        raise InputError(f"Machine {name!r} cannot be made on Google Cloud.", [("image", image_problem(image))])
    found = gcp.compute.get_image_output(
        project=family["project"], family=family["family"], opts=InvokeOptions(parent=parent)
    ).self_link
    return kept(f"{name}-image", found, image, parent).apply(lambda link: link[link.index("projects/") :])
