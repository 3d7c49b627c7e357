"""Secrets on Azure: Key Vault."""

from pulumi import InvokeOutputOptions, Output, ResourceOptions
from pulumi_azure_native import keyvault

from ...errors import InputError
from ..adoption import adopted, id_of
from ..contract import secret as contract
from ..contract.platform import PlatformContract
from ..contract.secret import SecretSpec
from ..naming import KEY_VAULT_SECRET
from . import arm_id
from .adoption import refuse_other
from .platform_section import azure_of

FILLED_ELSEWHERE = ["properties", "tags"]
"""All that could change in place. Azure Resource Manager has no way to change a secret but to write the whole of it, as
a new version: a tag that some transform adds would put the placeholder above what the operator filled."""

PLACEHOLDER = "no value yet: put one there"


class Secret(contract.Secret):
    """A secret in the platform's vault.

    Makes: `azure-native:keyvault:Secret`, protected, under the fixed name that `spec.name` has in Key Vault, which
    knows no slash; or reads the one whose ARM id is `spec.existing`, of the same vault: a pod's mount reads one. An
    adopted secret keeps the value that it has: to write one, the provider would have to make the secret.

    Key Vault has no secret without a value. One that the operator fills begins with a version that is disabled, so
    that a mount fails (`SecretDisabled`) until there is another, and is left alone ever after. Whether it is enabled
    is asked of Azure Resource Manager, which never tells the value.
    """

    def __init__(self, name: str, spec: SecretSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Secret", name, None, opts)
        azure = azure_of(platform)
        if spec.existing:
            refuse_other(name, "secret", spec.existing, platform)
            _refuse_value(name, spec)
            self.secret_name = arm_id.name(spec.existing)
            secret = keyvault.Secret.get(adopted(name), spec.existing, opts=ResourceOptions(parent=self))
        else:
            self.secret_name = KEY_VAULT_SECRET.fit(spec.name)
            secret = keyvault.Secret(
                name,
                secret_name=self.secret_name,
                vault_name=azure["key_vault"],
                resource_group_name=azure["resource_group"],
                properties=_properties(spec),
                opts=ResourceOptions(
                    parent=self,
                    protect=True,
                    retain_on_delete=True,
                    ignore_changes=FILLED_ELSEWHERE if spec.value is None else None,
                ),
            )
        self.secret_id = id_of(secret, spec.existing)
        if spec.value is not None:
            self.has_value = secret.id.apply(bool)
            # The properties are secret for the value among them. The id of a version tells nothing of it.
            self.version = Output.unsecret(secret.properties).apply(lambda p: arm_id.name(p.secret_uri_with_version))
        else:
            found = keyvault.get_secret_output(
                resource_group_name=azure["resource_group"],
                vault_name=azure["key_vault"],
                secret_name=secret.name,
                opts=InvokeOutputOptions(parent=self),
            )
            self.version = found.properties.apply(_version)
            self.has_value = self.version.apply(bool)
        self.register_outputs({"secret_id": self.secret_id})


def _refuse_value(name: str, spec: SecretSpec) -> None:
    """Raises `InputError` for a secret that would keep its old value, and whose readers need the new one."""
    if spec.value is not None:
        reason = f"{spec.existing} keeps its value on Azure, and the stack has one of its own: take another stack name"
        raise InputError(f"Secret {name!r} cannot be adopted on Azure.", [("existing", reason)])


def _version(told: keyvault.outputs.SecretPropertiesResponse) -> str:
    """The last part of the value's URL; empty while the version is disabled."""
    return arm_id.name(told.secret_uri_with_version) if told.attributes and told.attributes.enabled else ""


def _properties(spec: SecretSpec) -> keyvault.SecretPropertiesArgsDict:
    if spec.value is None:
        return {"value": PLACEHOLDER, "attributes": {"enabled": False}}
    return {"value": Output.secret(spec.value), "attributes": {"enabled": True}}
