"""What `up` says of the end of a Kubernetes version's support, and what it lets pass."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pulumi
import pytest
import yaml

from nodeyard import clouds
from nodeyard.clouds.contract.kubernetes_support import NOTICE
from nodeyard.clouds.contract.platform import CloudName
from tests.unit import gcp_world, test_platform
from tests.unit.recording import Recording

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
SHIPPED = date(2026, 11, 29)
"""When the versions in the shipped files were chosen."""

AWS = clouds.named(CloudName.AWS).KUBERNETES_SUPPORT
END = date(2026, 12, 2)
"""Of 1.34 on EKS."""


def test_before_the_end_of_support_the_day_is_told_with_what_follows_and_where_it_stands() -> None:
    assert AWS.warning("1.34", END - NOTICE - timedelta(days=1)) == ""
    told = AWS.warning("1.34", date(2026, 11, 29))
    assert told.startswith("Standard support of Kubernetes 1.34 ends on 2026-12-02, in 3 days. ")
    assert "0.60 USD instead of 0.10" in told
    assert "EKS user guide" in told


def test_after_the_end_of_support_the_day_is_told_too() -> None:
    told = AWS.warning("1.34", END)
    assert told.startswith("Standard support of Kubernetes 1.34 ended on 2026-12-02. ")


def test_of_a_version_older_than_the_calendar_it_is_told_that_its_support_ended() -> None:
    assert "1.21 ended before 2026-03-23" in AWS.warning("1.21", SHIPPED)


@pytest.mark.parametrize("cloud", CloudName)
def test_a_version_newer_than_the_calendar_is_let_through_in_silence(cloud: CloudName) -> None:
    assert clouds.named(cloud).KUBERNETES_SUPPORT.warning("1.99", SHIPPED) == ""


@pytest.mark.parametrize("cloud", CloudName)
def test_every_shipped_platform_is_in_standard_support(cloud: CloudName) -> None:
    file = yaml.safe_load((CONFIGS / f"Pulumi.platform-{cloud}.yaml").read_text())
    version = file["config"]["nodeyard:stack"]["kubernetesVersion"]
    support = clouds.named(cloud).KUBERNETES_SUPPORT
    assert version in support.ends
    assert support.warning(version, SHIPPED) == ""


@pytest.mark.parametrize(
    ("deploy", "end"), [(test_platform.deploy, "2026-07-29"), (gcp_world.deploy, "2026-08-03")], ids=["aws", "gcp"]
)
def test_a_platform_warns_by_the_day_on_which_it_is_deployed(
    deploy: Callable[..., Recording], end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        pulumi.log, "warn", lambda text, *_, **__: told.append(text) if "support of Kubernetes" in text else None
    )
    for day, expected in ((date(2026, 1, 1), 0), (date(2026, 6, 1), 1)):
        monkeypatch.setattr("nodeyard.platform.component.today", lambda day=day: day)
        deploy(kubernetes_version="1.33")
        assert len(told) == expected, day
    assert told[0].startswith(f"Standard support of Kubernetes 1.33 ends on {end}, in ")
