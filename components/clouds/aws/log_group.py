"""Where machines' logs go on AWS: CloudWatch Logs."""

import pulumi_aws as aws
from pulumi import ResourceOptions

from ...errors import InputError
from ..contract import log_group as contract
from ..contract.log_group import LogGroupSpec
from ..contract.platform import PlatformContract

DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


def days_problem(days: int) -> str:
    """What is wrong with a retention; empty when nothing is."""
    return "" if days in DAYS else f"CloudWatch Logs keeps logs for {', '.join(map(str, DAYS))} days, not {days}"


class LogGroup(contract.LogGroup):
    """A log group named `/nodeyard/<name>`, encrypted with CloudWatch Logs' own key.

    Makes: `aws:cloudwatch:LogGroup`.
    Raises `InputError` for `spec.days` that are none of the retentions that CloudWatch Logs knows (PutRetentionPolicy).
    """

    def __init__(self, name: str, spec: LogGroupSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:LogGroup", name, None, opts)
        if problem := days_problem(spec.days):
            raise InputError(f"Log group {name!r} cannot be made on AWS.", [("days", problem)])
        group = aws.cloudwatch.LogGroup(
            name,
            name=f"/nodeyard/{name}",
            retention_in_days=spec.days,
            opts=ResourceOptions(parent=self),
        )
        self.log_group = group.name
        self.register_outputs({"log_group": self.log_group})
