"""AWS: CloudWatch. Needs `cloudwatch:DescribeAlarms`."""

from collections.abc import Sequence
from datetime import datetime

from ...errors import Unreachable
from ...reach import processes
from ...stacks import Account
from ..facts import Alarm


async def ringing(account: Account, names: Sequence[str]) -> list[Alarm]:
    wanted = ["--alarm-names", *names, "--state-value", "ALARM", "--region", account.region, "--output", "json"]
    found = await processes.capture_json(["aws", "cloudwatch", "describe-alarms", *wanted])
    try:
        return [
            Alarm(
                name=each["AlarmName"],
                since=datetime.fromisoformat(each["StateUpdatedTimestamp"]).timestamp(),
                summary=each.get("AlarmDescription") or each.get("StateReason"),
            )
            for each in found["MetricAlarms"]
        ]
    except (LookupError, TypeError, ValueError):
        raise Unreachable("aws cloudwatch describe-alarms did not answer as it should.") from None
