"""Three ordinals, a chain and the ways between them; and the faults that hit them, one after another."""

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nodeos_manager.production.schedule import SLOT

from .chain import Chain
from .pod import Pod, Program, until
from .way import State, Way, Ways

ORDINALS = ("bp-0", "bp-1", "bp-2")
PATIENCE = 180.0
"""Seconds until somebody produces again. With `automatic`, a lease and what follows it take 20."""


@dataclass(frozen=True)
class Shape:
    """What a world is made of."""

    name: str
    failover: str
    others: int
    """Producers in the schedule that are not ours. Without any, every slot is ours."""
    rates: tuple[float, float, float]
    """Of the managers' clocks."""
    faults: tuple[str, ...]
    """By their methods' names."""
    leave_out: str = ""


@dataclass(frozen=True)
class Fault:
    """What came of one fault."""

    world: str
    name: str
    hit: str
    """The ordinal that produced then."""
    seconds: float
    """Slots of ours that nobody signed, from the fault until production had come back."""
    now: str
    """The ordinal that produces after it."""


@dataclass(frozen=True)
class Result:
    shape: Shape
    faults: Sequence[Fault]
    doubles: dict[int, list[str]]
    signatures: int


class World:
    def __init__(self, shape: Shape, directory: Path, kubeconfig: dict[str, Any]) -> None:
        self.shape = shape
        self.chain = Chain(shape.others, directory)
        self.ways = Ways()
        options = (f"--failover={shape.failover}", f"--lease={shape.name}", *self.chain.arguments())
        self.pods = {}
        for ordinal, rate in zip(ORDINALS, shape.rates, strict=True):
            (directory / ordinal).mkdir()
            program = Program(rate, shape.leave_out)
            first = ("--first",) if ordinal == ORDINALS[0] else ()
            self.pods[ordinal] = Pod(ordinal, directory / ordinal, program, (*options, *first))
        self._to_api: dict[str, Way] = {}
        self._to_fellow: dict[tuple[str, str], Way] = {}
        for ordinal, pod in self.pods.items():
            pod.start(self._kubeconfig(ordinal, kubeconfig), self._fellows(ordinal))

    def run(self) -> Result:
        """Every fault of the shape, each when production has come back from the one before."""
        try:
            until(lambda: self.chain.grows(0.0), f"{self.shape.name}: the first blocks", PATIENCE)
            faults = [self._hit(name) for name in self.shape.faults]
            time.sleep(2.0)
            return Result(self.shape, faults, self.chain.doubles(), self.chain.signatures())
        finally:
            self.stop()

    def stop(self) -> None:
        for pod in self.pods.values():
            pod.stop()
        self.ways.stop()
        self.chain.stop()

    @property
    def producer(self) -> Pod:
        """Who signed last."""
        return self.pods[self.chain.last_signer.partition("#")[0]]

    def standby(self) -> Pod:
        return next(pod for pod in self.pods.values() if pod is not self.producer)

    # The faults. Each returns when it is over, or goes on by itself.

    def kill_manager(self) -> None:
        self.producer.kill_manager()

    def kill_nodeos(self) -> None:
        self.producer.signal_nodeos(signal.SIGKILL)

    def hang_nodeos(self) -> None:
        pod = self.producer
        pod.signal_nodeos(signal.SIGSTOP)
        time.sleep(9.0)
        pod.signal_nodeos(signal.SIGCONT)

    def hang_main_thread(self) -> None:
        """nodeos takes what it is asked, and does it later."""
        self.producer.nodeos("test/hang", 7.0)
        time.sleep(7.0)

    def hang_manager(self) -> None:
        """The kubelet kills it."""
        self.producer.signal_manager(signal.SIGSTOP)
        time.sleep(4.0)

    def pause_implicitly(self) -> None:
        self.producer.nodeos("test/implicit_pause", 4.0)
        time.sleep(4.0)

    def stop_api(self) -> None:
        self._api(State.CLOSED, 14.0, *ORDINALS)

    def blink_api(self) -> None:
        self._api(State.CLOSED, 3.0, *ORDINALS)

    def lose_api(self) -> None:
        self._api(State.CUT, 14.0, *ORDINALS)

    def split_from_api(self) -> None:
        """The producer's pod alone, which still has its fellows and the chain."""
        self._api(State.CUT, 14.0, self.producer.ordinal)

    def split_control(self) -> None:
        """The producer's pod has neither API server nor fellows, but the chain: where two would produce unseen."""
        ordinal = self.producer.ordinal
        ways = [way for ends, way in self._to_fellow.items() if ordinal in ends]
        for way in ways:
            way.set(State.CUT)
        self._api(State.CUT, 16.0, ordinal)
        for way in ways:
            way.set(State.OPEN)

    def lose_machine(self) -> None:
        """Its pod comes back elsewhere, as another one."""
        pod = self.producer
        pod.lose()
        time.sleep(14.0)
        pod.replace()

    def switch(self) -> None:
        """A planned switch, by the operator's commands. By time, whoever stands by would take the right as well."""
        after = self.standby()
        for pod in self.pods.values() if self.shape.failover == "automatic" else [self.producer]:
            if pod is not after:
                self._repeat(pod, "safely_pause_production")
        self._repeat(after, "safely_resume_production")

    def usurp(self) -> None:
        """An operator who forgot the pause is refused."""
        assert self.standby().command("safely_resume_production").status_code == 500

    # What they are made of.

    def _repeat(self, pod: Pod, command: str) -> None:
        """An operator repeats what failed on a busy machine."""
        until(lambda: pod.command(command).status_code == 200, f"{command} of {pod.ordinal}", PATIENCE)

    def _hit(self, name: str) -> Fault:
        began, hit = time.time(), self.producer.ordinal
        fault: Callable[[], None] = getattr(self, name)
        fault()
        over = time.time()
        until(lambda: self.chain.grows(over), f"{self.shape.name}: production after {name}", PATIENCE)
        missed = len(self.chain.missed(began, time.time() - SLOT)) * SLOT
        return Fault(self.shape.name, name, hit, missed, self.producer.ordinal)

    def _api(self, state: State, seconds: float, *ordinals: str) -> None:
        for ordinal in ordinals:
            self._to_api[ordinal].set(state)
        time.sleep(seconds)
        for ordinal in ordinals:
            self._to_api[ordinal].set(State.OPEN)

    def _kubeconfig(self, ordinal: str, kubeconfig: dict[str, Any]) -> dict[str, Any]:
        """The same API server, by a way of this ordinal's own."""
        [entry] = kubeconfig["clusters"]
        server = urlsplit(entry["cluster"]["server"])
        assert server.port is not None
        way = self._to_api[ordinal] = self.ways.to(server.port)
        cluster = {**entry["cluster"], "server": f"{server.scheme}://127.0.0.1:{way.port}"}
        return {**kubeconfig, "clusters": [{**entry, "cluster": cluster}]}

    def _fellows(self, ordinal: str) -> dict[str, int]:
        others = [other for other in ORDINALS if other != ordinal]
        for other in others:
            self._to_fellow[ordinal, other] = self.ways.to(self.pods[other].port)
        return {other: self._to_fellow[ordinal, other].port for other in others}
