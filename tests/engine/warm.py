"""Programs run in forks of a process that has imported the SDKs before: to import them takes half of a preview.

    warm.py serve SOCKET           forks, for as long as the process that started it lives
    warm.py call SOCKET PYTHON...  does what the command PYTHON... would do, in a fork, and ends as it ends

What the fork has imported is what earlier programs imported from the virtual environment; the code of the checkout and
of the programs themselves is imported anew each time.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

Request = tuple[list[str], dict[str, str], str]
"""A Python command that ends in -c CODE ARGUMENTS, its environment and its directory."""

IMPORTED: set[str] = set()
"""By the server."""


def call(path: str, command: list[str]) -> int:
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        socket.send_fds(server, [b"\0"], [0, 1, 2])
        server.sendall(json.dumps([command, dict(os.environ), str(Path.cwd())]).encode() + b"\n")
        return int(server.recv(16) or 1)


def serve(path: str) -> Request:
    """Returns in each fork, with what it shall run. The server itself ends here."""
    owner, imported = os.getppid(), Path(f"{path}.imported")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while os.getppid() == owner:
            with suppress(ChildProcessError):
                os.waitpid(-1, os.WNOHANG)
            if not select.select([listener], [], [], 0.5)[0]:
                continue
            connection, _ = listener.accept()
            import_again(imported)
            if os.fork() == 0:
                listener.close()
                return attended(connection, imported)
            connection.close()
    os._exit(0)


def import_again(file: Path) -> None:
    """In the order in which the programs did: a package comes before what is in it."""
    for name in file.read_text().split() if file.exists() else ():
        if name not in IMPORTED:
            IMPORTED.add(name)
            with suppress(ImportError):
                hasattr(import_module(name), "__all__")  # the SDKs load a package when it is first asked for something
    hush()
    gc.freeze()  # a collection in a fork would copy every page


def hush() -> None:
    """Programs go without what takes a sixth of their time and no test sees: the SDK's messages for debugging, each a
    call of the engine, and the source lines of each resource's stack."""
    if {"pulumi.log", "pulumi.runtime.resource"} <= sys.modules.keys():
        from pulumi import log
        from pulumi.runtime import resource

        log.debug = lambda *_, **__: None
        resource._get_stack_trace = resource.source_pb2.StackTrace


def attended(connection: socket.socket, imported: Path) -> Request:
    """Returns in the process that is to be the program; the other one ends when the program or its caller does."""
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    command, environment, directory = json.loads(connection.makefile().readline())
    program = os.fork()
    if program == 0:
        connection.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        return command, {**environment, "WARM": str(imported)}, directory
    while True:
        if select.select([connection], [], [], 0.02)[0]:  # nothing more is ever sent: the caller is gone
            os.kill(program, signal.SIGTERM)
            os._exit(0)
        ended, status = os.waitpid(program, os.WNOHANG)
        if ended:
            connection.sendall(str(os.waitstatus_to_exitcode(status) % 256).encode())
            os._exit(0)


def remember(file: Path) -> None:
    """What this program imported from the virtual environment, and not only named."""
    loaded = {name: module for name, module in sys.modules.items() if type(module) is ModuleType}
    new = [name for name in loaded if name not in IMPORTED and getattr(loaded[name], "__file__", None)]
    with file.open("a") as log:
        log.writelines(f"{name}\n" for name in new if str(loaded[name].__file__).startswith(sys.prefix))


def become(request: Request) -> tuple[str, dict[str, Any]]:
    """The code to run, and its globals."""
    command, environment, directory = request
    at = command.index("-c")
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = command[at : at + 1] + command[at + 2 :]
    return command[at + 1], {"__name__": "__main__"}


if __name__ == "__main__":
    _, task, path, *command = sys.argv
    if task == "call":
        sys.exit(call(path, command))
    code, space = become(serve(path))
    try:
        exec(code, space)
    finally:
        remember(Path(os.environ["WARM"]))
