"""Helm charts rendered by the real Helm. What cannot be fetched offline is recorded, not rendered."""

import hashlib
import json
import os
import re
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .. import bootstrap
from .values import SIGNATURE, has_unknown

#: What a cluster of ours offers besides Kubernetes itself: charts ask before they render a ServiceMonitor.
OFFERED = ("monitoring.coreos.com/v1", "secrets-store.csi.x-k8s.io/v1")


class Loader(yaml.CSafeLoader):
    """YAML as Kubernetes reads it: a lone `=`, as some definitions list it among operators, is text."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: str(node.value))


class HelmError(Exception):
    """Helm's own words."""


def local_chart(inputs: dict[str, Any]) -> Path | None:
    chart = Path(str(inputs.get("chart")))
    return chart.resolve() if (chart / "Chart.yaml").exists() or (chart.suffix == ".tgz" and chart.exists()) else None


def checksum(chart: Path) -> str:
    """Of everything in the chart: what was rendered from other templates is rendered again."""
    files = (
        [chart]
        if chart.is_file()
        else sorted(Path(d, f) for d, _, names in os.walk(chart, followlinks=True) for f in names)
    )
    content = hashlib.sha256()
    for file in files:
        content.update(f"{file.relative_to(chart.parent)}\0".encode() + file.read_bytes())
    return content.hexdigest()


def version_of(chart: Path) -> str:
    """What the provider goes by when it looks whether a chart has changed: the version that it says of itself."""
    if chart.is_dir():
        text: Any = (chart / "Chart.yaml").read_text()
    else:
        with tarfile.open(chart) as archive:
            name = next(name for name in archive.getnames() if re.fullmatch(r"[^/]+/Chart\.yaml", name))
            text = archive.extractfile(name)
            assert text
            text = text.read()
    return str(yaml.safe_load(text)["version"])


def render(inputs: dict[str, Any], version: str) -> list[dict[str, Any]]:
    """The release's objects, its custom resource definitions and hooks included, its tests not."""
    chart = local_chart(inputs)
    if chart is None:
        raise HelmError(f"chart {inputs.get('chart')} is not on this machine")
    command = [
        *("template", inputs["name"], str(chart), "--namespace", inputs["namespace"]),
        *("--kube-version", version, *(f"--api-versions={offered}" for offered in OFFERED)),
        *(() if inputs.get("skipCrds") else ("--include-crds",)),
        *(("--dependency-update",) if inputs.get("dependencyUpdate") else ()),
    ]
    # JSON is YAML, and written and read in no time.
    documents = json.loads(run(tuple(command), json.dumps(values_of(inputs), ensure_ascii=False), checksum(chart)))
    items = [item for document in documents for item in (document["items"] if listed(document) else [document])]
    return [item for item in items if "test" not in hooks_of(item)]


@cache
def run(command: tuple[str, ...], values: str, _checksum: str) -> str:
    """The documents that Helm prints, as JSON."""
    result = subprocess.run(
        [binary(), *command, "--values", "-"],
        input=values,
        env=environment(),
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise HelmError(complaint(result.stderr))
    return json.dumps([document for document in yaml.load_all(result.stdout, Loader) if document])


def complaint(stderr: str) -> str:
    """Why Helm failed, in its own words. Of every link in a chart it speaks first, whatever went wrong."""
    lines = [line for line in stderr.splitlines() if "found symbolic link in path" not in line]
    return "\n".join(lines).strip().removeprefix("Error: ")


def environment() -> dict[str, str]:
    """Nothing of the user's own Helm."""
    home = Path(os.environ.get("SANDBOX_HOME") or tempfile.gettempdir()) / "helm"
    return {**os.environ, **{f"HELM_{kind}_HOME": str(home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}}


def values_of(inputs: dict[str, Any]) -> dict[str, Any]:
    """The release's values: those of its files, and over them those that it was given."""
    merged: dict[str, Any] = {}
    for values in (*map(text_of, inputs.get("valueYamlFiles") or []), inputs.get("values")):
        merged = overlaid(merged, values or {})
    return merged


@cache
def binary() -> str:
    """Helm as the wrapper found it, or, in unit tests, as it would find it."""
    return os.environ.get("SANDBOX_HELM") or str(bootstrap.tool("helm"))


def listed(document: dict[str, Any]) -> bool:
    return document.get("kind") == "List" and document.get("apiVersion") == "v1"


def text_of(asset: dict[str, Any]) -> Any:
    text = asset.get("text") or Path(asset["path"]).read_text()
    return yaml.load(text, yaml.CSafeLoader)


def overlaid(below: Any, above: Any) -> Any:
    """Values over values, as Helm lays them: maps merge, everything else is replaced."""
    if isinstance(below, dict) and isinstance(above, dict):
        return below | {key: overlaid(below.get(key), value) for key, value in above.items()}
    return above


def hooks_of(item: dict[str, Any]) -> list[str]:
    annotations = (item.get("metadata") or {}).get("annotations") or {}
    return re.split(r",\s*", annotations.get("helm.sh/hook", ""))


def incomplete(inputs: dict[str, Any]) -> bool:
    """Whether what the chart is given is not known yet."""
    return has_unknown({key: value for key, value in inputs.items() if key != SIGNATURE})
