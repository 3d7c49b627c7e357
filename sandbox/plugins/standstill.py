"""A call at which the cloud stands still, so that a test can kill what it likes at that very moment.

`SANDBOX_STANDSTILL` names it: `before` or `after`, the call and the resource's URN. Before: the thing is not there yet.
After: it is there, and nobody was told. The file `standstill` in the sandbox's home says that it was reached; once
somebody removes the file, the call goes on.
"""

from __future__ import annotations  # grpc's handlers take no parameters but for a type checker

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc

from sandbox.plugins.around import Around

NAMED = "SANDBOX_STANDSTILL"
REACHED = "standstill"


class Standstill(Around):
    def __init__(self, home: Path) -> None:
        self.moment, self.call, self.urn = [*os.environ.get(NAMED, "").split(" ", 2), "", "", ""][:3]
        self.reached = home / REACHED

    def is_meant(self, method: str) -> bool:
        return method.endswith(f"/{self.call}")

    def answer(self, method: Callable[..., Any], request: Any, context: grpc.ServicerContext) -> Any:
        if request.urn != self.urn or getattr(request, "preview", False):
            return method(request, context)
        if self.moment == "before":
            self.stand_still()
            return method(request, context)
        answered = method(request, context)
        self.stand_still()
        return answered

    def stand_still(self) -> None:
        self.reached.touch()
        while self.reached.exists():
            time.sleep(0.02)
