"""What every command has: -h, -C, and -s where it takes a stack. Exit codes: `errors`, and docs/ops/output.md."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from . import output
from .errors import INTERRUPTED, Failure
from .project import stack_names

_STACK = ("--stack", "-s")


class App(typer.Typer):
    """Commands of ours. Help and errors are plain text: frames would cut what one must copy."""

    def __init__(self, **options: Any) -> None:
        # Typer's own tracebacks can show local variables, among which is a secret's value.
        super().__init__(
            cls=Group, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, **options
        )

    def command(self, name: str | None = None, **options: Any) -> Callable[..., Any]:
        return super().command(name, cls=Command, **options)


class Group(TyperGroup):
    """Ends every `Failure` with its one sentence and its exit code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.params.append(_everywhere("cwd"))

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Failure as problem:
            output.note(f"nodeyard: {problem}")
            raise typer.Exit(problem.exit_code) from None
        except typer.Abort:  # Ctrl-C or Ctrl-D at a question, which Typer would end as if the answer were no
            output.note("nodeyard: interrupted.")
            raise typer.Exit(INTERRUPTED) from None


class Command(TyperCommand):
    """Takes its STACK behind -s too, and repeats no word that it cannot use: such a word may be a secret."""

    def __init__(self, *positional: Any, **options: Any) -> None:
        super().__init__(*positional, **options)
        self._takes_stack = any(isinstance(each, TyperArgument) and each.name == "stack" for each in self.params)
        self.params += [_everywhere(name) for name in (("cwd", "chosen") if self._takes_stack else ("cwd",))]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.allow_extra_args = True
        left = super().parse_args(ctx, self._stack_first(args) if self._takes_stack else args)
        if left and not ctx.resilient_parsing:
            many = f"{len(left)} words are" if len(left) > 1 else "A word is"
            ctx.fail(
                f"{many} too many, and not repeated here. A secret comes from a prompt, a file or stdin: other "
                "processes see the command line."
            )
        return left

    def _stack_first(self, args: Sequence[str]) -> list[str]:
        """The words, with what -s names where STACK stands: before all others."""
        options = [each for each in self.params if isinstance(each, TyperOption) and not each.is_flag]
        takes = {name for each in options for name in each.opts}
        chosen: list[str] = []
        kept: list[str] = []
        words = iter(args)
        for word in words:
            option, equals, value = word.partition("=")
            if word == "--":
                kept += [word, *words]
            elif option in _STACK and equals:
                chosen.append(value)
            elif word in takes:
                following = list(_next_of(words))
                if word in _STACK and following:
                    chosen += following
                else:
                    kept += [word, *following]
            else:
                kept.append(word)
        return [*chosen, *kept]


def _next_of(words: Any) -> Sequence[str]:
    """The next word, if there is one."""
    return [word for word in [next(words, None)] if word is not None]


def complete_stack(context: typer.Context, incomplete: str) -> list[str]:
    """The project's stacks, for a shell's completion."""
    directory = context.obj if isinstance(context.obj, Path) else Path()
    return [name for name in stack_names(directory) if name.startswith(incomplete)]


def _enter(context: typer.Context, cwd: Path | None) -> None:
    if cwd is not None:
        context.obj = cwd


def _apart(chosen: str | None) -> None:
    if chosen is not None:  # as in `-ys NAME`
        raise typer.BadParameter("give the stack by a -s of its own.")


def _everywhere(name: str) -> TyperOption:
    """A new one of the options that stand at every command."""
    declared = typer.Typer(add_completion=False)

    @declared.command()
    def command(
        cwd: Annotated[
            Path | None,
            typer.Option(
                "--cwd",
                "-C",
                file_okay=False,
                exists=True,
                metavar="DIR",
                help="The Pulumi project's directory.",
                callback=_enter,
                expose_value=False,
            ),
        ] = None,
        chosen: Annotated[
            str | None,
            typer.Option(
                *_STACK,
                metavar="STACK",
                help="The stack, instead of the word STACK.",
                autocompletion=complete_stack,
                callback=_apart,
                expose_value=False,
            ),
        ] = None,
    ) -> None: ...

    options = typer.main.get_command(declared).params
    return next(each for each in options if isinstance(each, TyperOption) and each.name == name)
