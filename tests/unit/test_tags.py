"""What each cloud takes as tags, asked before anything is made."""

import pytest

from nodeyard import clouds
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.tagging import tagged
from nodeyard.errors import InputError
from nodeyard.metis_sequencer.settings import resolve
from tests.unit import tsm_players
from tests.unit.examples import sequencer

GOOD = {"owner": "team-a", "cost-centre": "c42"}


@pytest.mark.parametrize("cloud", list(CloudName))
def test_an_owner_and_a_cost_centre_are_taken_on_every_cloud(cloud: CloudName) -> None:
    assert list(clouds.named(cloud).tag_problems(GOOD)) == []


@pytest.mark.parametrize(
    ("cloud", "tags", "key", "words"),
    [
        ("aws", {"Name": "x"}, "Name", "Nodeyard's own"),
        ("aws", {"nodeyard.io/disk": "x"}, "nodeyard.io/disk", "Nodeyard's own"),
        ("aws", {"aws:cost": "x"}, "aws:cost", "AWS' own"),
        ("aws", {"kubernetes.io/cluster/x": "owned"}, "kubernetes.io/cluster/x", "Kubernetes' own"),
        ("aws", {"a" * 129: "x"}, "a" * 129, "is no key"),
        ("aws", {"a": "x" * 257}, "a", "at most 256"),
        ("azure", {"a<b": "x"}, "a<b", "is no key"),
        ("azure", {"Owner": "x", "owner": "y"}, "owner", "more than once"),
        ("azure", {"microsoft.x": "y"}, "microsoft.x", "Azure's own"),
        ("gcp", {"Owner": "x"}, "Owner", "is no key"),
        ("gcp", {"owner": "Team A"}, "owner", "at most 63 of a-z"),
        ("gcp", {"goog-x": "y"}, "goog-x", "Google's own"),
    ],
)
def test_what_a_cloud_would_refuse_is_named_by_its_key(cloud: str, tags: dict[str, str], key: str, words: str) -> None:
    found = dict(clouds.named(CloudName(cloud)).tag_problems(tags))
    assert words in found[(key,)]


@pytest.mark.parametrize("cloud", list(CloudName))
def test_more_tags_than_fit_beside_the_clouds_own_are_refused(cloud: CloudName) -> None:
    ((path, reason),) = clouds.named(cloud).tag_problems({f"tag-{number}": "x" for number in range(51)})
    assert path == ()
    assert "at most fit" in reason


def test_a_sequencer_tells_a_wrong_tag_by_its_path() -> None:
    with pytest.raises(InputError) as raised:
        resolve("metis", sequencer(tags={"aws:x": "y"}))
    assert list(dict(raised.value.problems)) == ["tags.aws:x"]


def test_a_player_tells_a_wrong_tag_by_its_path() -> None:
    assert list(tsm_players.problems(tags={"aws:x": "y"})) == ["tags.aws:x"]


def test_without_tags_a_components_options_stay_as_they_are() -> None:
    assert tagged(clouds.named(CloudName.AWS), {}, None) is None


def test_a_private_dns_zone_of_azure_has_no_more_tags_than_it_can() -> None:
    azure = clouds.named(CloudName.AZURE)
    zone, many = "azure-native:privatedns:PrivateZone", {f"tag-{n}": "x" for n in range(16)}
    assert azure.tagged_inputs(zone, {"tags": None}, GOOD) == {"tags": GOOD}
    assert azure.tagged_inputs(zone, {"tags": None}, many) == {}
    assert azure.tagged_inputs("azure-native:dbforpostgresql:Server", {"tags": None}, many) == {"tags": many}
