"""Serves an application on a port, beside others in one process."""

import contextlib
from collections.abc import Iterator
from typing import Any

import uvicorn


def server(application: Any, host: str, port: int) -> uvicorn.Server:
    """Serves the ASGI application when its `serve` is awaited."""
    return _Server(uvicorn.Config(application, host=host, port=port, log_config=None, access_log=False))


class _Server(uvicorn.Server):
    """Signals are the manager's: it stops nodeos before it ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
