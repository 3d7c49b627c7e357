"""How much of its memory l1dtl's Node.js may take for its heap."""

import re

from ..resources import Resources, amount

_HEAP = re.compile(r"--max[-_]old[-_]space[-_]size[= ](\d+)")
"""The option of Node.js, in MiB."""


def heap_option(resources: Resources) -> str:
    """What l1dtl's Node.js is told: upstream's compose file has a heap of 4096 MiB, and sets no limit beside it. A
    heap that may fill the whole limit is killed instead of collected: a quarter is left for what is not heap, as in
    Node.js' own documentation of the option."""
    return f"--max-old-space-size={amount(resources['limits']).mib * 3 // 4}"


def heap_problem(options: str, resources: Resources) -> str:
    """What is wrong with an operator's own options of Node.js; empty when nothing is."""
    told, most = _HEAP.search(options), amount(resources["limits"]).mib
    if told and int(told[1]) >= most:
        return f"a heap of {told[1]} MiB leaves nothing of the {most} MiB that l1dtl may take: raise `resources` too"
    return ""
