"""Azure: Run Command, which the machine's own agent fetches, so that it needs neither inbound nor Bastion."""

import asyncio
import base64
import gzip
import secrets
import shlex
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from ..errors import BadInput, Unreachable
from ..stacks import Account, ThetaNode
from . import processes
from .contract import Answer, Call, Line, MachineWay, NoAnswer, curled
from .unit import Unit

OUTPUT_LIMIT_BYTES = 4096
"""Azure keeps the last ones (Microsoft Learn, "Run scripts in your Linux VM by using action Run Commands")."""
_BEGIN, _END = "nodeyard-begin:", ":nodeyard-end"


def way(_account: Account) -> MachineWay:
    """The way to a machine in this account."""
    return RunCommand()


class RunCommand(Unit):
    """Through the Azure CLI, with the operator's own credentials. It takes 20 seconds and more, runs as root, and one
    at a time on each machine: so all calls go in one."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()

    @asynccontextmanager
    async def line(self, node: ThetaNode, ports: Sequence[int]) -> AsyncIterator[Line]:
        yield RunCommandLine(self, node)

    async def run(self, node: ThetaNode, command: Sequence[str]) -> str:
        return await self.script(node, shlex.join(command))

    async def attach(self, node: ThetaNode, command: Sequence[str]) -> None:
        raise BadInput("Azure's Run Command cannot follow: leave --follow away, or read the logs in Log Analytics.")

    async def script(self, node: ThetaNode, script: str, seconds: float = 0) -> str:
        """What a shell script on the machine prints, or the last 4096 bytes of it. It may take `seconds` by itself."""
        command = ["az", "vm", "run-command", "invoke", *self._machine(node), "--command-id", "RunShellScript"]
        limit = processes.COMMAND_LIMIT_SECONDS + seconds
        async with self._one_at_a_time:
            answer = await processes.capture_json([*command, "--scripts", script, "--output", "json"], limit)
        try:
            message = str(answer["value"][0]["message"])
        except (LookupError, TypeError):
            raise Unreachable("az vm run-command invoke did not answer as it should.") from None
        return message.partition("[stdout]\n")[2].rpartition("\n[stderr]")[0].strip("\n")

    def _machine(self, node: ThetaNode) -> list[str]:
        if not node.instance:
            raise BadInput("The stack's outputs do not name the node's virtual machine.")
        return ["--ids", node.instance]


class RunCommandLine:
    """Asks with curl on the machine itself."""

    def __init__(self, way: RunCommand, node: ThetaNode) -> None:
        self._way = way
        self._node = node

    async def ask(self, calls: Sequence[Call], limit: float) -> list[Answer | NoAnswer]:
        # What ends an answer is not to be guessed by who answers.
        mark = secrets.token_hex(8)
        seconds = sum(call.after + limit for call in calls)
        printed = await self._way.script(self._node, _script(calls, limit, mark), seconds)
        begun, _, rest = printed.partition(_BEGIN)
        packed, ended, _ = rest.partition(_END)
        if not ended:
            said = (
                f"The machine's answer is incomplete (Run Command returns {OUTPUT_LIMIT_BYTES} bytes). {begun[-500:]}"
            )
            raise Unreachable(said.strip())
        texts = _unpack(packed).split(f" {mark}\n")[:-1]
        if len(texts) != len(calls):
            raise Unreachable("The machine cannot ask its node: does it have curl, gzip and base64?")
        return [curled(text, limit) for text in texts]


def _script(calls: Sequence[Call], limit: float, mark: str) -> str:
    """One request after the other, packed to stay within what Run Command returns."""
    lines = [
        "set -u",
        "ask() {",
        '  sleep "$1"',
        f'  curl --silent --noproxy "*" --max-time {limit:g} --header "Content-Type: application/json" --data "$3" \\',
        f'    --write-out "\\n%{{http_code}} {mark}\\n" "http://127.0.0.1:$2/rpc"',
        "}",
        "{",
        *(f"  ask {call.after:g} {call.port} {shlex.quote(call.body())}" for call in calls),
        f'}} | gzip -9 | base64 -w0 | sed "s/^/{_BEGIN}/; s/$/{_END}/"',
    ]
    return "\n".join(lines)


def _unpack(packed: str) -> str:
    try:
        return gzip.decompress(base64.b64decode(packed)).decode(errors="replace")
    except (ValueError, OSError, EOFError):
        return ""
