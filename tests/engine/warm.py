"""Programs and plugins run in forks of a process that has imported the SDKs before: to import them takes half of a
preview.

    warm.py serve SOCKET           forks, for as long as the process that started it lives
    warm.py call SOCKET PYTHON...  does what the command PYTHON... would do, in a fork, and ends as it ends

What the fork has imported is what earlier ones imported from the virtual environment and of the checkout's own code, as
far as nothing there depends on a process's environment. The programs themselves are read anew each time.
"""

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType

Request = tuple[list[str], dict[str, str], str]
"""A Python command that ends in -c CODE ARGUMENTS or in -I SCRIPT ARGUMENTS, its environment and its directory."""

CHECKOUT = Path(__file__).resolve().parents[2]
KEPT = (f"{sys.prefix}/", *(f"{CHECKOUT}/{own}/" for own in ("nodeyard", "stacks", "sandbox/simulation")))
"""Where what is imported before lies."""
IMPORTED: set[str] = set()
"""By the server."""


def call(path: str, command: list[str]) -> int:
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        socket.send_fds(server, [b"\0"], [0, 1, 2])
        server.sendall(json.dumps([command, dict(os.environ), str(Path.cwd())]).encode() + b"\n")
        for number in (signal.SIGINT, signal.SIGTERM):  # the engine waits for the end of a plugin that it stops
            signal.signal(number, lambda *_: server.shutdown(socket.SHUT_WR))
        while not select.select([server], [], [], 0.1)[0]:
            pass  # a wait without end sometimes never runs a signal's handler
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
                return attended(connection)
            connection.close()
    os._exit(0)


def import_again(file: Path) -> None:
    """In the order in which the programs did: a package comes before what is in it."""
    given = list(sys.path)
    sys.path.append(str(CHECKOUT))
    for name in file.read_text().split() if file.exists() else ():
        if name not in IMPORTED:
            IMPORTED.add(name)
            with suppress(ImportError):
                hasattr(import_module(name), "__all__")  # the SDKs load a package when it is first asked for something
    sys.path[:] = given
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


def attended(connection: socket.socket) -> Request:
    """Returns in the process that is to be the program. The other one stops it when its caller is stopped or gone, and
    tells how it ended."""
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    command, environment, directory = json.loads(connection.makefile().readline())
    program = os.fork()
    if program == 0:
        connection.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        return command, environment, directory
    stopped = False
    while not (ended := os.waitpid(program, os.WNOHANG))[0]:
        if stopped:
            time.sleep(0.02)
        elif select.select([connection], [], [], 0.02)[0]:  # nothing more is ever sent
            os.kill(program, signal.SIGTERM)
            stopped = True
    with suppress(OSError):
        connection.sendall(str(os.waitstatus_to_exitcode(ended[1]) % 256).encode())
    os._exit(0)


def remember(file: Path) -> None:
    """What this program imported of what is kept, and not only named."""
    loaded = {name: module for name, module in sys.modules.items() if type(module) is ModuleType}
    new = [name for name in loaded if name not in IMPORTED and getattr(loaded[name], "__file__", None)]
    with file.open("ab", buffering=0) as log:  # in one piece: others write at the same time
        named = (name for name in new if str(loaded[name].__file__).startswith(KEPT))
        log.write("".join(f"{name}\n" for name in named).encode())


def become(request: Request) -> None:
    """Runs the command."""
    command, environment, directory = request
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    if "-c" in command:
        at = command.index("-c")
        sys.argv[:] = command[at : at + 1] + command[at + 2 :]
        exec(command[at + 1], {"__name__": "__main__"})
    else:
        sys.argv[:] = command[command.index("-I") + 1 :]
        del sys.path[0]
        runpy.run_path(sys.argv[0], run_name="__main__")


def remember_at_the_end(file: Path) -> None:
    """However the process ends: a plugin leaves its threads behind."""
    leave = os._exit

    def end(code: int) -> None:
        remember(file)
        leave(code)

    os._exit = end  # type: ignore[assignment]
    atexit.register(remember, file)


if __name__ == "__main__":
    _, task, path, *command = sys.argv
    if task == "call":
        sys.exit(call(path, command))
    request = serve(path)
    remember_at_the_end(Path(f"{path}.imported"))
    become(request)
