"""Which AMI a machine boots."""

import re

import pulumi
import pulumi_aws as aws
from pulumi import Input, InvokeOptions, Output, ResourceOptions

from ...errors import InputError

AMI = re.compile(r"ami-[0-9a-f]{8,17}")
PARAMETER = re.compile(r"/[A-Za-z0-9_./-]+")


def image_problem(image: str) -> str:
    """What is wrong with the name of an image; empty when nothing is."""
    if AMI.fullmatch(image) or PARAMETER.fullmatch(image):
        return ""
    return f"{image!r} is neither an AMI's id nor the path of an SSM parameter"


def image_id(name: str, image: str, parent: pulumi.Resource) -> Input[str]:
    """The id of `image`: an AMI's id, or the SSM parameter that holds one, such as the public ones of AWS and
    Canonical.

    Makes, for a parameter: `pulumi:index:Stash`, which keeps the first answer until another parameter is named. A
    public parameter answers with a newer image every few weeks, which would replace the machine at some `up`.
    Raises `InputError` for anything else.
    """
    if AMI.fullmatch(image):
        return image
    if problem := image_problem(image):
        raise InputError(f"Machine {name!r} cannot be made on AWS.", [("image", problem)])
    # `value` is always secret, and with it every plan of the machine would be unreadable.
    found = aws.ssm.get_parameter_output(name=image, opts=InvokeOptions(parent=parent)).insecure_value
    kept = pulumi.Stash(f"{name}-image", input=found, opts=ResourceOptions(parent=parent, replacement_trigger=image))
    return Output.from_input(kept.output).apply(str)
