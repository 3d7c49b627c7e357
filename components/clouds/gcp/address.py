"""Static addresses on Google Cloud: regional external addresses."""

import pulumi_gcp as gcp
from pulumi import ResourceOptions

from ...pins.images import GOOGLE_CLOUD_CLI
from ..adoption import adopted
from ..contract import address as contract
from ..contract.address import AddressClaim, AddressSpec
from ..contract.platform import PlatformContract
from ..naming import GCP_RESOURCE


class Address(contract.Address):
    """A regional external address, made or adopted, that a pod of its own claims for a node (`Identity` lets it).

    Makes: `gcp:compute:Address`, protected; or reads the one whose id is `spec.existing`
    (`projects/<project>/regions/<region>/addresses/<name>`). Who holds it is not ours to say: the claim is made by the
    pod on each new node and is no part of this resource's inputs.
    """

    def __init__(self, name: str, spec: AddressSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:Address", name, None, opts)
        if spec.existing:
            address = gcp.compute.Address.get(adopted(name), spec.existing, opts=ResourceOptions(parent=self))
        else:
            address = gcp.compute.Address(
                name,
                name=GCP_RESOURCE.fit(name),
                region=platform["region"],
                address_type="EXTERNAL",
                description=f"Nodeyard: {name}",
                opts=ResourceOptions(parent=self, protect=True, retain_on_delete=True),
            )
        self.ingress_address = self.egress_address = address.address
        self.address_id = address.name
        self.register_outputs({"ingress_address": self.ingress_address, "address_id": self.address_id})


def address_claim(platform: PlatformContract) -> AddressClaim:
    """By Google's command line, in a pod of its own: a pod on the host network has the node's identity and none of its
    own, and the node's must hold nothing worth stealing."""
    return AddressClaim(
        way="claimant",
        provider="gcp",
        image=GOOGLE_CLOUD_CLI.reference,
        env={"CLOUDSDK_CORE_PROJECT": platform["account"], "REGION": platform["region"]},
        annotations={},
        address_annotation="",
    )
