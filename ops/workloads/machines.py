"""Parts of a stack that are on machines of their own, by the way that the cloud has to each: its session."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from .. import output
from ..errors import BadInput, Unhealthy
from ..reach import LineByLine, Lines, MachineWay, machine_way
from ..reach.processes import run
from ..stacks import Stack, ThetaNode
from .logs import Wish

# A node takes up to a minute to stop, and the unit counts as started when it has asked for all that it needs.
_UNDER_WAY = ("active", "activating", "deactivating", "reloading")


@dataclass(frozen=True)
class Machine:
    """One part, and the way to it."""

    stack: str
    name: str
    node: ThetaNode
    way: MachineWay

    def show_log(self, wish: Wish) -> None:
        """Raises `BadInput` for what only a container has."""
        if wish.previous or wish.container:
            raise BadInput(f"{self.name} is on a machine: --previous and --container are of pods.")
        wanted = Lines(wish.tail if wish.tail is not None else None if wish.since else 200, wish.since)
        if wish.follow and wish.grep:
            raise BadInput(f"{self.name} is on a machine: its log is followed as it is, without --grep.")
        if wish.follow:
            run(self.way.follow(self.node, wanted))
            return
        for line in run(self.way.logs(self.node, wanted)).splitlines():
            if wish.takes(line):
                output.text(line)

    def restart(self) -> None:
        """Raises `Unhealthy` where what runs the node is neither up nor on its way."""
        state = run(self.way.restart(self.node))
        if state not in _UNDER_WAY:
            raise Unhealthy(f"{self.name} is {output.clean(state)}.")
        output.note(f"{self.name} is {state}. `nodeyard status {self.stack} --part {self.name}` says when it answers.")

    def shell(self) -> None:
        """By the command that the stack's outputs name. A way without a session takes one line after the other."""
        if isinstance(self.way, LineByLine):
            self._line_by_line(self.way)
            return
        if not self.node.session:
            raise BadInput(f"The stack's outputs name no session command for {self.name}.")
        # A shell, since the command may look the instance up. It is the stack's own output, as trusted as its program.
        os.execv("/bin/sh", ["/bin/sh", "-c", self.node.session])  # noqa: S606

    def _line_by_line(self, way: LineByLine) -> None:
        output.note("Every line is a script of its own and takes 20 seconds and more. Ctrl-D ends.")
        while line := output.line(f"{self.name}# "):
            if line.strip():
                # az takes a word that begins with @ for a file of this machine, and one that begins with - for an
                # option.
                output.text(run(way.script(self.node, f" {line}")))


def of_stack(stack: Stack) -> dict[str, Machine]:
    """By name; none of a stack whose parts are all in a cluster."""
    nodes = {name: node for name, node in stack.nodes().items() if not node.pod} if stack.outputs.get("nodes") else {}
    way = machine_way(stack) if nodes else None
    return {name: Machine(stack.name, name, node, way) for name, node in nodes.items() if way}


def find(stack: Stack, name: str) -> Machine | None:
    """None where the part is in a cluster, or is not there. Raises `BadInput` where no part is in a cluster."""
    found = of_stack(stack)
    if found and name not in found and not stack.is_in_cluster:
        raise BadInput(f"Stack {stack.name} has no part {name}. It has: {', '.join(found)}.")
    return found.get(name)


def chosen(stack: Stack, name: str | None) -> list[Machine]:
    """The part of that name, or all; none where they are in a cluster."""
    if name is None:
        return [] if stack.is_in_cluster else list(of_stack(stack).values())
    found = find(stack, name)
    return [found] if found else []


def show_logs(found: Sequence[Machine], wish: Wish) -> None:
    """Each below its name, where there are several. Raises `BadInput` where several are to be followed."""
    if wish.follow and len(found) > 1:
        raise BadInput(f"Machines are followed one at a time: say which, of {', '.join(each.name for each in found)}.")
    for each in found:
        if len(found) > 1:
            output.text(f"{each.name}:")
        each.show_log(wish)
