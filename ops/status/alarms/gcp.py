"""Google Cloud: Cloud Monitoring's alerts. Needs Monitoring Alert Viewer."""

from collections.abc import Sequence
from datetime import datetime

from ...errors import Unreachable
from ...reach import processes
from ...stacks import Account
from ..facts import Alarm


async def ringing(account: Account, names: Sequence[str]) -> list[Alarm]:
    """`names` are those of policies, as in `projects/<project>/alertPolicies/<number>`."""
    wanted = ["--filter", "state=OPEN", "--project", account.account, "--format", "json"]
    found = await processes.capture_json(["gcloud", "monitoring", "alerts", "list", *wanted])
    try:
        return [
            Alarm(
                name=each["policy"]["displayName"],
                severity=each["policy"].get("severity"),
                since=datetime.fromisoformat(each["openTime"]).timestamp(),
            )
            for each in found
            if each["policy"]["name"] in names
        ]
    except (LookupError, TypeError, ValueError, AttributeError):
        raise Unreachable("gcloud monitoring alerts list did not answer as it should.") from None
