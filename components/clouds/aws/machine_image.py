"""Which AMI a machine boots."""

import re

import pulumi
import pulumi_aws as aws
from pulumi import Input, InvokeOptions

from ...errors import InputError
from ...pins.machines import AWS_SERVER, AWS_WITH_DRIVER
from ...pins.pin import MachineImage
from ..kept import kept

AMI = re.compile(r"ami-[0-9a-f]{8,17}")
PARAMETER = re.compile(r"/[A-Za-z0-9_./-]+")


def machine_image(*, gpu: bool) -> MachineImage:
    """The public SSM parameter of Ubuntu 24.04. An AMI's id pins a version, and so does, without a GPU, a release's
    serial instead of `current` in the path."""
    return AWS_WITH_DRIVER if gpu else AWS_SERVER


def image_problem(image: str) -> str:
    """What is wrong with the name of an image; empty when nothing is."""
    if AMI.fullmatch(image) or PARAMETER.fullmatch(image):
        return ""
    return f"{image!r} is neither an AMI's id nor the path of an SSM parameter"


def image_id(name: str, image: str, parent: pulumi.Resource) -> Input[str]:
    """The id of `image`: an AMI's id, or the SSM parameter that holds one, such as the public ones of AWS and
    Canonical.

    Makes, for a parameter: `pulumi:index:Stash`, which keeps the first answer until another parameter is named. A
    public parameter answers with a newer image every few weeks.
    Raises `InputError` for anything else.
    """
    if AMI.fullmatch(image):
        return image
    if problem := image_problem(image):
        raise InputError(f"Machine {name!r} cannot be made on AWS.", [("image", problem)])
    # `value` is always secret, and with it every plan of the machine would be unreadable.
    found = aws.ssm.get_parameter_output(name=image, opts=InvokeOptions(parent=parent)).insecure_value
    return kept(f"{name}-image", found, image, parent)
