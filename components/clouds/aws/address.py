"""Static addresses on AWS: elastic IPs."""

import pulumi_aws as aws
from pulumi import ResourceOptions

from ...pins.images import AWS_CLI
from ..adoption import adopted
from ..contract import address as contract
from ..contract.address import AddressClaim, AddressSpec
from ..contract.platform import PlatformContract


class Address(contract.Address):
    """An elastic IP, made or adopted, that a pod claims for its node (`Identity` lets it).

    Makes: `aws:ec2:Eip`, protected; or reads the one whose allocation id is `spec.existing`. Who holds it is not ours
    to say: an association is made by the pod at each start and is no part of this resource's inputs.
    """

    def __init__(self, name: str, spec: AddressSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Address", name, None, opts)
        if spec.existing:
            address = aws.ec2.Eip.get(adopted(name), spec.existing, opts=ResourceOptions(parent=self))
        else:
            address = aws.ec2.Eip(
                name,
                domain="vpc",
                tags={"Name": name},
                opts=ResourceOptions(parent=self, protect=True, retain_on_delete=True),
            )
        self.ingress_address = self.egress_address = address.public_ip
        self.address_id = address.allocation_id
        self.register_outputs({"ingress_address": self.ingress_address, "address_id": self.address_id})


def address_claim(platform: PlatformContract) -> AddressClaim:
    """By the AWS command line, under the identity of the pod that claims."""
    return AddressClaim(
        way="pod",
        provider="aws",
        image=AWS_CLI.reference,
        env={"AWS_REGION": platform["region"]},
        annotations={},
        address_annotation="",
    )
