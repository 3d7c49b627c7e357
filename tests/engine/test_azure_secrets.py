"""A secret that the operator filled is never written again, whatever else changes around it."""

import json
import sqlite3

from tests.engine.conftest import MakeProject
from tests.engine.harness import CHECKOUT, STACK, Project

PROGRAM = """
    import os, sys
    sys.path.insert(0, {checkout!r})

    import pulumi
    from pulumi import ResourceOptions, ResourceTransformationResult
    from pulumi_azure_native import Provider, keyvault, resources

    from nodeyard.clouds.azure.secret import Secret
    from nodeyard.clouds.contract.secret import SecretSpec

    def tagged(args):
        if os.environ.get("TAGGED") and args.type_.startswith("azure-native:") and "tags" in args.props:
            return ResourceTransformationResult({{**args.props, "tags": {{"team": "metis"}}}}, args.opts)

    pulumi.runtime.register_stack_transformation(tagged)
    azure = Provider("azure", subscription_id="12345678-0000-0000-0000-000000000000", location="eastus2")
    opts = ResourceOptions(provider=azure)
    group = resources.ResourceGroup("platform", resource_group_name="platform", opts=opts)
    properties = {{"sku": {{"family": "A", "name": "standard"}}, "tenant_id": "11111111-1111-1111-1111-111111111111"}}
    vault = keyvault.Vault(
        "vault", vault_name="vault", resource_group_name=group.name, properties=properties, opts=opts
    )
    platform = {{"azure": {{"key_vault": "vault", "resource_group": "platform"}}}}
    secret = Secret("key", SecretSpec(name="key"), platform, ResourceOptions(providers=[azure], depends_on=[vault]))
    pulumi.export("filled", secret.has_value)
"""


def filled(project: Project) -> dict[str, object]:
    """What the vault holds: the sandbox plays the operator, and fills a secret that is made disabled."""
    with sqlite3.connect(project.home / "world.sqlite") as world:
        rows = world.execute("select properties from objects where type = 'azure-native:keyvault:Secret'").fetchall()
    ((properties,),) = rows
    found: dict[str, object] = json.loads(properties)["properties"]
    return found


def test_neither_a_tag_nor_a_refresh_puts_the_placeholder_above_what_the_operator_filled(project: MakeProject) -> None:
    made = project(PROGRAM.format(checkout=str(CHECKOUT)))
    made.up(STACK)
    before = filled(made)
    assert before["value"] == "sandbox canary for key"
    made.environment["TAGGED"] = "1"
    planned = made.preview(STACK)["changeSummary"]
    assert planned["update"], "the tags reach what else there is"
    made.up(STACK)
    assert filled(made) == before
    made.ok("refresh", "--stack", STACK, "--yes")
    made.environment["TAGGED"] = ""
    made.up(STACK)
    assert filled(made) == before
    assert made.outputs(STACK)["filled"] is True
