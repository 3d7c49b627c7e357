"""A Python language host for Pulumi's engine, for where the official one is missing. It is a stand-in, and a small one.

The official host ships only with Pulumi's release and cannot be built as a Go module. A program is run as the official
host runs it: by the SDK's own exec script in a child process, so it behaves and fails the same way.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent import futures
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parent.parent))
from sandbox import slim

slim.protos_only()

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

EXEC = Path(os.environ["SANDBOX_ENGINE"]).with_name("pulumi-language-python-exec")
#: Runs the script that follows as Python would. A program imports thousands of classes, all of which stay: to look for
#: garbage among them takes a tenth of a preview.
PATIENT = """
import gc, os, runpy, sys
gc.set_threshold(100_000, 50, 50)
del sys.argv[0]
sys.path[0] = os.path.dirname(sys.argv[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""
#: The program has already told the user what is wrong.
EXPLAINED = 32


class Host(language_pb2_grpc.LanguageRuntimeServicer):
    def __init__(self, engine: str):
        self.engine = engine
        self.children: list[subprocess.Popen[bytes]] = []

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: Any
    ) -> language_pb2.LanguageHandshakeResponse:
        self.engine = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version="1.0.0")

    def About(self, request: language_pb2.AboutRequest, context: Any) -> language_pb2.AboutResponse:
        return language_pb2.AboutResponse(executable=python(request.info), version=sys.version.split()[0])

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: Any
    ) -> language_pb2.GetRequiredPackagesResponse:
        """None: the sandbox's plugins are in place before the engine starts."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: Any
    ) -> language_pb2.GetProgramDependenciesResponse:
        listed = subprocess.run(
            [python(request.info), "-m", "pip", "list", "--format", "json"], capture_output=True, text=True, check=True
        )
        dependencies = [language_pb2.DependencyInfo(**package) for package in json.loads(listed.stdout)]
        return language_pb2.GetProgramDependenciesResponse(dependencies=dependencies)

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: Any
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        text = "The sandbox's virtual environment holds what sandbox/requirements.txt names; nothing to install.\n"
        yield language_pb2.InstallDependenciesResponse(stdout=text.encode())

    def Run(self, request: language_pb2.RunRequest, context: Any) -> language_pb2.RunResponse:
        info = request.info
        command = [
            *shlex.split(os.environ.get("SANDBOX_LAUNCHER", "")),
            *(python(info), "-u", "-c", PATIENT, EXEC),
            *("--project", request.project, "--stack", request.stack, "--organization", request.organization),
            *("--parallel", request.parallel, "--dry_run", str(request.dryRun).lower(), "--pwd", request.pwd),
            *("--monitor", request.monitor_address, "--engine", self.engine, "--tracing", ""),
            *("--root_directory", info.root_directory, program(info), *request.args),
        ]
        environment = {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        code = self.start(command, environment).wait()
        if code == EXPLAINED:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"Program exited with non-zero exit code: {code}" if code else "")

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: Any
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """A policy pack or a component package: its output goes to the engine as it comes."""
        plugin = self.start(
            (python(request.info), "-u", program(request.info), *request.args),
            dict(variable.partition("=")[::2] for variable in request.env),
            cwd=request.pwd,
            stdout=subprocess.PIPE,
        )
        for line in plugin.stdout or ():
            yield language_pb2.RunPluginResponse(stdout=line)
        yield language_pb2.RunPluginResponse(exitcode=plugin.wait())

    def Cancel(self, request: empty_pb2.Empty, context: Any) -> empty_pb2.Empty:
        self.stop()
        return empty_pb2.Empty()

    def start(
        self, command: Sequence[object], environment: Mapping[str, str], **options: Any
    ) -> subprocess.Popen[bytes]:
        whole = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
        child = subprocess.Popen([str(part) for part in command], env=whole, **options)
        self.children.append(child)
        return child

    def stop(self) -> None:
        for child in self.children:
            if child.poll() is None:
                child.terminate()


def python(info: language_pb2.ProgramInfo) -> str:
    """The Python of the virtual environment that Pulumi.yaml names."""
    named = info.options.fields["virtualenv"].string_value if "virtualenv" in info.options.fields else ""
    inside = Path(info.root_directory, named, "bin/python")
    return str(inside) if named and inside.exists() else sys.executable


def program(info: language_pb2.ProgramInfo) -> str:
    return os.path.normpath(os.path.join(info.program_directory, info.entry_point))


def main() -> None:
    host = Host(sys.argv[-1])
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    slim.serve_until_stopped()
    host.stop()
    os._exit(0)


if __name__ == "__main__":
    main()
