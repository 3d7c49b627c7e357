"""Renders the user data of an edge node's machine: cloud-init that writes files and starts units, and nothing else.

All work is done by systemd units, which try again what fails; cloud-init's own run is over in seconds.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
import yaml

from ...clouds.contract.machine_boot import MachineBoot
from ...errors import InputError, Problem
from ..networks import CORE_PORT, JOB_TYPES, LAUNCHER_PORT, PORTS
from .choices import BootChoices, choice_problems
from .metrics import NAMESPACE

_TEMPLATES = Path(__file__).parent / "templates"
_LIB = "/usr/local/lib/nodeyard"
_ETC = "/etc/nodeyard"
_HOLD = "/etc/apt/apt.conf.d/99-nodeyard-gpu"
"""Only where there is a driver to be held."""

LOG_FILES: Final = ("/var/log/theta-edge-node/node.log",)
"""The one place with log lines for the cloud, written by the redacting filter alone."""

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

# What goes into /etc/nodeyard/theta.env, which both a shell and systemd read, may need no quoting.
_PLAIN = re.compile(r"[A-Za-z0-9._:/@-]+")
# Lines that are one, but for what programs read: `#!` and shellcheck's.
_COMMENT = re.compile(r"^[ \t]*#(?!!| shellcheck ).*\n", re.M)


def render(node: str, choices: BootChoices, cloud: MachineBoot) -> str:
    """The user data of the machine of `node`, as cloud-init reads it. The node's name is the dimension of its metrics
    and the name of its log stream. Nothing in the user data is secret, and nothing names the container's image, so that
    another image changes no user data.

    Raises `InputError` with everything that the machine could not boot with.
    """
    if problems := [*choice_problems(choices), *_quoting_problems(node, cloud)]:
        raise InputError(f"The edge node {node!r} cannot boot like this.", problems)
    config = {
        "write_files": [_entry(path, text) for path, text in files(node, choices, cloud).items()],
        "runcmd": [
            ["systemctl", "daemon-reload"],
            ["systemctl", "restart", "systemd-journald.service", "logrotate.timer"],
            ["systemctl", "enable", "--now", "--no-block", *_units(choices)],
        ],
    }
    return "#cloud-config\n" + yaml.dump(config, Dumper=_Dumper, sort_keys=False, width=1000)


def files(node: str, choices: BootChoices, cloud: MachineBoot) -> dict[str, str]:
    """Every file that the machine gets, by path, without its comments: EC2's limit leaves room for the code."""
    given = {
        "node": node,
        "choices": choices,
        "cloud": cloud,
        "lib": _LIB,
        "ports": PORTS.values(),
        "core_port": CORE_PORT,
        "launcher_port": LAUNCHER_PORT,
        "job_types": JOB_TYPES,
        "forbidden": (*FORBIDDEN, *choices.network_cidrs),
        "metrics_namespace": NAMESPACE,
    }
    found = {f"{_LIB}/{name}": _bare(text) for name, text in cloud.programs.items()} | dict(_same_for_all())
    for path, template in _templates().items():
        if path.endswith("/theta-spot.service") and not choices.spot:
            continue
        found[path] = _bare(template.render(given))
    if not choices.gpu:
        del found[_HOLD]
    if cloud.agent_config:
        found[f"{_ETC}/agent.conf"] = cloud.agent_config
    return found


def _quoting_problems(node: str, cloud: MachineBoot) -> Iterator[Problem]:
    found = {"node": node, **cloud.settings} | {f"disk_paths[{i}]": path for i, path in enumerate(cloud.disk_paths)}
    for key, value in found.items():
        if not _PLAIN.fullmatch(value):
            yield key, f"{value!r} is empty or has other characters than letters, digits and . _ : / @ -"


def _units(choices: BootChoices) -> list[str]:
    """What is enabled and started at once; the others are started by these. The log comes first."""
    spot = ["theta-spot.service"] if choices.spot else []
    names = ["theta-logs.service", "theta-metrics.timer", "theta-image.timer", "theta-agent.service"]
    return [*names, *spot, "theta-ready.service", "theta-edge-node.service"]


def _entry(path: str, text: str) -> dict[str, Any]:
    mode = "0755" if path.endswith(".sh") else "0600" if path.startswith(_ETC) else "0644"
    return {"path": path, "permissions": mode, "content": text}


@cache
def _bare(text: str) -> str:
    return _COMMENT.sub("", text)


@cache
def _same_for_all() -> Mapping[str, str]:
    """The files that no choice changes, by path."""
    found = {
        _HOLD: _TEMPLATES / "apt-gpu.conf",
        "/etc/logrotate.d/theta-edge-node": _TEMPLATES / "logrotate.conf",
        "/etc/systemd/journald.conf.d/nodeyard.conf": _TEMPLATES / "journald.conf",
        "/etc/systemd/system/logrotate.timer.d/nodeyard.conf": _TEMPLATES / "logrotate.timer.conf",
    }
    programs = sorted(file for file in (_TEMPLATES / "node").iterdir() if file.is_file())
    found |= {f"{_LIB}/{file.name}": file for file in programs}
    return {path: _bare(file.read_text()) for path, file in found.items()}


@cache
def _templates() -> Mapping[str, jinja2.Template]:
    """The templates of all other files, by the file's path."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 what is rendered is no HTML, and no odd characters are let in
    )
    found = {f"{_ETC}/{name}": _TEMPLATES / f"{name}.j2" for name in ("theta.env", "firewall.nft")}
    units = sorted((_TEMPLATES / "units").iterdir())
    found |= {f"/etc/systemd/system/{file.name.removesuffix('.j2')}": file for file in units}
    return {path: environment.from_string(file.read_text()) for path, file in found.items()}


class _Dumper(yaml.CSafeDumper):
    """Writes text of several lines as it is, so that a person can read the user data. libyaml's, which every wheel has:
    Python's takes eight times as long, and a fleet's preview waits for it."""


def _text(dumper: "_Dumper", text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
