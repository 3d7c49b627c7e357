"""Measures whether previews take longer than they did: `python -m tests.bench_variants [REF]`, HEAD~1 unless given.

Each stack of tests/vendors/variants, which between them use every key, is previewed in turns in this checkout and in
one of the commit REF, in a sandbox of each one's own where nothing is there yet but the platform. The least of the
turns counts, because what the machine does besides only adds. A stack that the other commit does not take is named and
left out: it has a key that was not there then.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from .bench import ROOT, Measured, tried
from .engine.harness import Sandbox
from .vendors.variants import CLOUDS, Variant, all_of

TURNS = 3


class Checkout(NamedTuple):
    root: Path
    sandbox: Sandbox


@contextmanager
def at(ref: str, directory: Path) -> Iterator[Path]:
    """A second checkout, of that commit."""
    there = directory / "checkout"
    subprocess.run(["git", "worktree", "add", "--detach", "--quiet", there, ref], cwd=ROOT, check=True)
    try:
        yield there
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", there], cwd=ROOT, check=True)


def run(checkout: Checkout, command: str, variant: Variant, *flags: str) -> Measured | None:
    """None where the checkout does not take the stack."""
    return tried(checkout.sandbox.home, command, "-s", variant.stack, *flags, root=checkout.root)


def least(found: list[Measured]) -> Measured:
    return Measured(min(one.wall for one in found), min(one.cpu for one in found), min(one.peak_mib for one in found))


def compare(variant: Variant, now: Checkout, then: Checkout) -> tuple[Measured, Measured] | None:
    for checkout in (now, then):
        variant.write(checkout.sandbox)
        if not run(checkout, "preview", variant):  # which sets the stack up, and its platform
            return None
    turns = [(run(now, "preview", variant), run(then, "preview", variant)) for _ in range(TURNS)]
    if variant.kind == "platform":  # the others stand on it
        for checkout in (now, then):
            run(checkout, "up", variant, "--yes", "--skip-preview")
    return least([ours for ours, _ in turns if ours]), least([theirs for _, theirs in turns if theirs])


def main(ref: str) -> None:
    rows: dict[str, tuple[Measured, Measured]] = {}
    left_out = []
    with tempfile.TemporaryDirectory() as name, at(ref, Path(name)) as other:
        now = Checkout(ROOT, Sandbox(Path(name) / "now"))
        then = Checkout(other, Sandbox(Path(name) / "then", other))
        for variant in (variant for cloud in CLOUDS for variant in all_of(cloud)):
            found = compare(variant, now, then)
            if found:
                rows[variant.stack] = found
            else:
                left_out.append(variant.stack)
    print(f"{'':24}{'wall s':>8}{ref[:10]:>12}{'ratio':>8}{'CPU s':>10}{ref[:10]:>12}{'ratio':>8}")
    for stack, (ours, theirs) in rows.items():
        walls = f"{ours.wall:8.2f}{theirs.wall:12.2f}{ours.wall / theirs.wall:8.2f}"
        print(f"{stack:24}{walls}{ours.cpu:10.2f}{theirs.cpu:12.2f}{ours.cpu / theirs.cpu:8.2f}")
    walls, cpus = zip(
        *((ours.wall / theirs.wall, ours.cpu / theirs.cpu) for ours, theirs in rows.values()), strict=True
    )
    print(f"median ratio: wall {median(walls):.2f}, CPU {median(cpus):.2f}")
    if left_out:
        print(f"not taken at {ref}, or not now: {', '.join(left_out)}")


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["HEAD~1"]))
