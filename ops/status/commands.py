"""`nodeyard status`: what runs, where, how far it is, what is missing, and one verdict."""

from pathlib import Path
from typing import Annotated

import httpx
import typer

from .. import stacks
from ..cli import App
from ..errors import BadInput
from ..options import Json, MaybeStackName
from .asked import Asked
from .look import look
from .show import judge, show

app = App()


@app.command()
def status(
    context: typer.Context,
    stack: MaybeStackName = None,
    part: Annotated[list[str] | None, typer.Option("--part", "-p", help="Only this part; may be given again.")] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=URL",
            help="Ask what is called NAME here, and not through cloud or cluster, as in "
            "edgecore=http://10.0.1.5:17888; may be given again.",
        ),
    ] = None,
    key_file: Annotated[
        list[Path] | None,
        typer.Option(help="File with the key or token that the parts want to see, - for stdin.", show_default=False),
    ] = None,
    wait: Annotated[float, typer.Option(min=1, help="Seconds in which the height of a Theta node has to grow.")] = 20,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds that one request may take.")] = 10,
    metric: Annotated[list[str] | None, typer.Option(help="Of a TSM node, show this metric too.")] = None,
    info: Annotated[str | None, typer.Option(help="Of a TSM node, read this path of TSMINFO too.")] = None,
    ca: Annotated[
        Path | None, typer.Option(help="Certificates in PEM that https addresses are held against.", exists=True)
    ] = None,
    json: Json = False,
) -> None:
    """Show of every part what runs, where, its height, lag, peers and disk, what is wrong, and one verdict.

    Exits 0 when all is well, 1 when something is wrong, missing or still catches up, 3 when something could not be
    reached and nothing is known to be wrong.
    """
    places = _places(at or [])
    if not (stack or places):
        raise BadInput("Give a stack, or addresses by --at NAME=URL.")
    asked = Asked(
        stacks.read(stack, context.obj) if stack else None,
        places,
        parts=part or [],
        wait=wait,
        timeout=timeout,
        key_files=key_file or [],
        ca=ca,
        info=info,
        metrics=metric or [],
    )
    facts = look(asked, context)
    show(stack, facts, json)
    judge(stack, facts)


def _places(given: list[str]) -> dict[str, list[str]]:
    """What was given is not repeated: a URL may hold a key."""
    found: dict[str, list[str]] = {}
    for each in given:
        name, equals, url = each.partition("=")
        if not equals or not name.isidentifier():
            raise BadInput("--at is NAME=URL, such as edgecore=http://10.0.1.5:17888.")
        found.setdefault(name, []).append(_url(name, url))
    return found


def _url(name: str, value: str) -> str:
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL as error:
        raise BadInput(f"--at {name}: {error}.") from None
    if url.userinfo:
        raise BadInput(f"--at {name} must hold no user, password or key: give a key by --key-file.")
    if url.scheme not in ("http", "https") or not url.host or url.query or url.fragment:
        raise BadInput(f"--at {name} must be a URL such as http://10.0.1.5:17888.")
    return value
