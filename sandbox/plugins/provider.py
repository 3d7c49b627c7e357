"""The stand-in resource provider: one gRPC server for every cloud, over the simulation.

    provider.py PACKAGE VERSION [engine address]

It speaks the engine's protocol and keeps secrets secret; what a cloud answers is the simulation's business.
"""

from __future__ import annotations  # grpc's handlers take no parameters but for a type checker

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent import futures
from pathlib import Path
from typing import Any, Protocol, cast

sys.path.append(str(Path(__file__).resolve().parents[2]))
from sandbox import slim

slim.protos_only()

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.plugins.around import Around
from sandbox.plugins.difference import differences, is_within
from sandbox.plugins.standstill import Standstill
from sandbox.plugins.structs import from_struct, to_struct
from sandbox.simulation import class_of, cloud_of, schema
from sandbox.simulation.cloud import Answer, Cloud, merged, wrapped
from sandbox.simulation.resource import CloudError
from sandbox.simulation.schema import Problem
from sandbox.simulation.values import plain

HOME = Path(os.environ["SANDBOX_HOME"])
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
"""A release may hold as much as etcd takes."""


class Named(Protocol):
    """A request about one resource."""

    @property
    def urn(self) -> str: ...


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    def __init__(self, package: str, version: str, engine: str):
        self.package, self.version, self.engine = package, version, engine
        self.configured: Cloud | None = None

    @property
    def cloud(self) -> Cloud:
        if self.configured is None:
            raise CloudError("", f"the provider {self.package} was asked before it was configured")
        return self.configured

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: Any
    ) -> provider_pb2.ProviderHandshakeResponse:
        self.engine = request.engine_address
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=False, accept_outputs=False)

    def Attach(self, request: plugin_pb2.PluginAttach, context: Any) -> empty_pb2.Empty:
        self.engine = request.address
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self.version)

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """Only what writes programs asks for it, such as `pulumi import` once it has imported."""
        why = "the sandbox has no schema of a cloud, which writing code takes: import with --generate-code=false"
        context.abort(grpc.StatusCode.UNIMPLEMENTED, why)

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        news = from_struct(request.news)
        # Nested provider configuration arrives as JSON text, so only its names can be checked.
        problems = [
            p
            for p in schema.check(f"pulumi:providers:{self.package}", {k: v for k, v in news.items() if k != "version"})
            if "unknown property" in p[1]
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures(problems))

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        olds, news = plain(from_struct(request.old_inputs)), plain(from_struct(request.news))
        found = differences(olds, news)
        elsewhere = [path for path in found if path in ("region", "kubeconfig", "cluster", "context")]
        moved = class_of(self.package).regional and "region" in elsewhere
        return diff_response(found, [*elsewhere] if moved else [], False)

    def Configure(self, request: provider_pb2.ConfigureRequest, context: Any) -> provider_pb2.ConfigureResponse:
        self.configured = cloud_of(self.package, HOME, plain(from_struct(request.args)))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        olds, news = from_struct(request.olds), from_struct(request.news)
        checked = self.cloud.check(type_of(request), name_of(request), plain(olds), plain(news), request.randomSeed)
        for warning in checked.warnings:
            self.warn(request.urn, warning)
        return provider_pb2.CheckResponse(
            inputs=to_struct(merged(news, checked.added)), failures=failures(checked.problems)
        )

    def Diff(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        token, given = type_of(request), (request.old_inputs, request.news)
        olds, news = (self.cloud.compared(token, plain(from_struct(inputs))) for inputs in given)
        found = differences(olds, news)
        fixed = self.cloud.replaces(type_of(request))
        replacing = [path for path in found if any(is_within(path, name) for name in fixed)]
        first = bool(replacing) and self.cloud.delete_before_replace(type_of(request), olds, news)
        return diff_response(found, replacing, first)

    def Create(self, request: provider_pb2.CreateRequest, context: Any) -> provider_pb2.CreateResponse:
        inputs = from_struct(request.properties)
        answer = self.cloud.create(type_of(request), name_of(request), plain(inputs), request.preview)
        return provider_pb2.CreateResponse(id=answer.id, properties=to_struct(self.answered(answer, inputs)))

    def Read(self, request: provider_pb2.ReadRequest, context: Any) -> provider_pb2.ReadResponse:
        inputs = from_struct(request.inputs)
        answer = self.cloud.read(type_of(request), request.id, plain(inputs))
        if answer is None:
            return provider_pb2.ReadResponse()
        kept = wrapped(Answer(answer.id, answer.inputs, secrets=answer.secrets), inputs)
        properties = to_struct(self.answered(answer, inputs))
        return provider_pb2.ReadResponse(id=answer.id, properties=properties, inputs=to_struct(kept))

    def Update(self, request: provider_pb2.UpdateRequest, context: Any) -> provider_pb2.UpdateResponse:
        olds, inputs = from_struct(request.olds), from_struct(request.news)
        answer = self.cloud.update(type_of(request), request.id, plain(olds), plain(inputs), request.preview)
        return provider_pb2.UpdateResponse(properties=to_struct(self.answered(answer, inputs)))

    def Delete(self, request: provider_pb2.DeleteRequest, context: Any) -> empty_pb2.Empty:
        self.cloud.delete(type_of(request), request.id, plain(from_struct(request.old_inputs)))
        return empty_pb2.Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest, context: Any) -> provider_pb2.InvokeResponse:
        result = self.cloud.invoke(request.tok, plain(from_struct(request.args)))
        answer: dict[str, Any] = {"return": to_struct(result)}  # which Python has as a word of its own
        return provider_pb2.InvokeResponse(**answer)

    def Cancel(self, request: empty_pb2.Empty, context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def answered(self, answer: Answer, inputs: dict[str, Any]) -> dict[str, Any]:
        """The outputs as they go into the state."""
        return wrapped(answer, inputs)

    def end(self) -> None:
        """Before the process ends."""

    def warn(self, urn: str, message: str) -> None:
        with grpc.insecure_channel(self.engine) as channel:
            log = engine_pb2.LogRequest(severity=engine_pb2.WARNING, urn=urn, message=message)
            engine_pb2_grpc.EngineStub(channel).Log(log)


class Refusals(Around):
    """Turns the simulation's refusals into the errors that the engine shows."""

    def answer(self, method: Callable[..., Any], request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(request, context)
        except CloudError as refusal:
            if refusal.failed is not None:
                context.set_trailing_metadata((("grpc-status-details-bin", init_failed(refusal, request)),))
            context.abort(grpc.StatusCode.UNKNOWN, str(refusal))
        except grpc.RpcError as error:  # of a provider behind us: its own words, and what it says beside them
            context.set_trailing_metadata(cast(Any, error.trailing_metadata() or ()))
            context.abort(error.code(), error.details() or "")


def init_failed(refusal: CloudError, request: Any) -> bytes:
    """The object exists but is broken: the state keeps its new inputs, so that the next update repairs it."""
    # Pulumi's own: Google's says the same, and a process that knows both knows neither.
    from pulumi.runtime.proto import status_pb2

    inputs = from_struct(request.news if hasattr(request, "news") else request.properties)
    detail = provider_pb2.ErrorResourceInitFailed(
        id=refusal.failed.id,
        properties=to_struct(wrapped(refusal.failed, inputs)),
        reasons=[str(refusal)],
        inputs=to_struct(inputs),
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(refusal))
    status.details.add().Pack(detail)
    return bytes(status.SerializeToString())


def diff_response(found: Mapping[str, str], replacing: list[str], delete_first: bool) -> provider_pb2.DiffResponse:
    kinds = provider_pb2.PropertyDiff
    detailed = {}
    for path, kind in found.items():
        name = f"{kind}_REPLACE" if path in replacing else kind
        detailed[path] = kinds(kind=kinds.Kind.Value(name), inputDiff=True)
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=sorted({top(path) for path in found}),
        replaces=sorted({top(path) for path in replacing}),
        deleteBeforeReplace=delete_first,
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )


def top(path: str) -> str:
    return path.split(".")[0].split("[")[0]


def failures(problems: Iterable[Problem]) -> list[provider_pb2.CheckFailure]:
    """The path stands in the reason: for a property by name the engine would print its value, secret or not."""
    return [provider_pb2.CheckFailure(reason=f"{path}: {reason}" if path else reason) for path, reason in problems]


def type_of(request: Named) -> str:
    return request.urn.split("::")[2].split("$")[-1]


def name_of(request: Named) -> str:
    return request.urn.split("::", 3)[3]


def main(kind: type[Provider] = Provider) -> None:
    package, version, *engine = sys.argv[1:]
    # A call may wait for an object to be ready, and an object for what another call makes.
    asked: list[grpc.ServerInterceptor] = [Standstill(HOME), Refusals()]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=64), interceptors=asked, options=UNLIMITED)
    provider = kind(package, version, engine[-1] if engine else "")
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    slim.serve_until_stopped()
    provider.end()
    os._exit(0)


if __name__ == "__main__":
    main()
