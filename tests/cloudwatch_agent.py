"""What a configuration of the CloudWatch agent sends."""

import json


def cloudwatch_metrics(config: str) -> frozenset[str]:
    """The names under which CloudWatch knows what this configuration sends: `<section>_<measurement>`."""
    collected = json.loads(config)["metrics"]["metrics_collected"]
    names = {
        # GPU measurements keep the name of their section's tool.
        f"{'nvidia_smi' if section == 'nvidia_gpu' else section}_{measurement}"
        for section, content in collected.items()
        for measurement in content["measurement"]
    }
    return frozenset(names)
