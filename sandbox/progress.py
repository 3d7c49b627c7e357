"""What the sandbox says while something takes minutes: on a terminal one line that counts, else a line now and then.

Standard library only, on stderr only: stdout belongs to the command that the sandbox runs.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading
import time
from collections.abc import Iterator

EVERY_SECONDS = 20
"""Between two lines in a log; a terminal's line counts every second."""


def say(text: str) -> None:
    print(f"sandbox: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def progress(what: str, usual: str = "") -> Iterator[None]:
    """Says what is done, then, until it is done, for how long already. `usual` says how long it takes."""
    say(f"{what}{f' ({usual})' if usual else ''}")
    done, begun = threading.Event(), time.monotonic()
    clock = threading.Thread(target=tick, args=(what, usual, begun, done), daemon=True)
    clock.start()
    try:
        yield
    finally:
        done.set()
        clock.join()
    say(f"{what}: done after {spoken(time.monotonic() - begun)}")


def tick(what: str, usual: str, begun: float, done: threading.Event) -> None:
    terminal = sys.stderr.isatty()
    while not done.wait(1 if terminal else EVERY_SECONDS):
        text = f"{what}: {spoken(time.monotonic() - begun)}{f' of {usual}' if usual else ''}"
        if terminal:
            width = shutil.get_terminal_size().columns - 1  # a line that wraps could not be written over
            sys.stderr.write(f"\r\x1b[K{f'sandbox: {text}'[:width]}")
            sys.stderr.flush()
        else:
            say(text)
    if terminal:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def spoken(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
