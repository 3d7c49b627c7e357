"""A small client of one API server: the few verbs that the sandbox needs, over one kept connection for each thread."""

import http.client
import json
import ssl
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
Item = dict[str, Any]


class Refused(Exception):
    """The API server's own words."""

    def __init__(self, status: Mapping[str, Any]):
        super().__init__(status.get("message") or status.get("reason") or "the API server refused")
        self.code = status.get("code")
        self.reason = status.get("reason")


class Client:
    def __init__(self, port: int, token: str, authority: Path):
        self.port, self.token = port, token
        self.tls = ssl.create_default_context(cafile=authority)
        self.local = threading.local()
        self.resources = cache(self._resources)

    def request(
        self, method: str, path: str, body: Any = None, *, content: str = "application/json", **query: Any
    ) -> Item:
        target = f"{path}?{urlencode(query)}" if query else path
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content}
        status, text = self._exchange(method, target, None if body is None else json.dumps(body), headers)
        answer: Item
        try:
            answer = json.loads(text)
        except ValueError:
            answer = {"message": text.decode(errors="replace").strip(), "code": status}
        if status >= 400:
            raise Refused(answer | {"code": status})
        return answer

    def _exchange(self, method: str, target: str, body: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
        for attempt in (1, 2):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls, timeout=60)
                self.local.connection = connection
            try:
                connection.request(method, target, body, headers)
                response = connection.getresponse()
                return response.status, response.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                self.local.connection = None
                if attempt == 2:  # the first may only have found a connection that the server had closed
                    raise
        raise AssertionError

    def ready(self) -> bool:
        try:
            self.request("GET", "/readyz")
        except (Refused, OSError):
            return False
        return True

    # --- objects, by what they say of themselves

    def get(self, item: Item) -> Item | None:
        try:
            return self.request("GET", self.path(item))
        except Refused as refused:
            if refused.code == 404:
                return None
            raise

    def find(self, kind: str, name: str, namespace: str = "", api_version: str = "v1") -> Item | None:
        return self.get({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}})

    def create(self, item: Item) -> Item:
        return self.request("POST", self.path(item).rpartition("/")[0], item)

    def apply(self, item: Item, manager: str, *, dry_run: bool = False) -> Item:
        query = {"fieldManager": manager, "force": "true", "fieldValidation": "Strict"}
        query |= {"dryRun": "All"} if dry_run else {}
        return self.request("PATCH", self.path(item), item, content=APPLY, **query)

    def merge(self, item: Item, patch: Item, subresource: str = "") -> Item:
        return self.request("PATCH", self.path(item) + (f"/{subresource}" if subresource else ""), patch, content=MERGE)

    def delete(self, item: Item, propagation: str = "Background") -> bool:
        """Whether there was something to delete."""
        try:
            self.request("DELETE", self.path(item), {"propagationPolicy": propagation})
        except Refused as refused:
            if refused.code == 404:
                return False
            raise
        return True

    def list(self, api_version: str, kind: str, namespace: str = "", **query: str) -> list[Item]:
        where = {"apiVersion": api_version, "kind": kind, "metadata": {"namespace": namespace}}
        try:
            items = self.request("GET", self.path(where), **query)["items"]
        except Refused as refused:
            if refused.code == 404:
                return []
            raise
        return [{"apiVersion": api_version, "kind": kind, **item} for item in items]

    def path(self, item: Mapping[str, Any]) -> str:
        """The object's path; that of the whole kind when it has no name."""
        metadata = item.get("metadata") or {}
        plural, namespaced = self.resource(item["apiVersion"], item["kind"])
        namespace = metadata.get("namespace", "default") if namespaced else ""
        inside = f"/namespaces/{namespace}" if namespace else ""
        name = f"/{metadata['name']}" if metadata.get("name") else ""
        return f"{root_of(item['apiVersion'])}{inside}/{plural}{name}"

    def resource(self, api_version: str, kind: str) -> tuple[str, bool]:
        """(plural, namespaced) of a kind; asked again when it is not known, as a definition may have come since."""
        if kind not in self.resources(api_version):
            self.resources.cache_clear()
        if kind not in self.resources(api_version):
            raise Refused(
                {
                    "code": 404,
                    "reason": "NotFound",
                    "message": f'no matches for kind "{kind}" in version "{api_version}"',
                }
            )
        return self.resources(api_version)[kind]

    def _resources(self, api_version: str) -> dict[str, tuple[str, bool]]:
        try:
            found = self.request("GET", root_of(api_version))["resources"]
        except Refused as refused:
            if refused.code == 404:
                return {}
            raise
        return {entry["kind"]: (entry["name"], entry["namespaced"]) for entry in found if "/" not in entry["name"]}


def root_of(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
