"""What several commands are told."""

from typing import Annotated

import typer

from .cli import complete_stack

StackName = Annotated[
    str, typer.Argument(help="Name of the stack; or -s STACK.", metavar="STACK", autocompletion=complete_stack)
]
StackNames = Annotated[
    list[str] | None,
    typer.Argument(metavar="[STACK]...", help="Names of stacks.", show_default=False, autocompletion=complete_stack),
]
MaybeStackName = Annotated[
    str | None,
    typer.Argument(help="Name of the stack.", metavar="[STACK]", show_default=False, autocompletion=complete_stack),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
