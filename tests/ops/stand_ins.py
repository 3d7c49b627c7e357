"""Nodes of every kind of stack, and the ways that lead to them. All of them answer in one manner at a time."""

import asyncio
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler
from typing import Any

from ops.nodeos.managers import PORT as MANAGER
from tests.ops.harness import EdgeNode, reply, served
from tests.ops.in_process import NOWHERE, Printed, Tunnel
from tests.ops.metis_nodes import ALERTMANAGER, DF, RPC, Sequencer
from tests.ops.nodeos_cluster import LEASE, TOKEN, Cluster
from tests.ops.shipped import Object, Shipped
from tests.ops.tsm_nodes import TsmNode
from tests.services.nodeos_manager.simulation.loop import simulated

LIMIT = 0.1
"""Seconds that `nodeyard` gives a request of those that are slow."""
LATE = 5.0
"""Seconds after which they answer: on a busy machine too, nobody is still there."""
SDK = 8080
UP = "ActiveState=active\nActiveEnterTimestamp=Mon 2026-11-30 09:00:00 UTC\n\n" + DF
"""What a machine says of its unit and its disk."""


class Manner(StrEnum):
    WELL = "well"
    SLOW = "slowly"
    """After the limit."""
    HTML = "with a page"
    ERROR = "with an error"
    DEAF = "at no port"
    """The way leads there, and nobody listens."""
    AWAY = "on no way"
    """Cluster or cloud leads to none of them."""


TEXTS = {
    Manner.HTML: "<html><body>502 Bad Gateway</body></html>",
    Manner.ERROR: json.dumps({"error": {"code": -32000, "message": "still starting"}}),
}
REFUSED = Printed(error="error: error dialing backend: dial tcp 10.0.0.7:10250: connect: connection refused")
NO_SERVER = Printed(error="Unable to connect to the server: dial tcp 192.0.2.1:443: connect: connection refused")
NO_SESSION = Printed(error="An error occurred (TargetNotConnected): the machine is not connected.")


@dataclass
class Managers:
    """The node managers of block producers, as the real ones answered once."""

    told: dict[str, str] = field(default_factory=dict)
    holder: str = ""
    delay: float = 0
    raw: str | None = None
    ports: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def listening(self) -> Iterator[None]:
        simulated(self._ask_real_ones())
        with served({name: self._handler(name) for name in self.told}) as self.ports:
            yield

    async def _ask_real_ones(self) -> None:
        cluster = Cluster()
        await cluster.start()
        for name in cluster.pods:
            self.told[name] = json.dumps((await cluster.ask(name, "GET", "status", {})).body)
        assert cluster.server.record
        self.holder = cluster.server.record.holder
        cluster.end()

    def _handler(self, name: str) -> type[BaseHTTPRequestHandler]:
        managers = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                time.sleep(managers.delay)
                known = self.path == "/v1/nodeos/status" and self.headers["Authorization"] == f"Bearer {TOKEN}"
                text = (managers.told[name] if managers.raw is None else managers.raw).encode()
                reply(self, 200 if known else 404, text)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


class Nodes:
    """All of them, each at its port on loopback."""

    def __init__(self) -> None:
        self.manner = Manner.WELL
        self.metis, self.edge, self.tsm, self.managers = Sequencer(), EdgeNode(), TsmNode(), Managers()

    @contextmanager
    def listening(self) -> Iterator["Nodes"]:
        with self.metis.listening(), self.edge.serving(), self.tsm.serving(), self.managers.listening():
            yield self

    def answer(self, manner: Manner) -> None:
        """From now on. Prometheus' Alertmanager is none of them, and always well."""
        self.manner = manner
        delay, raw = LATE if manner is Manner.SLOW else 0, TEXTS.get(manner)
        ports = [port for port in self.metis.ports if port != ALERTMANAGER]
        self.metis.delays = dict.fromkeys(ports, delay)
        self.metis.raw = dict.fromkeys(ports, raw) if raw else {}
        self.metis.bridge = 502 if raw else 200
        self.edge.delay, self.edge.raw = delay, raw
        self.tsm.delays, self.tsm.raw = {"/ping": delay}, {"/ping": raw} if raw else {}
        self.tsm.statuses = {"/ping": 500} if manner is Manner.ERROR else {}
        self.managers.delay, self.managers.raw = delay, raw

    def port(self, pod: str, far: int) -> int:
        """Where a port of a pod, or of a machine, is here."""
        if self.manner is Manner.DEAF and far != ALERTMANAGER:
            return NOWHERE
        if far == MANAGER and pod.removesuffix("-0") in self.managers.ports:
            return self.managers.ports[pod.removesuffix("-0")]
        known = {SDK: int(self.tsm.sdk.rpartition(":")[2]), **self.metis.ports, **self.edge.ports}
        return known[far]

    async def inside(self, command: Sequence[str]) -> Printed:
        """What a command in a container prints."""
        if command[0] == "df":
            await self._wait()
            return Printed(DF)
        if "LOCAL_L2_CLIENT_HTTP" in " ".join(command):
            at = f"http://127.0.0.1:{self.port('', RPC)}"
            return await _really(command, LOCAL_L2_CLIENT_HTTP=at, PATH="/usr/bin:/bin")
        if "eth.getBlock" in " ".join(command):
            return await self._console()
        return Printed(" ".join(command))

    async def _wait(self) -> None:
        if self.manner is Manner.SLOW:
            await asyncio.sleep(LATE)

    async def _console(self) -> Printed:
        """core-geth's, which prints a text as JSON."""
        await self._wait()
        if self.manner is Manner.DEAF:
            return Printed(error="Fatal: Unable to attach to remote geth: dial unix /run/geth.ipc: connection refused")
        head = {"block": 19_000_000, "time": int(time.time()) - 3, "peers": 4, "syncing": False}
        return Printed(TEXTS.get(self.manner, json.dumps(json.dumps(head))))


