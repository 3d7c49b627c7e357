"""Those of a cluster's Prometheus, as its Alertmanager has them.

The API is Alertmanager's own (prometheus/alertmanager, api/v2/openapi.yaml). The Prometheus operator makes the Service
`alertmanager-operated` beside every Alertmanager (prometheus-operator/prometheus-operator,
pkg/alertmanager/statefulset.go).
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import httpx

from nodeyard.clouds.contract.platform import MONITORING_NAMESPACE

from ...errors import Unreachable
from ...reach import Answer
from ...reach.http import send
from ...reach.kubernetes import forwarded
from ..facts import Alarm

_SERVICE = "alertmanager-operated"
_PORT = 9093


OF_ANYTHING: Final = 'severity=~"critical|high|warning"'
"""The filter for what is meant for somebody. `Watchdog` always rings, and is not."""


def of_namespace(name: str) -> str:
    """The filter for what is in a namespace."""
    return f'namespace="{name}"'


async def read(filters: Sequence[str], limit: float) -> list[Alarm]:
    """Those that ring and pass one of the filters. Raises `Unreachable`: a team has no rights in the platform's
    monitoring, and a platform may have none."""
    command = ["kubectl", "port-forward", f"service/{_SERVICE}", "--namespace", MONITORING_NAMESPACE]
    async with forwarded(command, [_PORT]) as near:
        url = f"http://127.0.0.1:{near[_PORT]}/api/v2/alerts"
        async with httpx.AsyncClient(timeout=limit, trust_env=False) as client:
            answers = await asyncio.gather(*(_ask(client, url, each, limit) for each in filters))
    return [alarm for each in answers for alarm in each]


async def _ask(client: httpx.AsyncClient, url: str, chosen: str, limit: float) -> list[Alarm]:
    wanted = {"active": "true", "silenced": "false", "inhibited": "false", "filter": chosen}
    answer = await send(client, client.build_request("GET", url, params=wanted), limit)
    if not isinstance(answer, Answer):
        raise Unreachable(f"Alertmanager: {answer.reason}")
    try:
        return [_alarm(each) for each in json.loads(answer.text)]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise Unreachable(f"Alertmanager's answer is none that it documents (HTTP {answer.status})") from None


def _alarm(told: Any) -> Alarm:
    return Alarm(
        name=str(told["labels"]["alertname"]),
        severity=told["labels"].get("severity"),
        since=datetime.fromisoformat(told["startsAt"]).timestamp(),
        summary=told["annotations"].get("summary"),
    )
