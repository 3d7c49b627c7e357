"""Azure: Azure Monitor's alerts, which `az` has no command for (Microsoft Learn, "Alerts - Get All"). Needs Monitoring
Reader on the subscription."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ...errors import Unreachable
from ...reach import processes
from ...stacks import Account
from ..facts import Alarm

# An alert that was raised more than thirty days ago is not among them: the API has no longer range.
_QUERY = "api-version=2019-03-01&monitorCondition=Fired&timeRange=30d&pageCount=250"


async def ringing(account: Account, names: Sequence[str]) -> list[Alarm]:
    place = f"https://management.azure.com/subscriptions/{account.account}/providers/Microsoft.AlertsManagement/alerts"
    found = await processes.capture_json(["az", "rest", "--method", "get", "--uri", f"{place}?{_QUERY}"])
    ours = {name.lower() for name in names}
    try:
        told = [each["properties"]["essentials"] for each in found["value"]]
        return [
            Alarm(
                name=_rule(essentials),
                severity=essentials.get("severity"),
                since=datetime.fromisoformat(essentials["startDateTime"]).timestamp(),
                summary=essentials.get("description"),
            )
            for essentials in told
            if _rule(essentials).lower() in ours
        ]
    except (LookupError, TypeError, ValueError, AttributeError):
        raise Unreachable("az rest did not answer with alerts.") from None


def _rule(essentials: Mapping[str, str]) -> str:
    """The name of the rule that raised it, which is told by its ARM id."""
    return essentials["alertRule"].rpartition("/")[2]
