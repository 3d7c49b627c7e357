"""The programs: one module for each kind of stack, the file's configuration in, components, exports out.

A module that has a `FILE` is a kind: `FILE` says how the stack's file is read, and `deploy` makes what it asks for.
"""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType

import pulumi

from nodeyard.errors import InputError

from .configuration import INVALID, STACK_KEY, Configuration, read


def run() -> None:
    """Runs the program that the selected stack's `kind` names, with its configuration. Exports that kind, and the
    component that `nodeyard` knows its secrets by.

    Raises `InputError` with everything that is wrong with the file, before anything is registered. What only the cloud
    knows is told with the file's keys too.
    """
    configuration = read()
    program = _kind(configuration)
    args = program.FILE.args(configuration)
    pulumi.export("kind", configuration.stack["kind"])
    if component := program.FILE.component:
        pulumi.export("component", component)
    with program.FILE.spelling():
        program.deploy(configuration.name, args)


def kinds() -> dict[str, ModuleType]:
    """Every kind of stack, by its name."""
    modules = {found.name: import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)}
    return {name: module for name, module in sorted(modules.items()) if hasattr(module, "FILE")}


def _kind(configuration: Configuration) -> ModuleType:
    """The program of the file's kind; of no other kind anything is imported."""
    name = configuration.stack.get("kind")
    if isinstance(name, str) and name.isidentifier() and find_spec(f"{__name__}.{name}"):
        module = import_module(f"{__name__}.{name}")
        if hasattr(module, "FILE"):
            return module
    problem = (STACK_KEY, "kind"), f"must be one of {', '.join(kinds())}"
    raise InputError(INVALID, [*configuration.problems, problem])
