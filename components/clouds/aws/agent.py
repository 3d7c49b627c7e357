"""The configuration of the CloudWatch agent: which of a machine's own metrics it sends, and which log files.

Source: the CloudWatch user guide, "Manually create or edit the CloudWatch agent configuration file".
"""

import json
from typing import Any, Final

from ..contract.machine_boot import DIMENSION, MachineBootSpec

_MEASUREMENTS: Final[dict[str, dict[str, Any]]] = {
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
_GPU: Final = {"measurement": ["utilization_gpu", "memory_used", "memory_total", "temperature_gpu"]}


def agent_config(spec: MachineBootSpec, region: str) -> str:
    """The agent's configuration file (JSON)."""
    sections = _MEASUREMENTS | ({"nvidia_gpu": _GPU} if spec.gpu else {})
    machine = {"append_dimensions": {DIMENSION: spec.machine}}
    # The group and its retention are a resource's: -1 leaves them alone.
    files = [
        {"file_path": path, "log_group_name": spec.log_group, "log_stream_name": spec.machine, "retention_in_days": -1}
        for path in spec.log_files
    ]
    config = {
        "agent": {"metrics_collection_interval": 60, "region": region, "omit_hostname": True},
        "metrics": {
            "namespace": spec.metrics_namespace,
            # One series for each name whatever machine has it, and one for each of its disks and interfaces.
            "aggregation_dimensions": [[DIMENSION]],
            "metrics_collected": {name: {**section, **machine} for name, section in sections.items()},
        },
        "logs": {"logs_collected": {"files": {"collect_list": files}}},
    }
    return json.dumps(config, indent=1) + "\n"
