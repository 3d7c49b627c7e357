"""The Leases of an API server, each compared and swapped by its resourceVersion."""

import threading
from typing import Any

import yaml

from .loopback import serve


class Leases:
    def __init__(self) -> None:
        self.all: dict[str, dict[str, Any]] = {}
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

    @property
    def lease(self) -> dict[str, Any] | None:
        """The one that says who may produce."""
        return self.all.get("nodeos-bp")

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        with self._lock:
            name = body["metadata"]["name"] if method == "POST" else path.rpartition("/")[2]
            stored = self.all.get(name)
            if method == "GET":
                return (200, stored) if stored else (404, _refused(404))
            if body["metadata"].get("resourceVersion") != (stored["metadata"]["resourceVersion"] if stored else None):
                return 409, _refused(409)
            self._version += 1
            self.all[name] = {**body, "metadata": {**body["metadata"], "resourceVersion": str(self._version)}}
            return (201 if method == "POST" else 200), self.all[name]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _refused(code: int) -> dict[str, Any]:
    return {"kind": "Status", "code": code, "message": "refused"}


def written(kubeconfig: dict[str, Any]) -> str:
    return str(yaml.safe_dump(kubeconfig))
