"""Load balancers on Google Cloud, as the engine would be told, and as GKE is told."""

from typing import Any

import pulumi
import pytest
from pulumi import Output, ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.contract.left_over import Wanted
from nodeyard.clouds.contract.load_balancer import LoadBalancerSpec
from nodeyard.clouds.contract.platform import CloudName
from sandbox.mocks import SandboxMocks
from tests.unit.gcp_world import ADDRESS, PROJECT, REGION, SUBNET, ZONES, platform, recorded, refused
from tests.unit.recording import Recording
from tests.unit.worlds import plant, with_platform

CLOUD = clouds.named(CloudName.GCP)
SOMEWHERE = ["192.31.196.0/24"]
THEIRS = f"projects/{PROJECT}/regions/{REGION}/addresses/theirs"


def spec(**changes: Any) -> LoadBalancerSpec:
    given = {
        "namespace": "tsm",
        "service": "tsm-mpc",
        "port": 9000,
        "zones": ZONES[:2],
        "public": True,
        "source_ranges": SOMEWHERE,
    }
    return LoadBalancerSpec(**{**given, **changes})


def balancer(mocks: SandboxMocks | None = None, **changes: Any) -> tuple[Recording, dict[str, Any]]:
    told: dict[str, Any] = {}

    def program() -> None:
        made = CLOUD.LoadBalancer("mpc", spec(**changes), platform(), ResourceOptions())
        known = Output.all(host=made.host, addresses=made.addresses, service=made.service)
        known.apply(told.update)

    return recorded(program, mocks=mocks), told


def problems(**changes: Any) -> dict[str, str]:
    return refused(lambda: CLOUD.LoadBalancer("mpc", spec(**changes), platform(), ResourceOptions()))


def test_a_public_balancer_has_a_protected_address_that_the_service_takes() -> None:
    made, told = balancer(sticky=True)
    address = made.one(ADDRESS)
    assert (address.inputs["addressType"], address.inputs["region"]) == ("EXTERNAL", REGION)
    assert (address.protect, address.retain_on_delete) == (True, True)
    assert told["host"] == address.outputs["address"]
    assert told["addresses"] == [told["host"]]
    assert told["service"] == {
        "type": "LoadBalancer",
        "annotations": {"cloud.google.com/l4-rbs": "enabled"},
        "address": told["host"],
        "sourceRanges": SOMEWHERE,
        "healthRanges": [],
        "sticky": True,
    }


def test_a_private_balancer_has_an_address_of_the_platforms_subnet() -> None:
    made, told = balancer(public=False, private_address="10.42.128.9")
    address = made.one(ADDRESS)
    wanted = {"addressType": "INTERNAL", "purpose": "GCE_ENDPOINT", "subnetwork": SUBNET, "address": "10.42.128.9"}
    assert wanted.items() <= address.inputs.items()
    assert not address.protect
    assert told["host"] == "10.42.128.9"
    assert told["service"]["annotations"] == {"networking.gke.io/load-balancer-type": "Internal"}
    assert told["service"]["address"] == "10.42.128.9"


def test_a_private_balancer_takes_any_free_address_unless_told() -> None:
    made, told = balancer(public=False)
    assert made.one(ADDRESS).inputs.get("address") is None
    assert told["host"] == made.one(ADDRESS).outputs["address"] != ""


def test_who_may_call_may_be_known_later_and_may_be_nobody() -> None:
    later: Output[list[str]] = pulumi.Output.from_input(["10.0.0.0/8"]).apply(lambda _: [])
    _, told = balancer(source_ranges=later)
    assert told["service"]["sourceRanges"] == []


def test_an_adopted_address_is_read_and_none_is_made() -> None:
    mocks = with_platform(platform())
    plant(mocks, ADDRESS, THEIRS, address="34.70.0.1")
    made, told = balancer(mocks, existing=[THEIRS])
    assert made.read == [("mpc-adopted", THEIRS)]
    assert not [resource for resource in made.resources if resource.type == ADDRESS]
    assert told["host"] == "34.70.0.1"


@pytest.mark.parametrize("public", [True, False])
def test_an_address_that_an_earlier_stack_left_is_found_by_the_balancers_name(public: bool) -> None:
    mocks = with_platform(platform())
    id_ = f"projects/{PROJECT}/regions/{REGION}/addresses/mpc"
    plant(mocks, ADDRESS, id_, f"{PROJECT}/{REGION}", name="mpc")
    wanted, found = Wanted(kind="address", name="mpc"), {}

    def program() -> None:
        found.update(CLOUD.left_over([wanted], platform(), pulumi.InvokeOptions()))

    recorded(program, mocks=mocks)
    assert found == {wanted: [id_]}
    made, _ = balancer(public=public)
    assert made.one(ADDRESS).id == id_, "and so it is the one that is in the way"


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"zones": []}, "zones", "name the zones"),
        ({"zones": ["europe-west1-b"]}, "zones[0]", "no zone of us-central1"),
        ({"private_address": "10.42.128.9"}, "private_address", "has none"),
        ({"public": False, "existing": [THEIRS]}, "existing", "not adopted"),
        ({"existing": [THEIRS, THEIRS]}, "existing", "one address"),
        ({"existing": [THEIRS.replace(REGION, "us-east4")]}, "existing[0]", "not in the platform's region"),
        ({"public": False, "private_address": "10.42.0.9"}, "private_address", "is not in the platform's subnet"),
        ({"public": False, "private_address": "10.42.192.0"}, "private_address", "is not in the platform's subnet"),
        *(
            ({"public": False, "private_address": address}, "private_address", "first two")
            for address in ("10.42.128.0", "10.42.128.1", "10.42.191.254", "10.42.191.255")
        ),
    ],
)
def test_what_google_would_refuse_is_refused_before(changes: dict[str, Any], path: str, words: str) -> None:
    found = problems(**changes)
    assert [*found] == [path]
    assert words in found[path]


@pytest.mark.parametrize("address", ["10.42.128.2", "10.42.191.253"])
def test_the_ends_of_the_subnet_may_be_taken(address: str) -> None:
    assert not [*CLOUD.load_balancer_problems(spec(public=False, private_address=address), platform())]
