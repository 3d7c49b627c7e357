"""The configuration of the Ops Agent: which of a machine's own metrics it sends, and which log files.

Source: https://cloud.google.com/stackdriver/docs/solutions/agents/ops-agent/configuration
"""

import yaml

from ..contract.machine_boot import DIMENSION, MachineBootSpec


def agent_config(spec: MachineBootSpec) -> str:
    """The agent's configuration file (YAML). The agent names a log after its receiver."""
    return yaml.safe_dump(
        {
            "logging": {
                "receivers": {spec.log_group: {"type": "files", "include_paths": list(spec.log_files)}},
                "processors": {
                    "machine": {
                        "type": "modify_fields",
                        "fields": {f'labels."{DIMENSION}"': {"static_value": spec.machine}},
                    }
                },
                # `default_pipeline` would send all of syslog, which no filter of ours has seen.
                "service": {
                    "pipelines": {
                        "default_pipeline": {"receivers": []},
                        "machine": {"receivers": [spec.log_group], "processors": ["machine"]},
                    }
                },
            },
            "metrics": {
                "receivers": {"hostmetrics": {"type": "hostmetrics", "collection_interval": "60s"}},
                "service": {"pipelines": {"default_pipeline": {"receivers": ["hostmetrics"]}}},
            },
        },
        sort_keys=False,
    )
