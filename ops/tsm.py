"""`nodeyard tsm`: a player's keys and card, how its instances are, and what is wrong with its config.toml."""

from pathlib import Path
from typing import Annotated

import typer

from nodeyard.tsm_node import config_check

from . import output, tsm_status
from .cli import App
from .errors import BadInput, Unhealthy
from .options import Json, MaybeStackName
from .secrets import values
from .tsm_keys import apikey, card, keygen

app = App(help="Look after TSM nodes.")
config = App(help="Look after a player's config.toml.")
app.add_typer(config, name="config")
for command in (keygen, apikey, card):
    app.command()(command)


@app.command()
def status(
    context: typer.Context,
    stack: MaybeStackName = None,
    sdk: Annotated[
        list[str] | None,
        typer.Option(help="Ask here instead of through the cluster, as in http://10.0.1.5:8080; may be given again."),
    ] = None,
    management: Annotated[
        list[str] | None,
        typer.Option(help="Where the management port is, with --sdk and as often, as in http://10.0.1.5:14401."),
    ] = None,
    api_key_file: Annotated[
        list[Path] | None,
        typer.Option(help="File with a key for the management port, - for stdin. Without it only the ping is asked."),
    ] = None,
    info: Annotated[
        str | None, typer.Option(help="Path to read with the permission TSMINFO. The vendor does not publish it.")
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="Show this metric as well, by its name; may be given again.")
    ] = None,
    ca: Annotated[
        Path | None, typer.Option(help="Certificates in PEM that https addresses are held against.", exists=True)
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds that one request may take.")] = 10,
    json: Json = False,
) -> None:
    """Ask every instance of a player for a sign of life, its health, what the key may read of it, and a few metrics.

    With a stack, every pod is reached by `kubectl port-forward`, with kubectl's current context: the management port is
    open to nobody else. Healthy: the ping is answered, and the health with HTTP 200 and a JSON object. Exits 0 when
    every instance is healthy, 1 when one is not, 3 when one could not be reached and none is known to be unhealthy.
    """
    if bool(stack) == bool(sdk):
        raise BadInput("Give a stack or --sdk, one of them.")
    if stack and (management or ca):
        raise BadInput("--management and --ca go with --sdk: a stack's pods are reached through the cluster.")
    options = tsm_status.Options(api_key_file or [], info, metric or [], timeout, ca)
    if not options.key_files and (info or metric):
        raise BadInput("--info and --metric need --api-key-file.")
    reports = (
        tsm_status.of_stack(stack, context, options)
        if stack
        else tsm_status.at_urls(sdk or [], management or [], options)
    )
    tsm_status.show(stack, reports, json)
    tsm_status.judge(reports)


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
