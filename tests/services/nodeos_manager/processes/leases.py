"""The Lease of an API server: one object, compared and swapped by its resourceVersion."""

import threading
from typing import Any

import yaml

from .loopback import serve


class Leases:
    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self._version = 0
        self._lock = threading.Lock()
        self._server, self.address = serve(self)

    def kubeconfig(self) -> dict[str, Any]:
        return {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": self.address}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
        }

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        with self._lock:
            if method == "GET":
                return (200, self.lease) if self.lease else (404, _refused(404))
            stored = str(self._version) if self.lease else None
            if body["metadata"].get("resourceVersion") != stored:
                return 409, _refused(409)
            self._version += 1
            self.lease = {**body, "metadata": {**body["metadata"], "resourceVersion": str(self._version)}}
            return (201 if method == "POST" else 200), self.lease

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _refused(code: int) -> dict[str, Any]:
    return {"kind": "Status", "code": code, "message": "refused"}


def written(kubeconfig: dict[str, Any]) -> str:
    return str(yaml.safe_dump(kubeconfig))
