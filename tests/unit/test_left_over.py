"""What was kept is named whole: on AWS several volumes may have one name."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pulumi_aws as aws
import pytest
from pulumi import InvokeOptions

from nodeyard import clouds
from nodeyard.clouds.contract.left_over import Wanted
from nodeyard.clouds.contract.platform import CloudName
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
