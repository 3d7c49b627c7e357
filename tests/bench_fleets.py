"""Measures previews of Theta fleets in the sandbox: `make bench`, or `python -m tests.bench_fleets 1 10 100 1000`.

Nothing is there before, so that every resource is one to create. Wall seconds; CPU seconds of the whole process tree;
and peak memory (resident, as the kernel accounts it) of Pulumi's engine and of our program. One run each: the machine's
own noise is part of the figures.

A straight line: least squares over all sizes, and how far a figure lies from it at worst. The biggest fleet weighs most
in a line, and bends it to itself: where growth is not straight, what a node costs more from one size to the next rises,
which is why that stands beside it.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import linear_regression
from threading import Event, Thread
from typing import NamedTuple

from .bench import measure

STACK = "theta-mainnet"
SIZES = (1, 10, 100)
PROCESSES: dict[str, Callable[[list[str]], bool]] = {
    "program": lambda command: any(word.endswith("pulumi-language-python-exec") for word in command),
    "engine": lambda command: Path(command[0]).name == "pulumi" and "preview" in command,
}


class Figures(NamedTuple):
    wall: float
    cpu: float
    program: float
    engine: float


TITLES = ("wall s", "CPU s", "program MiB", "engine MiB")


def preview(home: Path, nodes: int) -> Figures:
    measure(home, "config", "set", "--stack", STACK, "--path", "nodeyard:stack.nodes", str(nodes))
    with watched(home) as peaks:
        taken = measure(home, "preview", "-s", STACK)
    return Figures(taken.wall, taken.cpu, peaks["program"], peaks["engine"])


@contextmanager
def watched(home: Path) -> Iterator[dict[str, float]]:
    """The peaks of the processes that run for this sandbox while the block does, in MiB."""
    peaks, over = dict.fromkeys(PROCESSES, 0.0), Event()

    def watch() -> None:
        while not over.wait(0.1):
            for name, mib in high_water(home):
                peaks[name] = max(peaks[name], mib)

    thread = Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        over.set()
        thread.join()


def high_water(home: Path) -> Iterator[tuple[str, float]]:
    """What each process has needed at most so far, by the kernel (proc(5), VmHWM): between two looks nothing is lost
    but what a process does in its last tenth of a second."""
    ours = f"SANDBOX_HOME={home}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if ours not in (process / "environ").read_bytes().split(b"\0"):
                continue
            command = (process / "cmdline").read_text().rstrip("\0").split("\0")
            status = (process / "status").read_text()
        except OSError:
            continue
        for name, is_it in PROCESSES.items():
            if is_it(command) and "VmHWM:" in status:
                yield name, int(status.partition("VmHWM:")[2].split()[0]) / 1024


def report(sizes: Sequence[int], rows: Sequence[Figures]) -> None:
    print("".join([f"{'nodes':>6}", *(f"{title:>13}{'a node':>9}" for title in TITLES)]))
    before: tuple[int, Figures] | None = None
    for size, row in zip(sizes, rows, strict=True):
        more = [(now - then) / (size - before[0]) for now, then in zip(row, before[1], strict=True)] if before else []
        cells = [f"{value:13.1f}{f'{more[i]:+.3f}' if more else '':>9}" for i, value in enumerate(row)]
        print("".join([f"{size:6}", *cells]))
        before = size, row
    for title, values in zip(TITLES, zip(*rows, strict=True), strict=True):
        print(f"{title}: {line(sizes, values)}")


def line(sizes: Sequence[int], values: Sequence[float]) -> str:
    slope, start = linear_regression(sizes, values)
    off, size = max((abs(value - (start + slope * size)), size) for size, value in zip(sizes, values, strict=True))
    share = 100 * off / values[list(sizes).index(size)]
    return (
        f"{start:.1f} and {slope:.3f} for each node; at worst {off:.1f} off it, {share:.0f} % of the figure, at {size}"
    )


def main() -> None:
    sizes = sorted({int(given) for given in sys.argv[1:]}) or list(SIZES)
    if len(sizes) < 2:
        sys.exit("a line takes two sizes or more")
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        # What only the first command does is no part of the figures.
        measure(home, "preview", "-s", STACK)
        for size in sizes:
            rows.append(preview(home, size))
    print(f"{STACK}: preview, nothing there")
    report(sizes, rows)


if __name__ == "__main__":
    main()
