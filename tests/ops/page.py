"""docs/ops as somebody follows it: the pages' blocks of commands, in their order."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
INDEX = CHECKOUT / "docs/ops/README.md"
ELSEWHERE = "*Not in the sandbox:*"
"""What stands above a block that needs a running container, a machine or an account."""
NETWORKS = "Networks of Ethereum Classic's kind"
"""The section whose blocks are of another stack than the rest."""
LIMIT_SECONDS = 900


@dataclass(frozen=True)
class Block:
    section: str
    place: str
    """The page and the line."""
    is_elsewhere: bool
    commands: tuple[str, ...]


def pages() -> list[Path]:
    """The index, and then the pages in the order of its table."""
    listed = re.findall(r"^\| \[([\w-]+\.md)\]\(\1\) \|", INDEX.read_text(), re.MULTILINE)
    return [INDEX, *(INDEX.parent / name for name in listed)]


def blocks() -> list[Block]:
    """Every indented block of every page, with the heading that it stands under."""
    return [block for page in pages() for block in _blocks(page)]


def _blocks(page: Path) -> list[Block]:
    found: list[Block] = []
    section, before, lines = "", "", page.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if heading := re.fullmatch(r"##? (.+)", line):
            section = heading[1]
        if not line.startswith("    "):
            before = line if line else before
            continue
        if lines[number - 2].startswith("    "):
            last = found.pop()
            found.append(Block(section, last.place, last.is_elsewhere, (*last.commands, line.strip())))
        else:
            place = f"{page.relative_to(CHECKOUT)}:{number}"
            found.append(Block(section, place, before == ELSEWHERE, (line.strip(),)))
    return found


def script(block: Block) -> str:
    """The block as a shell takes it. A command whose comment says `exits with N` does so."""
    lines = ["set -euo pipefail"]
    for command in block.commands:
        if code := re.search(r"  # exits with (\d+)", command):
            lines += [f"code=0; {command[: code.start()]} || code=$?", f"test $code = {code[1]}"]
        else:
            lines.append(command)
    return "\n".join(lines)


class Reader:
    """Somebody with a fresh sandbox, a terminal in the checkout, and `nodeyard` installed. What one block sets is set
    in the next one."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self.home = home
        (home / "bin").mkdir(parents=True)
        program = home / "bin/nodeyard"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ops "$@"\n')
        program.chmod(0o755)
        # Whatever a sandbox once built, the reader has as well.
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        path = f"{home / 'bin'}:{environment['PATH']}"
        self.environment = {**environment, "HOME": str(home), "XDG_CACHE_HOME": cache, "PATH": path}
        self.printed = ""

    def follow(self, block: Block) -> None:
        after = self.home / "environment"
        text = f"{script(block)}\nenv -0 > {after}"
        done = subprocess.run(
            ["bash", "-c", text],
            cwd=CHECKOUT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        self.printed += done.stdout + done.stderr
        assert done.returncode == 0, f"{block.place}: {block.commands}\n{done.stdout}{done.stderr}"
        entries = after.read_text().split("\0")
        self.environment = dict(entry.split("=", 1) for entry in entries if "=" in entry)
