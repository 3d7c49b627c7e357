"""Everything that a deployment takes from others at one version: charts, images, add-ons, programs and images of
machines. This folder has them all, and who uses one imports it from here; `nodeyard versions` prints them. A raise
begins here, and docs/versions.md says how one is made and proved.

Three things stand elsewhere. Until when a cloud supports a version of Kubernetes stands beside the cloud
(`clouds/<cloud>/kubernetes_support.py`); releases of nodes, and images that nobody publishes, in the stacks' files; the
packages of Python in `requirements.txt`.
"""

from collections.abc import Iterator, Mapping
from types import ModuleType

from . import add_ons, charts, images, machines
from .pin import Pin


def every() -> Iterator[tuple[str, Pin]]:
    """Each pin, with the module of this folder that has it."""
    for module in (charts, images, add_ons, machines):
        for pin in _of(module):
            yield module.__name__.rpartition(".")[2], pin


def _of(module: ModuleType) -> Iterator[Pin]:
    for value in vars(module).values():
        yield from (one for one in (value.values() if isinstance(value, Mapping) else (value,)) if isinstance(one, Pin))
