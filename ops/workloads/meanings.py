"""What it means for a chain that a task is not there for a while, by chart and by what the task's name begins with."""

from collections.abc import Mapping
from typing import Final

from .tasks import Kind, Task

ON_MACHINES: Final = ("theta-edge-node", "edge")
"""What is on machines of its own is the same as in a pod of this chart."""
_MEANS: Final[Mapping[str, Mapping[str, str]]] = {
    "metis-replica": {"replica": "Meanwhile the others answer the RPC, if there are any."},
    "metis-sequencer": {
        "themis": "Meanwhile the validator signs nothing, and it can be slashed for a long absence. Its signing state "
        "keeps it from signing a height twice.",
        "l2geth": "Meanwhile the sequencer makes no block: its turns are missed.",
        "l1dtl": "Meanwhile l2geth learns nothing of L1.",
    },
    "nodeos-bp": {
        "nodeos-bp": "Where it has the right to produce, its turns are missed meanwhile: `nodeyard nodeos "
        "switch-producer` gives the right to another ordinal before.",
    },
    "theta-edge-node": {"edge": "The job that it is at ends, and is lost."},
    "tsm-node": {"node": "Sessions that run there end. A player without an instance signs nothing."},
    "mantis": {
        "miner": "Meanwhile it makes no block. A clique chain stands still while half of its signers are away.",
        "obft": "Meanwhile it signs no checkpoint.",
        "passive": "Meanwhile it answers no RPC.",
    },
}


def of_chain(chart: str, component: str) -> str:
    """Empty where nothing is known to depend on it."""
    known = _MEANS.get(chart, {})
    return next((said for prefix, said in known.items() if component.startswith(prefix)), "")


def absence(task: Task) -> str:
    """In a sentence or two; empty where nothing is known to depend on it."""
    chain = of_chain(task.chart, task.component)
    if task.component.endswith("-address"):  # the pod beside it that keeps its public address
        chain = "The machine keeps its address meanwhile."
    alone = "It runs once: its old pod ends before a new one starts." if task.kind is Kind.STATEFUL_SET else ""
    return " ".join(filter(None, [alone, chain]))
