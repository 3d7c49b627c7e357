"""Renders the user data of an edge node's machine: cloud-init that writes files and starts units, and nothing else.

All work is done by systemd units, which try again what fails; cloud-init's own run is over in seconds.
"""

import base64
import gzip
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import jinja2
import yaml

from ...errors import InputError
from ..networks import CORE_PORT, JOB_TYPES, LAUNCHER_PORT, PORTS
from .agents import agent_config
from .spec import BootSpec, Cloud

_TEMPLATES = Path(__file__).parent / "templates"
_LIB = "/usr/local/lib/nodeyard"
_ETC = "/etc/nodeyard"

FORBIDDEN: Final = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "168.63.129.16/32",  # Azure's wire server
    "169.254.0.0/16",  # every cloud's metadata service, and AWS's time, name and credential services
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
)
"""Where the container may not go, whatever the network: private, shared, link-local, special (RFC 6890)."""

# Lines that are one, but for what programs read: `#!` and shellcheck's.
_COMMENT = re.compile(r"^[ \t]*#(?!!| shellcheck ).*\n", re.M)

LIMITS: Final[Mapping[Cloud, int]] = {"aws": 16 * 1024, "azure": 64 * 1024, "gcp": 256 * 1024}
"""Bytes that the clouds take as user data: EC2 before its base64, Azure's custom data after it, a metadata value."""


def render(spec: BootSpec) -> str:
    """The user data as cloud-init reads it."""
    config = {
        "write_files": [_entry(path, text) for path, text in files(spec).items()],
        "runcmd": [
            ["systemctl", "daemon-reload"],
            ["systemctl", "restart", "logrotate.timer"],
            ["systemctl", "enable", "--now", "--no-block", *_units(spec)],
        ],
    }
    return "#cloud-config\n" + yaml.dump(config, Dumper=_Dumper, sort_keys=False, width=1000)


def user_data(spec: BootSpec) -> str:
    """The user data in the form that the cloud's API takes: base64 (AWS, of gzip since 16 KiB are few; Azure), plain
    text (GCP, as the metadata attribute `user-data`). Raises InputError when it is beyond the cloud's limit."""
    text = render(spec).encode()
    # Without a time in it the same input gives the same bytes: a plan shows no change where there is none.
    sent = gzip.compress(text, mtime=0) if spec.cloud == "aws" else text
    encoded = sent if spec.cloud == "gcp" else base64.b64encode(sent)
    size, limit = len(sent if spec.cloud == "aws" else encoded), LIMITS[spec.cloud]
    if size > limit:
        raise InputError(
            "the machine's user data is too long:", [("cloud", f"{size} bytes; {spec.cloud} takes {limit}")]
        )
    return encoded.decode()


def files(spec: BootSpec) -> dict[str, str]:
    """Every file that the machine gets, by path, without its comments: EC2's limit leaves room for the code."""
    clouds = _TEMPLATES / "clouds"
    found = {
        f"{_ETC}/theta.env": _rendered("theta.env.j2", spec),
        f"{_ETC}/firewall.nft": _rendered("firewall.nft.j2", spec),
        f"{_LIB}/cloud.sh": (clouds / f"{spec.cloud}.sh").read_text(),
        f"{_LIB}/cloud_metrics.py": (clouds / f"{spec.cloud}.py").read_text(),
        f"{_LIB}/agent.sh": (clouds / f"{spec.cloud}.agent.sh").read_text(),
        "/etc/logrotate.d/theta-edge-node": (_TEMPLATES / "logrotate.conf").read_text(),
        "/etc/systemd/system/logrotate.timer.d/nodeyard.conf": (_TEMPLATES / "logrotate.timer.conf").read_text(),
    }
    found |= {
        f"{_LIB}/{file.name}": file.read_text() for file in sorted((_TEMPLATES / "node").iterdir()) if file.is_file()
    }
    for file in sorted((_TEMPLATES / "units").iterdir()):
        unit = file.name.removesuffix(".j2")
        if unit != "theta-spot.service" or spec.spot:
            found[f"/etc/systemd/system/{unit}"] = _rendered(f"units/{file.name}", spec)
    if config := agent_config(spec):
        found[f"{_ETC}/agent.conf"] = config
    return {path: _COMMENT.sub("", text) for path, text in found.items()}


def _units(spec: BootSpec) -> list[str]:
    """What is enabled and started at once; the others are started by these. The log comes first."""
    names = ["theta-logs.service", "theta-metrics.timer", "theta-image.timer", "theta-agent.service"]
    return [*names, *(["theta-spot.service"] if spec.spot else []), "theta-ready.service", "theta-edge-node.service"]


def _entry(path: str, text: str) -> dict[str, Any]:
    mode = "0755" if path.endswith(".sh") else "0600" if path.startswith(_ETC) else "0644"
    return {"path": path, "permissions": mode, "content": text}


def _rendered(template: str, spec: BootSpec) -> str:
    return _environment.get_template(template).render(
        spec=spec,
        lib=_LIB,
        ports=PORTS,
        core_port=CORE_PORT,
        launcher_port=LAUNCHER_PORT,
        job_types=JOB_TYPES,
        forbidden=(*FORBIDDEN, *spec.network_cidrs),
    )


_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_TEMPLATES),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 what is rendered is no HTML, and spec.py lets no odd characters in
)


class _Dumper(yaml.CSafeDumper):
    """Writes text of several lines as it is, so that a person can read the user data. libyaml's, which every wheel has:
    Python's takes eight times as long, and a fleet's preview waits for it."""


def _text(dumper: "_Dumper", text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
