"""`nodeyard theta`: the dashboard of a fleet."""

from typing import Annotated

import typer

from nodeyard.clouds.contract.platform import CloudName

from . import output, stacks
from .cli import App
from .errors import BadInput
from .options import StackNames

app = App(help="Look after Theta edge nodes.")


@app.callback()
def theta() -> None:
    """Without it Typer would make the only command the group itself."""


@app.command()
def dashboard(
    context: typer.Context,
    stack: StackNames = None,
    cloud: Annotated[
        list[CloudName] | None, typer.Option(help="Without a stack: only this cloud; may be given again. Default: all.")
    ] = None,
) -> None:
    """Print the Grafana dashboard of a fleet, over any number of stacks and clouds, as JSON to import.

    With stacks it asks their clouds alone, where their nodes are; without, where each data source looks by itself.
    """
    # Only this command needs the components, and with them Pulumi's SDK.
    from . import dashboard as fleet

    if stack and cloud:
        raise BadInput("Give stacks or --cloud: a stack's cloud is known.")
    if stack:
        scopes = fleet.scopes_of([stacks.read(name, context.obj) for name in stack])
    else:
        scopes = [fleet.Scope(name) for name in cloud or CloudName]
    output.as_json(fleet.dashboard(scopes))
