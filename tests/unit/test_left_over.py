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
