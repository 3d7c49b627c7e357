"""What an API server would refuse of an object: fields that do not exist, wrong types, names that do not fit together.

Helm and most charts drop a misspelt field in silence, so this check is ours. The schemas are Kubernetes' own, without
tolerance for unknown fields; those of the custom resources we use are in crds/, written from their documented fields.
"""

import json
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from .schema import Problem
from .values import UNKNOWN, has_unknown

CRDS = Path(__file__).parent / "crds"
QUALIFIED = r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?"
"""The key of a label or an annotation: a name, after a domain or none."""
WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"}


def problems(item: dict[str, Any], version: str) -> list[Problem]:
    """Everything wrong with the object for this version of Kubernetes, by field path."""
    return list(problems_of(json.dumps(item), version))


@lru_cache(4096)  # a release is checked when it is planned and when it is made
def problems_of(text: str, version: str) -> Sequence[Problem]:
    """The same of an object as JSON."""
    item = json.loads(text)
    validator = validator_of(str(item.get("apiVersion")), str(item.get("kind")), version)
    if validator is None:
        missing = f'no matches for kind "{item.get("kind")}" in version "{item.get("apiVersion")}"'
        return [("kind", f"{missing}; a custom resource's schema belongs in sandbox/simulation/crds/")]
    wrong = [problem for error in validator.iter_errors(item) for problem in explained(error)]
    return wrong or list(inconsistent(item))


def explained(error: Any) -> Iterator[Problem]:
    path = spelled(error.absolute_path)
    if error.validator == "additionalProperties":
        fields = error.schema.get("properties", {})
        for name in (name for name in error.instance if name not in fields):
            close = get_close_matches(name, fields, 1)
            yield (
                spelled([*error.absolute_path, name]),
                "unknown field" + (f"; did you mean {close[0]}?" if close else ""),
            )
    elif error.validator == "required":
        for name in (name for name in error.validator_value if name not in error.instance):
            yield spelled([*error.absolute_path, name]), "missing required field"
    elif not (
        error.validator in ("type", "enum", "pattern", "oneOf", "anyOf", "format") and has_unknown(error.instance)
    ):
        yield path, error.message


def spelled(path: Any) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def inconsistent(item: dict[str, Any]) -> Iterator[Problem]:
    """What no schema says, and what an API server refuses all the same."""
    metadata, spec = item.get("metadata") or {}, item.get("spec") or {}
    name = str(metadata.get("name", ""))
    allowed = r"[\w.:-]+" if "rbac" in item["apiVersion"] else r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?"
    if UNKNOWN not in name and not re.fullmatch(allowed, name):
        yield "metadata.name", f"{name!r} is not a lowercase RFC 1123 name"
    for field in ("labels", "annotations"):
        for key in metadata.get(field) or {}:
            if UNKNOWN not in key and not re.fullmatch(QUALIFIED, key):
                yield (
                    f"metadata.{field}",
                    f"{key!r}: name part must consist of alphanumeric characters, '-', '_' or '.'",
                )
    for key, value in (metadata.get("labels") or {}).items():
        if value != UNKNOWN and not re.fullmatch(r"([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?", str(value)):
            yield f"metadata.labels.{key}", f"{value!r} is not a valid label value"
    if isinstance(replicas := spec.get("replicas"), int) and replicas < 0:
        yield "spec.replicas", f"Invalid value: {replicas}: must be greater than or equal to 0"
    if item["kind"] in WORKLOADS:
        template = spec.get("template") or {}
        yield from unmatched(spec, (template.get("metadata") or {}).get("labels") or {})
        claims = [(claim.get("metadata") or {}).get("name") for claim in spec.get("volumeClaimTemplates") or []]
        yield from pod_problems(template.get("spec") or {}, claims, "spec.template.spec")
    elif item["kind"] == "Pod":
        yield from pod_problems(spec, [], "spec")


def unmatched(spec: dict[str, Any], labels: dict[str, str]) -> Iterator[Problem]:
    for key, value in ((spec.get("selector") or {}).get("matchLabels") or {}).items():
        if labels.get(key) != value:
            yield f"spec.selector.matchLabels.{key}", "selector does not match the template's labels"


def pod_problems(pod: dict[str, Any], claims: list[Any], where: str) -> Iterator[Problem]:
    volumes = [volume["name"] for volume in pod.get("volumes") or []] + claims
    kinds = ("initContainers", "containers")
    for place, container in ((f"{where}.{k}[{i}]", c) for k in kinds for i, c in enumerate(pod.get(k) or [])):
        for mount in container.get("volumeMounts") or []:
            if mount["name"] not in volumes:
                yield f"{place}.volumeMounts", f"volume {mount['name']!r} is not among the pod's volumes"
        for port in container.get("ports") or []:
            if pod.get("hostNetwork") and port.get("hostPort") not in (None, port["containerPort"]):
                yield f"{place}.ports", "hostPort must equal containerPort on the host network"


@cache
def validator_of(api_version: str, kind: str, version: str) -> Any:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    group, _, number = api_version.rpartition("/")
    if custom := custom_resource(f"{group}.{number}", kind):
        return Draft202012Validator(custom)
    directory = schemas(version)
    file = directory / f"{kind.lower()}-{group.split('.')[0]}{'-' if group else ''}{number}.json"
    if not file.exists():
        return None
    definitions = Resource.from_contents(json.loads((directory / "_definitions.json").read_text()))
    return Draft202012Validator(json.loads(file.read_text()), registry=definitions @ Registry())


def custom_resource(group: str, kind: str) -> dict[str, Any] | None:
    file = CRDS / f"{group}.yaml"
    document = yaml.load(file.read_text(), yaml.CSafeLoader) if file.exists() else {"kinds": {}}
    if kind not in document["kinds"]:
        return None
    text = {"type": "string"}
    fields = {"apiVersion": text, "kind": text, "metadata": {"type": "object"}, "spec": document["kinds"][kind]}
    whole = {"type": "object", "required": list(fields), "properties": fields, "$defs": document["$defs"]}
    strict: dict[str, Any] = closed(whole)
    return strict


def closed(schema: Any) -> Any:
    """The schema with every object that names its fields refusing all others."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {"additionalProperties": False} if isinstance(schema.get("properties"), dict) and "type" in schema else {}
    return strict | {key: closed(part) for key, part in schema.items()}


@cache
def schemas(version: str) -> Path:
    """The strict schemas of the newest Kubernetes that is not newer than the one asked for."""
    import importlib.resources

    package = Path(str(importlib.resources.files("kubernetes_validate")))
    known = {minor(directory.name): directory for directory in package.glob("kubernetes-json-schema/v*-local-strict")}
    return known[max((number for number in known if number <= minor(version)), default=min(known))]


def minor(version: str) -> int:
    return int(version.lstrip("v").split(".")[1].split("-")[0])
