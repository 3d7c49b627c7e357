"""Where machines' logs go on Google Cloud: a log of Cloud Logging with a bucket of its own."""

from pulumi import Output, ResourceOptions

from ...errors import InputError
from ..contract import log_group as contract
from ..contract.log_group import LogGroupSpec
from ..contract.platform import PlatformContract
from ..naming import GCP_KEY
from .limits import LOG_DAYS
from .log_bucket import keep_apart


class LogGroup(contract.LogGroup):
    """A log named `name`, which is there once somebody writes to it, kept in the platform's region for `spec.days`.

    Makes: `gcp:logging:ProjectBucketConfig` (retained), `ProjectSink`, `ProjectExclusion` (`log_bucket.keep_apart`).
    Raises `InputError` for days that Cloud Logging does not keep logs for.
    """

    def __init__(self, name: str, spec: LogGroupSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:LogGroup", name, None, opts)
        if problem := LOG_DAYS.problem(spec.days):
            raise InputError(f"Log group {name!r} cannot be made on Google Cloud.", [("days", problem)])
        log = GCP_KEY.fit(name)
        keep_apart(
            name,
            f"Logs of {name}",
            f'logName="projects/{platform["account"]}/logs/{log}"',
            project=platform["account"],
            region=platform["region"],
            days=spec.days,
            opts=ResourceOptions(parent=self),
        )
        self.log_group = Output.from_input(log)
        self.register_outputs({"log_group": self.log_group})
