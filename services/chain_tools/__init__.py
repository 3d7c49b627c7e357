"""What runs beside the nodes of a chain, in containers of its own: backups, restores, metrics.

The nodes speak Ethereum's JSON-RPC. Nothing here knows which client they are.
"""

__version__ = "0.1.0"
