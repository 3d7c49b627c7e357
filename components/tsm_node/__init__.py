"""TSMNode: one player of Blockdaemon's Builder Vault on any platform.

Keys and cards are read where Pulumi's SDK is not installed: the component is imported when its name is first used.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from .args import TSMNodeArgs as TSMNodeArgs
    from .component import TSMNode as TSMNode

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={"args": ["TSMNodeArgs"], "component": ["TSMNode"]}
)
