"""How something that exists already is named in the state."""

from pulumi import CustomResource, Output


def adopted(name: str) -> str:
    """The logical name of a thing that is adopted. Without it, the component would make its own and call it `name`.

    The two names must differ. Under the same name Pulumi would take the adopted thing for a replacement of the own one.
    It would then delete the own one, even a protected one.
    """
    return f"{name}-adopted"


def id_of(resource: CustomResource, existing: str | None) -> Output[str]:
    """The resource's id. Where the resource is adopted, this is the id that was given.

    A preview by a `pulumi` that is older than the SDK knows no id of what is only read. It would plan a change of
    everything that holds the id.
    """
    return resource.urn.apply(lambda _: existing) if existing else resource.id.apply(str)
