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

NAMED = "SANDBOX_STANDSTILL"
REACHED = "standstill"


class Standstill(grpc.ServerInterceptor):
    def __init__(self, home: Path) -> None:
        self.moment, self.call, self.urn = [*os.environ.get(NAMED, "").split(" ", 2), "", "", ""][:3]
        self.reached = home / REACHED

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        handler = continuation(details)
        method = handler.unary_unary if handler else None
        if handler is None or method is None or not str(details.method).endswith(f"/{self.call}"):
            return handler

        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            if request.urn != self.urn or getattr(request, "preview", False):
                return method(request, context)
            if self.moment == "before":
                self.stand_still()
                return method(request, context)
            answered = method(request, context)
            self.stand_still()
            return answered

        return grpc.unary_unary_rpc_method_handler(answer, handler.request_deserializer, handler.response_serializer)

    def stand_still(self) -> None:
        self.reached.touch()
        while self.reached.exists():
            time.sleep(0.02)
