"""Where machines' logs go on AWS: CloudWatch Logs."""

import pulumi_aws as aws
from pulumi import ResourceOptions

from .. import contract
from ..contract import LogGroupSpec, PlatformContract


class LogGroup(contract.LogGroup):
    """A log group named `/nodeyard/<name>`, encrypted with CloudWatch Logs' own key.

    Makes: `aws:cloudwatch:LogGroup`. `spec.days` is one of the retentions that CloudWatch Logs knows: 1, 3, 5, 7, 14,
    30, 60, 90, 120, 150, 180, 365 and more (PutRetentionPolicy).
    """

    def __init__(self, name: str, spec: LogGroupSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:LogGroup", name, None, opts)
        group = aws.cloudwatch.LogGroup(
            name,
            name=f"/nodeyard/{name}",
            retention_in_days=spec.days,
            opts=ResourceOptions(parent=self),
        )
        self.log_group = group.name
        self.register_outputs({"log_group": self.log_group})
