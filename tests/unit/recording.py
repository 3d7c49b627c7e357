"""Runs a program under Pulumi's mocks and keeps every registration, options included, which mocks alone do not show."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockMonitor, Mocks, set_mocks

from sandbox.simulation import schema
from sandbox.simulation.values import plain

SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"


@dataclass(frozen=True)
class Registered:
    """One resource as the program registered it. `inputs` has secrets as the engine would get them: wrapped."""

    urn: str
    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    protect: bool
    retain_on_delete: bool
    delete_before_replace: bool
    ignore_changes: tuple[str, ...]
    depends_on: frozenset[str]
    provider: str


@dataclass
class Recording:
    """What a program registered, and what it exported."""

    resources: list[Registered] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)

    def of(self, type_: str) -> list[Registered]:
        """All of a type; there must be one, or a loop over them would prove nothing."""
        found = [resource for resource in self.resources if resource.type == type_]
        assert found, f"no resource {type_}: {sorted({resource.type for resource in self.resources})}"
        return found

    def one(self, type_: str, name: str | None = None) -> Registered:
        found = [r for r in self.of(type_) if name is None or r.name == name]
        assert len(found) == 1, f"{len(found)} resources {type_} {name or ''}: {[r.name for r in found]}"
        return found[0]

    def check(self, *secrets: str) -> None:
        """What must hold for every program: no URN twice, only properties that the SDKs know, of their types, and none
        of `secrets` in the clear."""
        urns = [resource.urn for resource in self.resources]
        assert sorted(set(urns)) == sorted(urns), "a URN is registered twice"
        for resource in self.resources:
            if not resource.type.startswith(("nodeyard:", "pulumi:", "kubernetes:secrets-store")):
                problems = schema.check(resource.type, whole(plain(resource.inputs)))
                assert not problems, f"{resource.urn}: {problems}"
            for path, value in leaves(resource.inputs):
                leaked = [secret for secret in secrets if secret in str(value)]
                assert not leaked, f"{resource.urn}: {path} holds a secret in the clear"


class RecordingMonitor(MockMonitor):
    def __init__(self, mocks: Mocks, recording: Recording) -> None:
        super().__init__(mocks)
        self.recording = recording
        self.lock = threading.Lock()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            with self.lock:
                self.recording.resources.append(
                    Registered(
                        urn=response.urn,
                        type=request.type,
                        name=request.name,
                        parent=request.parent,
                        inputs=rpc.deserialize_properties(request.object, keep_unknowns=True),
                        protect=request.protect,
                        retain_on_delete=request.retainOnDelete,
                        delete_before_replace=request.deleteBeforeReplace,
                        ignore_changes=tuple(request.ignoreChanges),
                        depends_on=frozenset(request.dependencies),
                        provider=request.provider,
                    )
                )
        return response


def record(program: Callable[[], Any], mocks: Mocks, stack: str = "test") -> Recording:
    """Runs `program` to its end, with every Output resolved."""
    recording = Recording()
    monitor = RecordingMonitor(mocks, recording)
    set_mocks(mocks, project="nodeyard", stack=stack, organization="organization", monitor=monitor)

    @pulumi.runtime.test
    def run() -> Any:
        program()

    run()
    return recording


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of everything in the clear: a wrapped secret is passed over."""
    if isinstance(value, dict):
        if SECRET_SIGNATURE in value:
            return
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def whole(value: Any) -> Any:
    """gRPC knows only doubles: whole numbers as the program gave them."""
    if isinstance(value, dict):
        return {key: whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
