"""What goes around a plugin's calls."""

from __future__ import annotations  # grpc's handlers take no parameters but for a type checker

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import grpc


class Around(grpc.ServerInterceptor, ABC):
    """Goes around each call that has one request and one answer."""

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        handler = continuation(details)
        method = handler.unary_unary if handler else None
        if handler is None or method is None or not self.is_meant(str(details.method)):
            return handler

        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            return self.answer(method, request, context)

        return grpc.unary_unary_rpc_method_handler(answer, handler.request_deserializer, handler.response_serializer)

    def is_meant(self, method: str) -> bool:
        """Whether it goes around this one."""
        return True

    @abstractmethod
    def answer(self, method: Callable[..., Any], request: Any, context: grpc.ServicerContext) -> Any:
        """What the engine is answered; `method` makes the plugin's own answer."""
