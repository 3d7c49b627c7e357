"""How something that exists already is named in the state."""


def adopted(name: str) -> str:
    """The logical name of what is adopted in the place of what would be made as `name`. It must be another one: under
    the same, Pulumi takes the adopted for a replacement of the made and deletes that, protected or not."""
    return f"{name}-adopted"
