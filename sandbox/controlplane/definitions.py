"""The custom resource definitions that our stacks use.

The Prometheus operator's own, and those of the Secrets Store CSI driver, of AWS' load balancer controller and of GKE,
made from the fields that the sandbox checks by without an API server (simulation/crds).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from sandbox.simulation.strict import CRDS

MADE = (("secrets-store.csi.x-k8s.io", "v1"), ("elbv2.k8s.aws", "v1beta1"), ("cloud.google.com", "v1"))
"""Groups, each with its version."""
OPEN = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def definitions(binaries: Path) -> Iterator[dict[str, Any]]:
    for name in ("podmonitors", "prometheusrules", "servicemonitors"):
        yield yaml.safe_load((binaries / f"{name}.yaml").read_text())
    for group, number in MADE:
        document = yaml.safe_load((CRDS / f"{group}.{number}.yaml").read_text())
        for kind, spec in document["kinds"].items():
            yield definition(group, number, kind, structural(spec, document["$defs"]))


def definition(group: str, number: str, kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    plural = f"{kind.lower()}es" if kind.endswith("s") else f"{kind.lower()}s"
    whole = {"type": "object", "properties": {"spec": spec, "status": OPEN}}
    version = {"name": number, "served": True, "storage": True, "schema": {"openAPIV3Schema": whole}}
    names = {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }


def structural(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """The schema as a definition may have it: without references."""
    if isinstance(schema, list):
        return [structural(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return structural(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {key: structural(value, definitions) for key, value in schema.items()}
