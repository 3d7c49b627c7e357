"""How something that exists already is named in the state."""

from pulumi import CustomResource, Output


def adopted(name: str) -> str:
    """The logical name of what is adopted in the place of what would be made as `name`. It must be another one: under
    the same, Pulumi takes the adopted for a replacement of the made and deletes that, protected or not."""
    return f"{name}-adopted"


def id_of(resource: CustomResource, existing: str | None) -> Output[str]:
    """The resource's id; of what is adopted, the one that was given. A preview by a `pulumi` that is older than the
    SDK knows no id of what is only read, and would plan to change whatever has it."""
    return resource.urn.apply(lambda _: existing) if existing else resource.id.apply(str)
