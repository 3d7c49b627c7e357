"""`python -m chain_tools COMMAND`: one command for each container. What fails says so in one sentence, and exits 1."""

import typer

from .backup import backup
from .exporter.command import exporter
from .restore import restore

application = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
application.command()(backup)
application.command()(exporter)
application.command()(restore)

if __name__ == "__main__":
    application(prog_name="chain_tools")
