"""The `nodeyard` command. Exit codes are in `errors`, and in docs/ops.md."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from . import kubeconfig, metis, output, theta, tsm
from .errors import INTERRUPTED, Failure
from .mantis import commands as mantis
from .nodeos import commands as nodeos
from .recover import commands as recover
from .release import commands as release
from .secrets import commands as secrets
from .workloads import commands as workloads


class Group(TyperGroup):
    """Ends every `Failure` with its one sentence and its exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Failure as problem:
            output.note(f"nodeyard: {problem}")
            raise typer.Exit(problem.exit_code) from None
        except typer.Abort:  # Ctrl-C or Ctrl-D at a question, which Typer would end as if the answer were no
            output.note("nodeyard: interrupted.")
            raise typer.Exit(INTERRUPTED) from None


# Typer's own tracebacks can show local variables, among which is a secret's value.
app = typer.Typer(cls=Group, no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(workloads.app)
app.add_typer(recover.app)
app.command("kubeconfig")(kubeconfig.command)
app.add_typer(secrets.app, name="secrets")
app.add_typer(release.app, name="release")
app.add_typer(theta.app, name="theta")
app.add_typer(metis.app, name="metis")
app.add_typer(tsm.app, name="tsm")
app.add_typer(nodeos.app, name="nodeos")
app.add_typer(mantis.app, name="mantis")


@app.callback()
def nodeyard(
    context: typer.Context,
    cwd: Annotated[
        Path, typer.Option("--cwd", "-C", file_okay=False, exists=True, help="The Pulumi project's directory.")
    ] = Path(),
) -> None:
    """What operators do with Nodeyard's stacks after `pulumi up`.

    Exit codes: 0 well, 1 unhealthy, empty or declined, 2 wrong input, 3 something could not be reached.
    """
    context.obj = cwd
