"""Which image a machine boots."""

import re

import pulumi
import pulumi_gcp as gcp
from pulumi import Input, InvokeOptions, Output, ResourceOptions

from ...errors import InputError

IMAGE = re.compile(r"projects/[a-z0-9.:-]+/global/images/[a-z0-9-]+")
FAMILY = re.compile(r"(?P<project>[a-z0-9.:-]+)/(?P<family>[a-z0-9-]+)")


def image_problem(image: str) -> str:
    """What is wrong with the name of an image; empty when nothing is."""
    if IMAGE.fullmatch(image) or FAMILY.fullmatch(image):
        return ""
    return f"{image!r} is neither projects/<project>/global/images/<name> nor <project>/<family>"


def image_id(name: str, image: str, parent: pulumi.Resource) -> Input[str]:
    """The id of `image`: an image's (`projects/<project>/global/images/<name>`), or that of a family's newest
    (`<project>/<family>`, such as the public ones of Canonical and Google).

    Makes, for a family: `pulumi:index:Stash`, which keeps the first answer until another family is named. A family
    answers with a newer image every few weeks, which would replace the machine at some `up`; and a template that names
    the family itself would let a repaired machine boot another image than the one before.
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
    kept = pulumi.Stash(f"{name}-image", input=found, opts=ResourceOptions(parent=parent, replacement_trigger=image))
    return Output.from_input(kept.output).apply(lambda link: str(link)[str(link).index("projects/") :])
