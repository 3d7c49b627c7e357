"""The `nodeyard` command."""

from pathlib import Path
from typing import Annotated

import typer

from nodeyard import __version__

from . import kubeconfig, output, theta, tsm, versions
from .cli import App
from .mantis import commands as mantis
from .metis import commands as metis
from .nodeos import commands as nodeos
from .recover import commands as recover
from .release import commands as release
from .secrets import commands as secrets
from .status import commands as status
from .workloads import commands as workloads

app = App(context_settings={"help_option_names": ["-h", "--help"]})
app.add_typer(status.app)
app.add_typer(workloads.app)
app.add_typer(recover.app)
app.command("kubeconfig")(kubeconfig.command)
app.command("versions")(versions.command)
app.add_typer(secrets.app, name="secrets")
app.add_typer(release.app, name="release")
app.add_typer(theta.app, name="theta")
app.add_typer(metis.app, name="metis")
app.add_typer(tsm.app, name="tsm")
app.add_typer(nodeos.app, name="nodeos")
app.add_typer(mantis.app, name="mantis")


def _print_version(wanted: bool) -> None:
    if wanted:
        output.text(f"nodeyard {__version__}")
        raise typer.Exit


@app.callback()
def nodeyard(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """What operators do with Nodeyard's stacks after `pulumi up`.

    Exit codes: 0 well, 1 unhealthy, empty or declined, 2 wrong input, 3 something could not be reached.
    """
    context.obj = context.obj or Path()
