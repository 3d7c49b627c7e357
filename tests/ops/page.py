"""docs/ops.md as somebody follows it: its blocks of commands, in their order."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PAGE = CHECKOUT / "docs/ops.md"
ELSEWHERE = "*Not in the sandbox:*"
"""What stands above a block that needs a running container, a machine or an account."""
NETWORKS = "Networks of Ethereum Classic's kind"
"""The section whose blocks are of another stack than the rest."""
LIMIT_SECONDS = 900


@dataclass(frozen=True)
class Block:
    section: str
    line: int
    is_elsewhere: bool
    commands: tuple[str, ...]


def blocks() -> list[Block]:
    """Every indented block below a section of its own."""
    found: list[Block] = []
    section, before, lines = "", "", PAGE.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("## "):
            section = line.removeprefix("## ")
        if not line.startswith("    "):
            before = line if line else before
            continue
        if lines[number - 2].startswith("    "):
            last = found.pop()
            found.append(Block(section, last.line, last.is_elsewhere, (*last.commands, line.strip())))
        else:
            found.append(Block(section, number, before == ELSEWHERE, (line.strip(),)))
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
        assert done.returncode == 0, f"docs/ops.md:{block.line}: {block.commands}\n{done.stdout}{done.stderr}"
        entries = after.read_text().split("\0")
        self.environment = dict(entry.split("=", 1) for entry in entries if "=" in entry)
