"""The `kubernetes` plugin: Pulumi's own provider where a control plane serves the cluster, else the stand-in.

    kubernetes.py PACKAGE VERSION [engine address]

On a control plane the official provider answers, and the world is told what there is then: a control plane that starts
anew is brought it, and the stand-in knows it while the cluster is off. Charts that cannot be fetched offline stay with
the stand-in, which records them.
"""

from __future__ import annotations  # grpc's handlers take no parameters but for a type checker

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2]))
from sandbox import slim

slim.protos_only()

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2

from sandbox.controlplane import lifecycle, restore
from sandbox.controlplane.official import Official
from sandbox.plugins import provider
from sandbox.plugins.provider import Named, name_of, type_of
from sandbox.plugins.structs import from_struct
from sandbox.simulation import helm
from sandbox.simulation.cloud import Answer
from sandbox.simulation.tables.kubernetes import Cloud
from sandbox.simulation.tables.kubernetes.patches import PATCH
from sandbox.simulation.tables.kubernetes.releases import RELEASE
from sandbox.simulation.values import UNKNOWN, plain, secret

KINDS = provider_pb2.PropertyDiff.Kind
DETAILS = "grpc-status-details-bin"
"""Where an error says that the object is there all the same."""


class Provider(provider.Provider):
    official: Official | None = None

    @property
    def cluster(self) -> Cloud:
        assert isinstance(self.cloud, Cloud)
        return self.cloud

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """The official provider has none: what it can do it says when it is configured."""
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "Pulumi's Kubernetes provider has no handshake")

    def Configure(self, request: provider_pb2.ConfigureRequest, context: Any) -> provider_pb2.ConfigureResponse:
        answer = super().Configure(request, context)
        server, _ = self.cluster.named_cluster()
        plane = lifecycle.serving(self.cluster.world, server) if server else None
        if server is None or plane is None:
            return answer
        self.cluster.cluster()  # or it says which cluster the kubeconfig does not reach
        if text := lifecycle.warning(self.cluster.world, server):
            self.warn(request.urn, text)
        self.official = Official(plane, self.engine)
        return self.official.configure(request)

    def Check(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        official = self.official_for(request, request.news)
        if official is None:
            return super().Check(request, context)
        self.warn_of(request)
        answer: provider_pb2.CheckResponse = official.Check(request)
        return answer

    def warn_of(self, request: provider_pb2.CheckRequest) -> None:
        """Says what the stand-in would refuse: unknown fields, which the provider and Helm let pass in silence, and
        values that a chart's schema does not take, which is first asked when the release is made."""
        olds, news = (plain(from_struct(inputs)) for inputs in (request.olds, request.news))
        for path, problem in self.cluster.check(
            type_of(request), name_of(request), olds, news, request.randomSeed
        ).problems:
            self.warn(request.urn, f"the sandbox's own check: {path}: {problem}" if path else problem)

    def Diff(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        official = self.official_for(request, request.news)
        if official:
            answer: provider_pb2.DiffResponse = official.Diff(request)
            return answer
        answer = super().Diff(request, context)
        kinds = answer.detailedDiff  # this provider names what replaces by its whole path
        answer.replaces[:] = sorted(path for path in kinds if KINDS.Name(kinds[path].kind).endswith("REPLACE"))
        return answer

    def Create(self, request: provider_pb2.CreateRequest, context: Any) -> provider_pb2.CreateResponse:
        official = self.official_for(request, request.properties)
        if official is None:
            return super().Create(request, context)
        with self.told(official, request, request.properties, request.preview):
            made: provider_pb2.CreateResponse = official.Create(request)
            return made

    def Update(self, request: provider_pb2.UpdateRequest, context: Any) -> provider_pb2.UpdateResponse:
        official = self.official_for(request, request.news)
        if official is None:
            return super().Update(request, context)
        with self.told(official, request, request.news, request.preview):
            changed: provider_pb2.UpdateResponse = official.Update(request)
            return changed

    def Read(self, request: provider_pb2.ReadRequest, context: Any) -> provider_pb2.ReadResponse:
        official = self.official_for(request, request.inputs)
        if official is None:
            return super().Read(request, context)
        answer: provider_pb2.ReadResponse = official.Read(request)
        if not answer.id:  # somebody deleted it by hand
            self.cluster.delete(type_of(request), request.id, plain(from_struct(request.inputs)))
        return answer

    def Delete(self, request: provider_pb2.DeleteRequest, context: Any) -> empty_pb2.Empty:
        official = self.official_for(request, request.old_inputs)
        if official:
            official.Delete(request)
            if type_of(request).endswith("Patch") and type_of(request) != PATCH:  # the object is somebody else's
                return empty_pb2.Empty()
        return super().Delete(request, context)

    def Invoke(self, request: provider_pb2.InvokeRequest, context: Any) -> provider_pb2.InvokeResponse:
        return self.official.Invoke(request) if self.official else super().Invoke(request, context)

    def Cancel(self, request: empty_pb2.Empty, context: Any) -> empty_pb2.Empty:
        return self.official.Cancel(request) if self.official else super().Cancel(request, context)

    def Construct(self, request: provider_pb2.ConstructRequest, context: Any) -> Any:
        return self.official.Construct(request) if self.official else super().Construct(request, context)

    def end(self) -> None:
        if self.official:
            self.official.end()

    def official_for(self, request: Named, inputs: struct_pb2.Struct) -> Official | None:
        """The official provider, unless the cluster is off or the chart cannot be had."""
        return None if type_of(request) == RELEASE and recorded(plain(from_struct(inputs))) else self.official

    @contextmanager
    def told(self, official: Official, request: Named, inputs: struct_pb2.Struct, preview: bool) -> Iterator[None]:
        """Tells the world what there is after what the official provider does here, whether or not it succeeds."""
        token, given = type_of(request), plain(from_struct(inputs))
        if preview:
            yield
            return
        if token == RELEASE:
            restore.step_aside(official.plane.client, given, self.cluster.items_of(given))
        there = False
        try:
            yield
            there = True
        except grpc.RpcError as error:
            there = any(told.key == DETAILS for told in error.trailing_metadata() or ())
            raise
        finally:
            if token == RELEASE:
                history = restore.history(official.plane.client, given["namespace"], given["name"])
                self.cluster.tell_release(given, there, history)
            elif there and token == PATCH:
                manager = restore.manager_of_part(official.plane.client.get(given) or given, given)
                self.cluster.put_patch(self.cluster.cluster(), given, manager)
            elif there and not token.endswith("Patch"):
                live = official.plane.client.get(given)
                self.cluster.tell(given, restore.manager_of(live or given))

    def answered(self, answer: Answer, inputs: dict[str, Any]) -> dict[str, Any]:
        """With what the official provider remembers in a state, so that it can go on from the stand-in's."""
        outputs = super().answered(answer, inputs)
        if "kind" not in outputs:  # a release
            return {**outputs, "__inputs": secret(inputs)}
        manager = {"__fieldManager": restore.MANAGER, "__initialApiVersion": outputs["apiVersion"]}
        return {**manager, **outputs, "__inputs": inputs}


def recorded(release: dict[str, Any]) -> bool:
    """Whether the release's chart is nowhere on this machine."""
    return "chart" in release and release["chart"] != UNKNOWN and helm.local_chart(release) is None


if __name__ == "__main__":
    provider.main(Provider)
