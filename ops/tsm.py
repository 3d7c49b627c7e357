"""`nodeyard tsm`: a player's keys and card, and what is wrong with its config.toml."""

from pathlib import Path
from typing import Annotated

import typer

from nodeyard.tsm_node import config_check

from . import output
from .cli import App
from .errors import Unhealthy
from .options import Json
from .secrets import values
from .tsm_keys import apikey, card, keygen

app = App(help="Look after TSM nodes.")
config = App(help="Look after a player's config.toml.")
app.add_typer(config, name="config")
for command in (keygen, apikey, card):
    app.command()(command)


@config.callback()
def _config() -> None:
    """Without it Typer would make the only command the group itself."""


@config.command()
def check(
    file: Annotated[Path, typer.Argument(help="A config.toml, - for stdin.", metavar="FILE")],
    json: Json = False,
) -> None:
    """Say everything that is wrong with a player's config.toml, by the path of the key and without any value.

    What the node fills in from its environment, as in {{ env `NAME` }}, is taken for right. Exits 0 when nothing is
    wrong, also with warnings, and 1 when something is.
    """
    found = config_check.check(values.from_file(file, keep_newline=True).get_secret_value())
    if json:
        output.result(None, found)
    elif found:
        output.table(["severity", "key", "problem"], [[each.severity, each.path, each.message] for each in found])
    errors = sum(each.severity == "error" for each in found)
    if errors:
        raise Unhealthy(f"{errors} error{'s' * (errors > 1)}.")
    output.note("Nothing is wrong with it." if not found else "No errors.")
