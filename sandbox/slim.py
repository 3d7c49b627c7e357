"""What our plugin processes share: a quick start and a prompt end."""

import importlib.util
import os
import signal
import sys
import threading
import types
from pathlib import Path


def protos_only() -> None:
    """Lets pulumi.runtime.proto be imported without the rest of the SDK: a plugin starts in a third of the time."""
    if "pulumi" in sys.modules:
        return
    found = importlib.util.find_spec("pulumi")
    if found is None or found.origin is None:
        raise ImportError("pulumi")
    sdk = Path(found.origin).parent
    for name, directory in (("pulumi", sdk), ("pulumi.runtime", sdk / "runtime")):
        package = types.ModuleType(name)
        package.__path__ = [str(directory)]
        sys.modules[name] = package


def serve_until_stopped() -> None:
    """Returns when the engine says so (SIGINT, SIGTERM) or is gone: a killed engine leaves nothing of ours behind.

    The main thread polls: one that sits in a wait without end sometimes never runs the Python signal handler, and the
    engine then waits five seconds before it kills us.
    """
    engine, stop = os.getppid(), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(0.1):
        if os.getppid() != engine:
            return
