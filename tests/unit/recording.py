"""Runs a program under Pulumi's mocks and keeps every registration, options included, which mocks alone do not show."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockMonitor, Mocks, set_mocks

from sandbox.simulation import schema
from sandbox.simulation.values import plain

CUSTOM = ("kubernetes:secrets-store", "kubernetes:elbv2")
"""Custom resources, which no SDK knows."""
SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"


@dataclass(frozen=True)
class Registered:
    """One resource as the program registered it. `inputs` has secrets as the engine would get them: wrapped.

    `id` and `outputs` are what the cloud answered."""

    urn: str
    type: str
    name: str
    parent: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    protect: bool
    retain_on_delete: bool
    delete_before_replace: bool
    ignore_changes: tuple[str, ...]
    depends_on: frozenset[str]
    provider: str


@dataclass
class Recording:
    """What a program registered, read and asked, and what it exported."""

    resources: list[Registered] = field(default_factory=list)
    #: (name, id) of what was there already.
    read: list[tuple[str, str]] = field(default_factory=list)
    #: (function, arguments) of every question to a cloud.
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    #: The state of everything by its URN, also of what a remote component made of its own.
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
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

    def comparable(self) -> dict[str, str]:
        """The inputs of each resource by its URN, as text that is the same in every world: the ids and ARNs that the
        cloud made up are replaced by their owners' URNs."""
        made_up = {told: r.urn for r in self.resources for told in (r.id, r.outputs.get("arn")) if told}
        texts = {resource.urn: json.dumps(resource.inputs, sort_keys=True) for resource in self.resources}
        for told in sorted(made_up, key=len, reverse=True):
            texts = {urn: text.replace(told, made_up[told]) for urn, text in texts.items()}
        return texts

    def check(self, *secrets: str) -> None:
        """What must hold for every program: no URN twice, only properties that the SDKs know, of their types, and none
        of `secrets` in the clear."""
        urns = [resource.urn for resource in self.resources]
        assert sorted(set(urns)) == sorted(urns), "a URN is registered twice"
        for resource in self.resources:
            if not resource.type.startswith(("nodeyard:", "pulumi:", "toy:", *CUSTOM)):
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
            # Nothing is taken apart under the lock: a reference to a resource would ask this monitor for it.
            made = Registered(
                urn=response.urn,
                type=request.type,
                name=request.name,
                parent=request.parent,
                id=response.id,
                inputs=rpc.deserialize_properties(request.object, keep_unknowns=True),
                outputs=plain(self.resources[response.urn].state),
                protect=request.protect,
                retain_on_delete=request.retainOnDelete,
                delete_before_replace=request.deleteBeforeReplace,
                ignore_changes=tuple(request.ignoreChanges),
                depends_on=frozenset(request.dependencies),
                provider=request.provider,
            )
            with self.lock:
                self.recording.resources.append(made)
        return response

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        with self.lock:
            self.recording.read.append((request.name, request.id))
        return super().ReadResource(request)

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        if not request.tok.startswith("pulumi:"):
            given = rpc.deserialize_properties(request.args)
            with self.lock:
                self.recording.asked.append((request.tok, given))
        return super().Invoke(request)


def record(program: Callable[[], Any], mocks: Mocks, stack: str = "test") -> Recording:
    """Runs `program` to its end, with every Output resolved."""
    recording = Recording()
    monitor = RecordingMonitor(mocks, recording)
    set_mocks(mocks, project="nodeyard", stack=stack, organization="organization", monitor=monitor)

    @pulumi.runtime.test
    def run() -> Any:
        program()

    run()
    recording.state = {urn: whole(made.state) for urn, made in monitor.resources.items()}
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
