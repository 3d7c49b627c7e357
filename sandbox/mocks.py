"""The simulation as Pulumi's unit-test mocks: the same tables and checks as under the real engine, without the engine.

    pulumi.runtime.set_mocks(SandboxMocks(tmp_path), project="nodeyard", stack="unit")

A wrong or missing property, a reference to nothing and a name taken twice raise here as they fail there. What only an
engine does stays with the engine: unknowns, replacement, protection. Every SandboxMocks has a world of its own.
"""

import threading
from pathlib import Path
from typing import Any

import grpc
import pulumi
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from .simulation import cloud_of, eks
from .simulation.cloud import Cloud, merged, wrapped
from .simulation.resource import CloudError
from .simulation.values import REFERENCE, SIGNATURE, plain

STASH = "pulumi:index:Stash"
STATE = "pulumi:pulumi:readStackResourceOutputs"


class Refusal(grpc.RpcError):
    """What an engine makes of a provider's refusal to answer: a program may ask, and live with the answer."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return str(self)


class SandboxMocks(pulumi.runtime.Mocks):
    """`config` is what the stack would say to its default providers: `region`, `project`, `kubeconfig`."""

    def __init__(self, home: Path, **config: str):
        self.home = home
        self.config = {"region": "eu-central-1", **config}
        self.providers: dict[str, dict[str, Any]] = {}  # configuration by the id under which resources name a provider
        self.clouds: dict[tuple[str, str], Cloud] = {}
        self.turn = threading.Lock()
        self.state: dict[str, Any] = {}
        """What the stack's last `up` left, by URN, for a program that asks for it."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        with self.turn:
            if args.typ.startswith("pulumi:providers:"):
                return self.provider(args)
            if args.typ == eks.CLUSTER:
                return self.eks_cluster(args)
            if args.typ == STASH:  # the engine's own; a world of one run has only first answers
                return args.name, {**args.inputs, "output": args.inputs["input"]}
            if args.typ.startswith("pulumi:") or not (args.custom or args.resource_id):
                return "", args.inputs
            if args.resource_id:
                return self.existing(args)
            return self.create(args.typ, args.name, args.inputs, args.provider)

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        if args.token == STATE:
            return {"name": args.args["stackName"], "outputs": self.state}
        try:
            return self.cloud(args.token, args.provider).invoke(args.token, plain(args.args))
        except CloudError as refused:
            raise Refusal(str(refused)) from None

    def provider(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        known_as = f"{args.name}-{len(self.providers)}"
        self.providers[known_as] = plain(args.inputs)
        return known_as, args.inputs

    def create(self, token: str, name: str, given: dict[str, Any], provider: str | None) -> tuple[str, dict[str, Any]]:
        cloud = self.cloud(token, provider)
        checked = cloud.check(token, name, {}, plain(given), name.encode())
        if checked.problems:
            reasons = "; ".join(f"{path}: {reason}" if path else reason for path, reason in checked.problems)
            raise ValueError(f"{token} {name!r}: {reasons}")
        answer = cloud.create(token, name, merged(plain(given), checked.added), preview=False)
        return answer.id, wrapped(answer, given)

    def existing(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        answer = self.cloud(args.typ, args.provider).read(args.typ, args.resource_id or "", plain(args.inputs))
        if answer is None:
            raise CloudError("", f"{args.typ} {args.name!r}: resource {args.resource_id!r} does not exist")
        return answer.id, wrapped(answer, {})

    def cloud(self, token: str, provider: str | None) -> Cloud:
        package, known_as = token.split(":")[0], (provider or "").split("::")[-1]
        if (package, known_as) not in self.clouds:
            config = self.config | self.providers.get(known_as, {})
            self.clouds[package, known_as] = cloud_of(package, self.home, config)
        return self.clouds[package, known_as]

    def eks_cluster(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """The component's role and cluster, made in the world without a plugin."""
        given = plain(args.inputs)
        if problems := eks.problems(given):
            raise ValueError(f"{eks.CLUSTER} {args.name!r}: " + "; ".join(": ".join(problem) for problem in problems))
        _, role = self.create("aws:iam/role:Role", f"{args.name}-eksRole-role", eks.ROLE, None)
        name = f"{args.name}-eksCluster"
        inputs = eks.control_plane(args.name, given, role["arn"])
        made_id, state = self.create("aws:eks/cluster:Cluster", name, inputs, None)
        monitor: Any = get_monitor()
        urn = monitor.make_urn("", "aws:eks/cluster:Cluster", name)
        monitor.resources[urn] = MockMonitor.ResourceRegistration(urn, made_id, state)
        return "", {"eksCluster": {SIGNATURE: REFERENCE, "urn": urn, "id": made_id, "packageVersion": ""}}
