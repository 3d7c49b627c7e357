"""What the CloudWatch agent takes in its configuration, as far as ours has it.

The agent's own JSON schema (aws/amazon-cloudwatch-agent, translator/config/schema.json) comes in no package: its Go
module is not to be had. These are its bounds of what ours uses, read from the repository at ab55b8d (2026-08-07) and
written anew, and a name that is not here is refused, where the agent's schema lets some pass. Both of our files passed
the agent's own schema there when this was written.
"""

import base64
import gzip
import json
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tests.vendors.finished import Made

GZIP = b"\x1f\x8b"
Name = Annotated[str, Field(min_length=1, max_length=255)]
Dimension = Annotated[str, Field(min_length=1, max_length=1024)]
Resources = Annotated[list[Annotated[str, Field(min_length=1, max_length=4096)]], Field(max_length=256)]
LogName = Annotated[str, Field(min_length=1, max_length=512)]
Days = Literal[
    *(-1, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Section(Strict):
    measurement: list[Name]
    append_dimensions: Annotated[dict[str, Dimension], Field(max_length=30)] = {}
    resources: Resources = []


class Cpu(Section):
    measurement: list[Literal["usage_active", "usage_idle", "usage_iowait", "usage_system", "usage_user"]]
    resources: Annotated[list[Literal["*"]], Field(max_length=1)] = []
    totalcpu: bool = True


class Disk(Section):
    drop_device: bool = False


class Sections(Strict):
    cpu: Cpu | None = None
    disk: Disk | None = None
    diskio: Section | None = None
    mem: Section | None = None
    net: Section | None = None
    netstat: Section | None = None
    nvidia_gpu: Section | None = None


class Metrics(Strict):
    namespace: Name
    aggregation_dimensions: Annotated[list[Annotated[list[Dimension], Field(max_length=30)]], Field(min_length=1)]
    metrics_collected: Sections


class LogFile(Strict):
    file_path: Annotated[str, Field(max_length=4096)]
    log_group_name: LogName
    log_stream_name: LogName
    retention_in_days: Days


class LogFiles(Strict):
    collect_list: Annotated[list[LogFile], Field(min_length=1, max_length=16384)]


class Files(Strict):
    files: LogFiles


class Logs(Strict):
    logs_collected: Files


class Agent(Strict):
    metrics_collection_interval: Annotated[int, Field(ge=1, le=172_800)]
    region: Annotated[str, Field(min_length=1, max_length=64)]
    omit_hostname: bool


class Configuration(Strict):
    agent: Agent
    metrics: Metrics
    logs: Logs


def configuration_of(template: Made) -> Any:
    """What a launch template's user data has for the agent; None where it has no agent."""
    told = base64.b64decode(template.inputs["userData"])
    if not told.startswith(GZIP):
        return None
    written = yaml.safe_load(gzip.decompress(told))["write_files"]
    return next((json.loads(file["content"]) for file in written if file["path"].endswith("/agent.conf")), None)


def problems(configuration: Any) -> list[str]:
    """What the agent would refuse of its configuration."""
    try:
        Configuration.model_validate(configuration)
    except ValidationError as error:
        return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    return []
