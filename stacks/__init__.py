"""The programs: one module for each kind of stack, config in, components, exports out."""

from importlib import import_module

from . import config


def run() -> None:
    """Runs the program that the selected stack's `kind` names, with its validated configuration."""
    settings = config.load()
    import_module(f"{__name__}.{settings.kind}").deploy(settings)
