"""The name of what is there already.

What may exist once has a name of its own, so that a second one is refused where an `up` was killed and another one
begins. What an older Nodeyard made has the name that Pulumi made up then: it keeps that one, for a new name would
replace it.
"""

from ..live import live


def standing_name(type_: str, name: str, own: str, output: str = "name") -> str:
    """The name in the cloud of the resource `name`: what its `output` says since the last `up`, else `own`."""
    return str(live().component(type_, name).get(output) or own)
