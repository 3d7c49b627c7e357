"""What was kept is named whole: on AWS several volumes may have one name."""

from collections.abc import Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pulumi_aws as aws
import pytest
from pulumi import InvokeOptions

from nodeyard import clouds, left_over
from nodeyard.clouds.contract.left_over import LOOKING, Wanted
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.errors import InputError
from nodeyard.live import Live
from tests.unit.examples import platform

VOLUMES = {"metis-themis": ["vol-1", "vol-2"], "metis-l2geth": ["vol-3"], "else": ["vol-4"]}


def test_every_volume_of_the_name_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them, chosen for the operator, could be an old copy of a validator's disk."""

    def volumes(filters: Sequence[Any], opts: InvokeOptions) -> SimpleNamespace:
        [filter_] = filters
        return SimpleNamespace(ids=[id_ for name in filter_["values"] for id_ in VOLUMES.get(name, [])])

    monkeypatch.setattr(aws.ebs, "get_ebs_volumes", volumes)
    themis, l2geth, l1dtl = (Wanted(kind="disk", name=f"metis-{part}") for part in ("themis", "l2geth", "l1dtl"))
    cloud = clouds.named(CloudName.AWS)
    found = cloud.left_over([themis, l2geth, l1dtl], platform(), InvokeOptions())
    assert found == {themis: ["vol-1", "vol-2"], l2geth: ["vol-3"]}


class Keeping:
    """A cloud that kept a disk."""

    def left_over(self, wanted: Sequence[Wanted], *_: Any) -> dict[Wanted, list[str]]:
        return {one: ["vol-1"] for one in wanted}


@pytest.mark.parametrize(
    ("previews", "looks", "stops"), [(True, "1", False), (True, "", True), (False, "1", True), (False, "", True)]
)
def test_only_a_preview_that_was_told_so_goes_on_beside_what_was_kept(
    monkeypatch: pytest.MonkeyPatch, previews: bool, looks: str, stops: bool
) -> None:
    """It is `nodeyard recover --planned` that asks then."""
    monkeypatch.setattr(left_over, "is_dry_run", lambda: previews)
    monkeypatch.setenv(LOOKING, looks)
    disk = {Wanted(kind="disk", name="metis-themis"): left_over.Making("metis-themis", ("themis", "existing_disk"))}
    cloud: Any = Keeping()
    with pytest.raises(InputError, match="vol-1 is there already") if stops else nullcontext():
        left_over.check_left_over("It", disk, cloud, platform(), InvokeOptions())


def test_what_the_state_has_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = "urn:pulumi:test::nodeyard::nodeyard:aws:Disk$aws:ebs/volume:Volume::metis-themis"
    monkeypatch.setattr(left_over, "live", lambda: Live({ours: {"outputs": {}}}))
    made = {
        Wanted(kind="disk", name=name): left_over.Making(name, (name, "existing_disk"))
        for name in ("metis-themis", "metis-l2geth")
    }
    cloud: Any = Keeping()
    with pytest.raises(InputError) as raised:
        left_over.check_left_over("It", made, cloud, platform(), InvokeOptions())
    assert list(dict(raised.value.problems)) == ["metis-l2geth.existing_disk"]


@pytest.mark.parametrize(
    ("ids", "adopts", "said"),
    [
        (["vol-1"], True, "vol-1 is there already, kept when an earlier stack or node of this name went: give it here"),
        (["vol-1", "vol-2"], True, "vol-1 and vol-2 are there already under this name: look at each"),
        (["key"], False, "to have its value back read it and give it here. Then delete it there"),
    ],
)
def test_how_to_have_back_what_was_kept_is_said(ids: list[str], adopts: bool, said: str) -> None:
    assert said in left_over._told(ids, left_over.Making("it", ("it",), adopts))


def test_a_server_is_found_by_its_identifier_and_what_is_not_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def servers(filters: Sequence[Any], opts: InvokeOptions) -> SimpleNamespace:
        asked.extend(filters)
        return SimpleNamespace(instance_identifiers=["tsm-0-database"])

    monkeypatch.setattr(aws.rds, "get_instances", servers)
    there, gone = (Wanted(kind="database", name=f"tsm-{player}-database") for player in (0, 1))
    cloud = clouds.named(CloudName.AWS)
    assert cloud.left_over([there, gone], platform(), InvokeOptions()) == {there: ["tsm-0-database"]}
    assert asked == [{"name": "db-instance-id", "values": ["tsm-0-database", "tsm-1-database"]}]