async def _really(command: Sequence[str], **environment: str) -> Printed:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, env=environment)
    out, _ = await process.communicate()
    return Printed(out.decode())


@dataclass
class Kubectl:
    """The cluster that a stack is in."""

    stack: Shipped
    nodes: Nodes

    async def __call__(self, command: Sequence[str]) -> Printed | Tunnel:
        verb, what, *_ = command[1:]
        if verb == "config":
            return Printed("{}")
        if self.stack.kind == "platform" and self.nodes.manner is not Manner.WELL and verb == "get":
            return self._wrong_server()
        if verb == "get":
            return Printed(json.dumps({"kind": "List", "items": list(self._chosen(what, command))}))
        if verb == "logs":
            return Printed("a line of its log\n")
        if verb == "delete":
            self._replace(what.removeprefix("pod/"))
            return Printed()
        is_of_theirs = what != "service/alertmanager-operated"
        if is_of_theirs and self.nodes.manner is Manner.AWAY:
            return REFUSED
        if verb == "exec":
            return await self.nodes.inside(command[command.index("--") + 1 :])
        assert verb == "port-forward"
        pairs = [pair.split(":") for pair in command if re.fullmatch(r"\d+:\d+", pair)]
        return Tunnel({int(near): self.nodes.port(what.partition("/")[2], int(far)) for near, far in pairs})

    def _wrong_server(self) -> Printed:
        """A platform's nodes are its API server. kubectl itself gives up one that is slow."""
        if text := TEXTS.get(self.nodes.manner):
            return Printed(text)
        if self.nodes.manner is Manner.SLOW:
            return Printed(error="Unable to connect to the server: net/http: TLS handshake timeout")
        return NO_SERVER

    def _chosen(self, kinds: str, command: Sequence[str]) -> Iterator[Object]:
        wanted = {kind.partition(".")[0].removesuffix("s") for kind in kinds.split(",")}
        namespace = _option(command, "--namespace")
        labels = [pair.split("=") for pair in _option(command, "--selector").split(",") if pair]
        for each in [*self.stack.objects, *self._lease()]:
            has = each["metadata"].get("labels", {})
            place = each["metadata"].get("namespace", "")
            is_chosen = place == namespace and all(has.get(name) == value for name, value in labels)
            if each["kind"].lower() in wanted and is_chosen:
                yield each

    def _lease(self) -> Iterator[Object]:
        if "lease" in self.stack.outputs:
            assert self.stack.outputs["lease"] == LEASE
            metadata = {"name": LEASE, "namespace": self.stack.outputs["namespace"], "resourceVersion": "1"}
            yield {"kind": "Lease", "metadata": metadata, "spec": {"holderIdentity": self.nodes.managers.holder}}

    def _replace(self, pod: str) -> None:
        """Its controller makes another one at once."""
        (found,) = [each for each in self.stack.objects if (each["kind"], each["metadata"]["name"]) == ("Pod", pod)]
        found["metadata"]["uid"] += "+"


@dataclass
class Machines:
    """The clouds' command lines, which lead to machines."""

    nodes: Nodes

    async def aws(self, command: Sequence[str]) -> Printed | Tunnel:
        if "describe-auto-scaling-groups" in command:
            instance = {"InstanceId": "i-0", "LifecycleState": "InService"}
            return Printed(json.dumps({"AutoScalingGroups": [{"Instances": [instance]}]}))
        if "describe-alarms" in command:
            return Printed('{"MetricAlarms": []}')
        if self.nodes.manner is Manner.AWAY:
            return NO_SESSION
        told = json.loads(_option(command, "--parameters"))
        if "AWS-StartPortForwardingSession" in command:
            return Tunnel({int(told["localPortNumber"][0]): self.nodes.port("", int(told["portNumber"][0]))})
        return Printed(UP)

    async def gcloud(self, command: Sequence[str]) -> Printed | Tunnel:
        if "list-instances" in command:
            return Printed('[{"instance": "https://google.invalid/instances/i-0", "instanceStatus": "RUNNING"}]')
        if "alerts" in command:
            return Printed("[]")
        if self.nodes.manner is Manner.AWAY:
            return NO_SESSION
        pairs = re.findall(r"127\.0\.0\.1:(\d+):127\.0\.0\.1:(\d+)", " ".join(command))
        return Tunnel({int(near): self.nodes.port("", int(far)) for near, far in pairs}) if pairs else Printed(UP)

    async def az(self, command: Sequence[str]) -> Printed:
        if "rest" in command:
            return Printed('{"value": []}')
        if self.nodes.manner is Manner.AWAY:
            return NO_SESSION
        script = _option(command, "--scripts")
        said = UP
        if "ask()" in script:
            here = re.sub(r"(  ask \S+) (\d+) ", lambda ask: f"{ask[1]} {self.nodes.port('', int(ask[2]))} ", script)
            said = (await _really(["/bin/sh", "-c", here], PATH="/usr/bin:/bin")).text
        return Printed(json.dumps({"value": [{"message": f"Enable succeeded: \n[stdout]\n{said}\n[stderr]\n"}]}))


def _option(command: Sequence[str], name: str) -> str:
    return command[command.index(name) + 1] if name in command else ""


def programs(stack: Shipped, nodes: Nodes) -> Mapping[str, Any]:
    """What is installed where `nodeyard` looks after the stack."""
    machines = Machines(nodes)
    return {"kubectl": Kubectl(stack, nodes), "aws": machines.aws, "gcloud": machines.gcloud, "az": machines.az}
