"""How the first answer of a look-up is kept."""

from typing import Any

import pulumi
from pulumi import Input, Output, ResourceOptions


def kept(name: str, found: Input[Any], asked_for: str, parent: pulumi.Resource) -> Output[str]:
    """The first answer to the question `asked_for`. It stays until another question is asked.

    A look-up answers with something newer from time to time. Taken as it comes, a newer answer would change a node, a
    machine or an add-on at some `up` that nobody meant so.
    Makes: `pulumi:index:Stash`.
    """
    opts = ResourceOptions(parent=parent, replacement_trigger=asked_for)
    return Output.from_input(pulumi.Stash(name, input=found, opts=opts).output).apply(str)
