"""Load balancers on Azure: an address of ours on the balancer that AKS has for all Services."""

from pathlib import Path
from typing import Any

import pytest
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.azure.roles import Role
from nodeyard.clouds.contract.left_over import Wanted
from nodeyard.clouds.contract.load_balancer import LoadBalancerSpec
from nodeyard.clouds.contract.platform import CloudName, PlatformContract
from nodeyard.errors import InputError
from sandbox.simulation import cloud_of
from tests.unit.azure.world import ADDRESS, GROUP, OPERATORS, SUBSCRIPTION, ZONES, Make, asked, granted
from tests.unit.recording import Recording

CLOUD = clouds.named(CloudName.AZURE)
BEGINNING = "service.beta.kubernetes.io/azure-"
CLOSED = {f"{BEGINNING}deny-all-except-load-balancer-source-ranges": "true"}
ELSEWHERE = GROUP.replace("platform", "elsewhere") + "/providers/Microsoft.Network/publicIPAddresses/a"
MINE = f"{GROUP}/providers/Microsoft.Network/publicIPAddresses/a"


def spec(**changes: Any) -> LoadBalancerSpec:
    given = {"namespace": "tsm", "service": "tsm0-mpc", "port": 9000, "zones": ZONES[:2], "public": True}
    return LoadBalancerSpec(**{**given, "source_ranges": [OPERATORS], **changes})


def made(make: Make, **changes: Any) -> Recording:
    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        balancer = CLOUD.LoadBalancer("tsm0-mpc", spec(**changes), platform, opts)
        return {"host": balancer.host, "addresses": balancer.addresses, "service": balancer.service}

    return make(program)


def problems(platform: PlatformContract, **changes: Any) -> dict[Any, str]:
    return dict(CLOUD.load_balancer_problems(spec(**changes), platform))


def test_a_public_address_is_kept_and_only_the_cluster_may_hold_it(make: Make, platform: PlatformContract) -> None:
    recording = made(make)
    address = recording.one(ADDRESS)
    assert (address.protect, address.retain_on_delete) == (True, True)
    assert (address.inputs["publicIPAllocationMethod"], address.inputs["zones"]) == ("Static", ["1", "2", "3"])
    assert granted(recording, platform["azure"]["cluster_principal"]) == {(Role.NETWORK_CONTRIBUTOR, address.id)}
    assert recording.exports["host"] == address.outputs["ipAddress"]
    assert recording.exports["addresses"] == [recording.exports["host"]]


def test_the_service_names_a_public_address_and_its_group_and_lets_nobody_else_in(make: Make) -> None:
    assert made(make, sticky=True).exports["service"] == {
        "type": "LoadBalancer",
        "annotations": {
            **CLOSED,
            f"{BEGINNING}load-balancer-resource-group": "platform",
            f"{BEGINNING}pip-name": "tsm0-mpc",
        },
        "sourceRanges": [OPERATORS],
        "healthRanges": [],
        "sticky": True,
    }


def test_a_private_balancer_takes_its_address_in_the_subnet_that_has_it(make: Make, platform: PlatformContract) -> None:
    subnet = platform["private_subnets"][1]
    recording = made(make, public=False, private_address="10.40.64.10", source_ranges=[])
    assert subnet["cidr"] == "10.40.64.0/18"
    assert recording.exports["host"] == "10.40.64.10"
    assert recording.exports["service"]["sourceRanges"] == []
    assert recording.exports["service"]["annotations"] == {
        **CLOSED,
        f"{BEGINNING}load-balancer-internal": "true",
        f"{BEGINNING}load-balancer-internal-subnet": subnet["id"].rpartition("/")[2],
        f"{BEGINNING}load-balancer-ipv4": "10.40.64.10",
    }
    assert not [r for r in recording.resources if r.type.startswith("azure-native:")]


def test_an_address_of_an_earlier_stack_is_found_under_the_balancers_name_and_adopted(
    make: Make, platform: PlatformContract, tmp_path: Path
) -> None:
    assert CLOUD.balancer_addresses("tsm0-mpc", spec()) == ["tsm0-mpc"]
    azure = cloud_of("azure-native", tmp_path / "world", {"subscriptionId": SUBSCRIPTION, "location": "eastus2"})
    inputs = {"resourceGroupName": "platform", "publicIpAddressName": "tsm0-mpc"}
    id_ = azure.create(ADDRESS, "old", inputs, preview=False).id

    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        wanted = Wanted(kind="address", name="tsm0-mpc")
        found = CLOUD.left_over([wanted], platform, asked(opts))
        balancer = CLOUD.LoadBalancer("tsm0-mpc", spec(existing=found[wanted]), platform, opts)
        return {"found": list(found[wanted]), "service": balancer.service}

    recording = make(program)
    assert recording.exports["found"] == [id_]
    assert recording.exports["service"]["annotations"][f"{BEGINNING}pip-name"] == "tsm0-mpc"
    assert granted(recording, platform["azure"]["cluster_principal"]) == {(Role.NETWORK_CONTRIBUTOR, id_)}
    own = [r.type for r in recording.resources if r.name == "tsm0-mpc"]
    assert own == ["nodeyard:azure:LoadBalancer"], "a state would say that the address is this stack's own"


def test_a_balancer_that_keeps_no_address_names_none() -> None:
    assert list(CLOUD.balancer_addresses("a", spec(existing=[MINE]))) == []
    assert list(CLOUD.balancer_addresses("a", spec(public=False, private_address="10.40.64.10"))) == []


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"public": False}, "private_address", "must be given on Azure"),
        ({"public": False, "private_address": "10.41.0.9"}, "private_address", "in none of the platform's"),
        ({"public": False, "private_address": "10.40.0.3"}, "private_address", "none of the first four"),
        ({"public": False, "private_address": "10.40.127.255"}, "private_address", "nor the last"),
        ({"existing": [MINE, MINE]}, "existing", "has one address for all zones"),
        ({"existing": [ELSEWHERE]}, "existing", "is not in the platform's resource group"),
        ({"existing": ["an address"]}, "existing", "is no id of this kind"),
        ({"public": False, "private_address": "10.40.0.9", "existing": [MINE]}, "existing", "for a public"),
    ],
)
def test_what_azure_would_refuse_is_refused(
    make: Make, platform: PlatformContract, changes: Any, key: str, words: str
) -> None:
    assert words in problems(platform, **changes)[key]
    with pytest.raises(InputError) as raised:
        made(make, **changes)
    assert {path for path, _ in raised.value.problems} == {key}


def test_an_address_beside_those_of_azures_own_is_taken(platform: PlatformContract) -> None:
    for address in ("10.40.0.4", "10.40.63.254", "10.40.191.254"):
        assert problems(platform, public=False, private_address=address) == {}
