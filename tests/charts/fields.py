"""The fields that an object may have: Kubernetes', and the Prometheus operator's."""

from __future__ import annotations

from typing import Any

import jsonschema
import kubernetes_validate

KUBERNETES = "1.37"


def check_fields(item: dict[str, Any]) -> None:
    """Refuse an object that misses a field, or has one that is not known."""
    if item["kind"] in OPERATOR:
        jsonschema.validate(item, OPERATOR[item["kind"]])
    else:
        kubernetes_validate.validate(item, KUBERNETES, strict=True)


def fields(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": {**required, **optional},
    }


STRINGS = {"type": "object", "additionalProperties": {"type": "string"}}
STRING = {"type": "string"}
METADATA = fields({"name": STRING, "namespace": STRING, "labels": STRINGS})
ALERT = fields({"alert": STRING, "expr": STRING, "labels": STRINGS, "annotations": STRINGS}, **{"for": STRING})
RECORD = fields({"record": STRING, "expr": STRING})
# The fields of the Prometheus operator's v1 API that our charts use.
OPERATOR = {
    "ServiceMonitor": fields(
        {"apiVersion": {"const": "monitoring.coreos.com/v1"}, "kind": STRING, "metadata": METADATA},
        spec=fields(
            {
                "selector": fields({"matchLabels": STRINGS}),
                "namespaceSelector": fields({"matchNames": {"type": "array", "items": STRING}}),
                "endpoints": {
                    "type": "array",
                    "items": fields(
                        {"port": STRING, "interval": {"pattern": "^[0-9]+s$"}},
                        path=STRING,
                        authorization=fields({"type": STRING, "credentials": fields({"name": STRING, "key": STRING})}),
                    ),
                },
            }
        ),
    ),
    "PrometheusRule": fields(
        {"apiVersion": {"const": "monitoring.coreos.com/v1"}, "kind": STRING, "metadata": METADATA},
        spec=fields(
            {
                "groups": {
                    "type": "array",
                    "items": fields(
                        {
                            "name": STRING,
                            "interval": STRING,
                            "rules": {
                                "type": "array",
                                "items": {"oneOf": [ALERT, RECORD]},
                            },
                        }
                    ),
                }
            }
        ),
    ),
}
