"""Every table entry agrees with the SDK, so that none of them describes a type or a property that is not there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.simulation import schema
from sandbox.simulation.resource import Resource
from sandbox.simulation.tables import aws, azure_native, gcp, random, tls

CLOUDS = {"aws": aws, "azure_native": azure_native, "gcp": gcp}
TABLES = [*CLOUDS.values(), random, tls]
ENTRIES = {token: entry for table in TABLES for token, entry in table.Cloud.resources.items()}
FUNCTIONS = [(name, token) for name, table in CLOUDS.items() for token in table.Cloud.functions]
#: Secret outputs are no inputs, so the schema of the inputs cannot know them.
OUTPUTS = {"result", "bcryptHash", "privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh", "serverCaCerts"}


#: What operators make by other means, and programs look up.
THEIRS = {
    *("aws:ebs/snapshot:Snapshot", "aws:ebs/snapshotCopy:SnapshotCopy"),
    *("azure-native:compute:Snapshot", "gcp:compute/snapshot:Snapshot"),
}
ROOT = Path(__file__).resolve().parents[2]
SOURCES = "".join(file.read_text() for top in ("components", "sandbox/plugins") for file in (ROOT / top).rglob("*.py"))


def paths(entry: Resource) -> Iterator[str]:
    yield from (*entry.replaces, *entry.allowed, *entry.external, *entry.defaults)
    yield from (path.rpartition(".")[0] for path in entry.later)
    yield from set(entry.secrets) - OUTPUTS
    yield from (name for name in (entry.name, entry.guard[0]) if name)
    for template in (entry.id, entry.arn, entry.unique, entry.scope):
        if isinstance(template, str):
            yield from set(re.findall(r"{(\w+)}", template)) - FILLED


FILLED = {"name", "region", "account", "id", "hex", "uuid", "suffix"}


#: Of what the cloud computes, no input is.
COMPUTED = {"isEnabled", "createTime", "identity.principalId", "identity.tenantId", "oidcIssuerProfile", "properties"}


@pytest.mark.parametrize("token", ENTRIES)
def test_an_entry_names_only_what_its_type_has(token: str) -> None:
    assert schema.known(token), f"the SDK has no {token}"
    for path in set(paths(ENTRIES[token])) - {"", *COMPUTED}:
        nested: object = "text"
        for name in reversed(path.split(".")):
            nested = {name: nested}
        assert isinstance(nested, dict)
        wrong = [reason for _, reason in schema.check(token, nested) if reason.startswith("unknown property")]
        assert not wrong, f"{token}: {path}: {wrong}"


@pytest.mark.parametrize(("package", "token"), FUNCTIONS)
def test_a_function_is_one_that_the_sdk_calls(package: str, token: str) -> None:
    directory = schema.package(f"pulumi_{package}")
    assert directory
    folder, *_, name = re.split("[:/]", token)[1:]
    folder = "" if folder == "index" else folder
    assert f"'{token}'" in (directory / folder / f"{schema.snake(name)}.py").read_text()


@pytest.mark.parametrize("token", [*sorted(ENTRIES.keys() - THEIRS), *(token for _, token in FUNCTIONS)])
def test_a_stand_in_is_of_something_that_the_product_uses(token: str) -> None:
    name = token.split(":")[-1]
    spelled = rf"{schema.snake(name)}(_output)?\(" if name[0].islower() else rf"{name}(\.get)?\("
    assert token in SOURCES or re.search(rf"\.{spelled}", SOURCES)
