"""Where machines' logs go on AWS: CloudWatch Logs."""

import pulumi_aws as aws
from pulumi import ResourceOptions

from ...errors import InputError
from ..contract import log_group as contract
from ..contract.log_group import LogGroupSpec
from ..contract.platform import PlatformContract
from .limits import LOG_DAYS


class LogGroup(contract.LogGroup):
    """A log group named `/nodeyard/<name>`, encrypted with CloudWatch Logs' own key.

    Makes: `aws:cloudwatch:LogGroup`.
    Raises `InputError` for `spec.days` that are none of the retentions that CloudWatch Logs knows (PutRetentionPolicy).
    """

    def __init__(self, name: str, spec: LogGroupSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:LogGroup", name, None, opts)
        if problem := LOG_DAYS.problem(spec.days):
            raise InputError(f"Log group {name!r} cannot be made on AWS.", [("days", problem)])
        group = aws.cloudwatch.LogGroup(
            name,
            name=f"/nodeyard/{name}",
            retention_in_days=spec.days,
            opts=ResourceOptions(parent=self),
        )
        self.log_group = group.name
        self.register_outputs({"log_group": self.log_group})
