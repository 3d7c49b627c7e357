"""How metrics reach CloudWatch, and how EC2 announces that it takes a machine back."""

import json
import os
import subprocess
import urllib.error
import urllib.request

IMDS = os.environ.get("METADATA_URL", "http://169.254.169.254")
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def send(values: dict[str, float]) -> None:
    """One call with at most 1,000 metrics; the instance role may write into this namespace alone."""
    dimensions = [{"Name": "Node", "Value": os.environ["NODE"]}]
    data = [{"MetricName": name, "Dimensions": dimensions, "Value": value} for name, value in values.items()]
    command = ["aws", "cloudwatch", "put-metric-data", "--region", os.environ["REGION"]]
    command += ["--namespace", os.environ["METRICS_NAMESPACE"], "--metric-data", json.dumps(data)]
    environment = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/snap/bin"}
    subprocess.run(command, check=True, timeout=40, env=environment)


def interrupted() -> bool:
    """Two minutes before; 404 until then."""
    age = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    try:
        request = urllib.request.Request(f"{IMDS}/latest/api/token", method="PUT", headers=age)
        token = {"X-aws-ec2-metadata-token": _open(request, timeout=5).read().decode()}
        with _open(urllib.request.Request(f"{IMDS}/latest/meta-data/spot/instance-action", headers=token), timeout=5):
            return True
    except (urllib.error.URLError, TimeoutError):
        return False
