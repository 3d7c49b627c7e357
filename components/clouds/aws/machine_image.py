"""Which AMI a machine boots."""

import re

import pulumi
import pulumi_aws as aws
from pulumi import Input, InvokeOptions

from ...errors import InputError
from ..contract.machine import MachineImage
from ..kept import kept

AMI = re.compile(r"ami-[0-9a-f]{8,17}")
PARAMETER = re.compile(r"/[A-Za-z0-9_./-]+")


_SERVER = MachineImage(
    # Ubuntu Server. (https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/)
    "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
    disk_gib=8,
)
_WITH_DRIVER = MachineImage(
    # AWS's Deep Learning Base, with Docker, NVIDIA's toolkit and the CloudWatch agent in it.
    # (https://docs.aws.amazon.com/dlami/latest/devguide/aws-deep-learning-base-gpu-ami-ubuntu-24-04.html)
    "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id",
    # AWS publishes no size; EC2 refuses less for the one on Ubuntu 22.04 ("expect size >= 75GB").
    disk_gib=75,
)


def machine_image(*, gpu: bool) -> MachineImage:
    """The public SSM parameter of Ubuntu 24.04. An AMI's id pins a version, and so does, without a GPU, a release's
    serial instead of `current` in the path."""
    return _WITH_DRIVER if gpu else _SERVER


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
