"""MetisReplica: Metis nodes that are no sequencer, on any platform.

Its secrets are known where Pulumi's SDK is not installed: the component is imported when its name is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
