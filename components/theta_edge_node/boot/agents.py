"""The configuration of the cloud's agent on the machine: which of the machine's own metrics it sends, and which log.

The node's metrics are the collector's (metrics.py). On Azure the agent takes its configuration from a data collection
rule, which is a resource (clouds/azure/machine_logs.py) and is told `LOG_FILES`.
"""

import json
from typing import Any, Final

import yaml

from .metrics import DIMENSION
from .spec import BootSpec

LOG_FILES: Final = ("/var/log/theta-edge-node/node.log",)
"""The one place with log lines for the cloud, written by the redacting filter alone."""

_AWS_MEASUREMENTS: Final[dict[str, dict[str, Any]]] = {
    "cpu": {"measurement": ["usage_active", "usage_iowait"], "totalcpu": True, "resources": []},
    "mem": {"measurement": ["used_percent"]},
    "disk": {"measurement": ["used_percent", "inodes_free"], "resources": ["/", "/data"], "drop_device": True},
    "diskio": {
        "measurement": ["reads", "writes", "read_bytes", "write_bytes", "read_time", "write_time", "iops_in_progress"],
        "resources": ["*"],
    },
    "net": {"measurement": ["bytes_sent", "bytes_recv", "drop_in", "drop_out"], "resources": ["*"]},
    "netstat": {"measurement": ["tcp_established"]},
}
_AWS_GPU: Final = {"measurement": ["utilization_gpu", "memory_used", "memory_total", "temperature_gpu"]}


def agent_config(spec: BootSpec) -> str:
    """The agent's configuration file; empty on Azure.

    AWS: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
    GCP: https://cloud.google.com/stackdriver/docs/solutions/agents/ops-agent/configuration
    """
    if spec.cloud == "aws":
        return json.dumps(_cloudwatch(spec), indent=1) + "\n"
    if spec.cloud == "gcp":
        return yaml.safe_dump(_ops_agent(spec), sort_keys=False)
    return ""


def _cloudwatch(spec: BootSpec) -> dict[str, Any]:
    sections = _AWS_MEASUREMENTS | ({"nvidia_gpu": _AWS_GPU} if spec.gpu else {})
    node = {"append_dimensions": {DIMENSION: spec.node}}
    # The group and its retention are the component's: -1 leaves them alone.
    files = [
        {"file_path": path, "log_group_name": spec.log_group, "log_stream_name": spec.node, "retention_in_days": -1}
        for path in LOG_FILES
    ]
    return {
        "agent": {"metrics_collection_interval": 60, "region": spec.region, "omit_hostname": True},
        "metrics": {
            "namespace": spec.metrics_namespace,
            # One series for each node whatever machine it runs on, and one for each of its disks and interfaces.
            "aggregation_dimensions": [[DIMENSION]],
            "metrics_collected": {name: {**section, **node} for name, section in sections.items()},
        },
        "logs": {"logs_collected": {"files": {"collect_list": files}}},
    }


def _ops_agent(spec: BootSpec) -> dict[str, Any]:
    return {
        "logging": {
            "receivers": {spec.log_group: {"type": "files", "include_paths": list(LOG_FILES)}},
            "processors": {
                "node": {"type": "modify_fields", "fields": {f'labels."{DIMENSION}"': {"static_value": spec.node}}}
            },
            # `default_pipeline` would send all of syslog, which no filter of ours has seen.
            "service": {
                "pipelines": {
                    "default_pipeline": {"receivers": []},
                    "theta": {"receivers": [spec.log_group], "processors": ["node"]},
                }
            },
        },
        "metrics": {
            "receivers": {"hostmetrics": {"type": "hostmetrics", "collection_interval": "60s"}},
            "service": {"pipelines": {"default_pipeline": {"receivers": ["hostmetrics"]}}},
        },
    }


def cloudwatch_metrics(config: str) -> frozenset[str]:
    """The names under which CloudWatch knows what this rendered configuration sends: `<section>_<measurement>`."""
    collected = json.loads(config)["metrics"]["metrics_collected"]
    names = {
        # GPU measurements keep the name of their section's tool.
        f"{'nvidia_smi' if section == 'nvidia_gpu' else section}_{measurement}"
        for section, content in collected.items()
        for measurement in content["measurement"]
    }
    return frozenset(names)
