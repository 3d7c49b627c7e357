"""What the API server has, as kubectl prints it, and which API server that is."""

import json
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import typer

from ..errors import Unreachable
from ..private_file import private_file
from ..stacks import Stack
from . import processes

REVISION = "controller-revision-hash"
Run = Callable[[Sequence[str]], Awaitable[str]]
"""Runs a command, and returns what it prints. Raises `Unreachable`."""


def use_cluster_of(stack: Stack, context: typer.Context) -> None:
    """Lets every kubectl of this command talk to the cluster that the stack is in, and to no other.

    Where the current context leads there, kubectl keeps that: it may say more of who asks. Else it gets the stack's own
    kubeconfig. Of a stack that says nothing of its cluster, the current context has to be right.
    """
    own = stack.kubeconfig()
    if own is not None and _server(own) != _server(processes.run(_current())):
        context.with_resource(_kubeconfig(own))


async def _current() -> Any:
    """The kubeconfig of the current context alone; nothing where there is none."""
    try:
        return await processes.capture_json(["kubectl", "config", "view", "--minify", "--output", "json"])
    except Unreachable:
        return {}


def _server(config: Any) -> str | None:
    try:
        return str(config["clusters"][0]["cluster"]["server"])
    except (LookupError, TypeError):
        return None


@contextmanager
def _kubeconfig(config: Mapping[str, Any]) -> Iterator[None]:
    """It is every kubectl's, while the context is open."""
    before = os.environ.get("KUBECONFIG")
    with private_file(json.dumps(config)) as file:
        os.environ["KUBECONFIG"] = file
        try:
            yield
        finally:
            del os.environ["KUBECONFIG"]
            if before is not None:
                os.environ["KUBECONFIG"] = before


async def get(kinds: str, *options: str, run: Run = processes.capture) -> list[dict[str, Any]]:
    """The objects of these kinds. Raises `Unreachable`."""
    try:
        printed = json.loads(await run(["kubectl", "get", kinds, *options, "--output", "json"]))
    except ValueError:
        raise Unreachable("kubectl get did not print JSON.") from None
    items = printed.get("items") if isinstance(printed, dict) else None
    if not isinstance(items, list) or not all(isinstance(each, dict) and "metadata" in each for each in items):
        raise undocumented()
    return items


def written(content: str | Sequence[Mapping[str, Any]]) -> AbstractContextManager[str]:
    """A file for `--filename`, of YAML or of these objects. Nobody else may read the file, which is gone afterwards."""
    text = content if isinstance(content, str) else json.dumps({"apiVersion": "v1", "kind": "List", "items": content})
    return private_file(text)


def undocumented() -> Unreachable:
    return Unreachable("kubectl get did not print what the API documents.")


def by_kind(items: Sequence[dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Kind, then name."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for item in items:
        found.setdefault(str(item.get("kind")), {})[item["metadata"]["name"]] = item
    return found


def is_deleting(pod: Mapping[str, Any]) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def phase(pod: Mapping[str, Any]) -> str:
    """As kubectl shows it: `Terminating`, what a container waits for, or the phase."""
    status = pod["status"]
    states = [each.get("state", {}) for each in status.get("containerStatuses") or []]
    waits = next((state["waiting"].get("reason") for state in states if "waiting" in state), None)
    return "Terminating" if is_deleting(pod) else str(waits or status.get("phase", "Unknown"))


def is_older(pod: Mapping[str, Any], owner: Mapping[str, Any]) -> bool:
    """Whether another template of its StatefulSet made the pod; not known while the controller has not looked at the
    newest one."""
    status = owner.get("status") or {}
    wanted = status.get("updateRevision")
    has_looked = status.get("observedGeneration") == owner["metadata"].get("generation")
    return bool(wanted and has_looked and pod["metadata"].get("labels", {}).get(REVISION) != wanted)
