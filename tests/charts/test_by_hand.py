"""A release without the component: what its README says to make before (`ci/before.yaml`) is what its pods then look
for, and Helm tells what comes next."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.charts.by_hand import BEFORE, commands_of, namespace_of, rendered
from tests.charts.fields import STRING, STRINGS, check_fields, fields
from tests.charts.harness import CHARTS, helm, parsed

SYNCED = fields({"objectName": STRING, "key": STRING})
PROVIDER_CLASS = fields(
    {
        "apiVersion": {"const": "secrets-store.csi.x-k8s.io/v1"},
        "kind": STRING,
        "metadata": fields({"name": STRING, "namespace": STRING}),
    },
    spec=fields(
        {"provider": STRING, "parameters": STRINGS},
        secretObjects={
            "type": "array",
            "items": fields({"secretName": STRING, "type": STRING, "data": {"type": "array", "items": SYNCED}}),
        },
    ),
)
"""https://secrets-store-csi-driver.sigs.k8s.io/concepts.html#secretproviderclass"""

every_chart = pytest.mark.parametrize("before", BEFORE, ids=lambda file: file.parts[-3])


def inside(item: Any) -> Iterator[dict[str, Any]]:
    if isinstance(item, dict):
        yield item
        item = list(item.values())
    if isinstance(item, list):
        for below in item:
            yield from inside(below)


def looked_for(objects: tuple[dict[str, Any], ...]) -> set[tuple[str, ...]]:
    """Claims, provider classes, Secrets and their keys that pods, Prometheus and Ingresses look for."""
    found: set[tuple[str, ...]] = set()
    own_claims = {item["metadata"]["name"] for item in objects if item["kind"] == "PersistentVolumeClaim"}
    for each in inside(list(objects)):
        if "claimName" in each and each["claimName"] not in own_claims:
            found.add(("PersistentVolumeClaim", each["claimName"]))
        if isinstance(each.get("volumeAttributes"), dict):
            found.add(("SecretProviderClass", each["volumeAttributes"]["secretProviderClass"]))
        for key in ("secretKeyRef", "credentials"):
            if key in each:
                found.add(("Secret", each[key]["name"], each[key]["key"]))
        found |= {("Secret", pull["name"], ".dockerconfigjson") for pull in each.get("imagePullSecrets") or []}
        if "hosts" in each and "secretName" in each:  # of an Ingress
            found |= {("Secret", each["secretName"], key) for key in ("tls.crt", "tls.key")}
    return found


def made(objects: tuple[dict[str, Any], ...]) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for item in objects:
        name, kind = item["metadata"]["name"], item["kind"]
        if kind == "Secret":
            found |= {(kind, name, key) for key in item["stringData"]}
        elif kind != "Namespace":
            found.add((kind, name))
        for synced in item.get("spec", {}).get("secretObjects", []):
            found |= {("Secret", synced["secretName"], entry["key"]) for entry in synced["data"]}
    return found


@every_chart
def test_what_is_to_be_made_before_is_what_the_release_looks_for_and_no_more(before: Path) -> None:
    assert made(parsed(before.read_text())) == looked_for(rendered(before))


@every_chart
def test_every_object_to_be_made_has_only_fields_that_are_known(before: Path) -> None:
    for item in parsed(before.read_text()):
        assert item["kind"] == "Namespace" or item["metadata"]["namespace"] == namespace_of(before)
        if item["kind"] == "SecretProviderClass":
            jsonschema.validate(item, PROVIDER_CLASS)
            aliases = set(re.findall(r"objectAlias: ([^ }]+)", item["spec"]["parameters"]["objects"]))
            for synced in item["spec"].get("secretObjects", []):
                assert {entry["objectName"] for entry in synced["data"]} <= aliases
        else:
            check_fields(item)


@every_chart
def test_the_readme_names_the_commands_and_the_accounts(before: Path) -> None:
    chart, namespace = before.parents[1].name, namespace_of(before)
    apply, install = commands_of(before)
    assert apply == f"kubectl apply --filename charts/{chart}/ci/before.yaml"
    assert re.fullmatch(
        rf"helm upgrade --install \S+ charts/{chart} --namespace {namespace} --values values.yaml", install
    )
    readme = (before.parents[1] / "README.md").read_text()
    accounts = {item["metadata"]["name"] for item in rendered(before) if item["kind"] == "ServiceAccount"}
    assert all(f"`{account}`" in readme for account in accounts), accounts


@pytest.mark.parametrize("chart", sorted(path.parents[1].name for path in CHARTS.glob("*/templates/NOTES.txt")))
def test_helm_says_what_comes_next(chart: str, tmp_path: Path) -> None:
    """Helm shows its notes to whoever has a cluster. Here they are rendered as an object's text."""
    copied = shutil.copytree(CHARTS / chart, tmp_path / chart)
    lines = (copied / "templates/NOTES.txt").read_text().splitlines()
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes}\ndata:\n  notes: |\n"
    (copied / "templates/notes.yaml").write_text(head + "".join(f"    {line}\n" for line in lines))
    for sample in sorted((copied / "ci").glob("*-values.yaml")):
        place = ("--namespace", "team", "--values", sample, "--show-only", "templates/notes.yaml")
        result = helm("template", "ours", copied, *place)
        assert result.returncode == 0, result.stderr
        (shown,) = parsed(result.stdout)
        assert "kubectl -n team get pods -l app.kubernetes.io/instance=ours" in shown["data"]["notes"]


@pytest.mark.parametrize("file", ["templates/NOTES.txt", "ci/before.yaml"])
def test_every_chart_but_the_library_says_what_comes_next_and_what_comes_before(file: str) -> None:
    charts = {path.parent for path in CHARTS.glob("*/values.yaml")}
    assert charts == {chart for chart in charts if (chart / file).exists()}
