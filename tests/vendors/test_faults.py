"""What docs/proved/models.md says of faults is what the tables of faults have."""

import re

import pytest

from tests.engine.harness import CHECKOUT
from tests.vendors import aws_faults, azure_faults, google_faults
from tests.vendors.faults import Fault

PAGE = (CHECKOUT / "docs/proved/models.md").read_text()


@pytest.mark.parametrize(
    ("row", "faults", "judge"),
    [
        ("service models", aws_faults.FAULTS, "api"),
        ("CloudFormation", aws_faults.FAULTS, "cfn"),
        ("authorization reference", aws_faults.FAULTS, "iam"),
        ("models", azure_faults.FAULTS, "azure"),
        ("documents", google_faults.FAULTS, "google"),
    ],
)
def test_the_page_says_how_many_faults_each_judge_sees(row: str, faults: tuple[Fault, ...], judge: str) -> None:
    seen = sum(judge in fault.seen_by.split() for fault in faults)
    assert re.search(rf"^\| {row} \| .* \| {seen} of {len(faults)} \|$", PAGE, re.MULTILINE)


def test_the_page_says_how_many_faults_on_aws_somebody_sees() -> None:
    seen = sum(bool(fault.seen_by) for fault in aws_faults.FAULTS)
    assert f"Of AWS' {len(aws_faults.FAULTS)} at least one judge sees {seen}." in PAGE
