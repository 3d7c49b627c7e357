"""A Python language host for Pulumi's engine, for where the official one is missing. It is a stand-in, and a small one.

The official host ships only with Pulumi's release and cannot be built as a Go module. A program is run as the official
host runs it: by the SDK's own exec script in a child process, so it behaves and fails the same way.
"""

import json
import os
import subprocess
import sys
from concurrent import futures
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))
from sandbox import slim

slim.protos_only()

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

EXEC = Path(os.environ["SANDBOX_ENGINE"]).with_name("pulumi-language-python-exec")
#: The program has already told the user what is wrong.
EXPLAINED = 32


class Host(language_pb2_grpc.LanguageRuntimeServicer):
    def __init__(self, engine: str):
        self.engine = engine
        self.children: list[subprocess.Popen] = []

    def Handshake(self, request, context):
        self.engine = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version="1.0.0")

    def About(self, request, context):
        return language_pb2.AboutResponse(executable=python(request.info), version=sys.version.split()[0])

    def GetRequiredPackages(self, request, context):
        """None: the sandbox's plugins are in place before the engine starts."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetProgramDependencies(self, request, context):
        listed = subprocess.run(
            [python(request.info), "-m", "pip", "list", "--format", "json"], capture_output=True, text=True, check=True
        )
        dependencies = [language_pb2.DependencyInfo(**package) for package in json.loads(listed.stdout)]
        return language_pb2.GetProgramDependenciesResponse(dependencies=dependencies)

    def InstallDependencies(self, request, context):
        text = "The sandbox's virtual environment holds what sandbox/requirements.txt names; nothing to install.\n"
        yield language_pb2.InstallDependenciesResponse(stdout=text.encode())

    def Run(self, request, context):
        info = request.info
        command = [
            *(python(info), "-u", EXEC),
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

    def RunPlugin(self, request, context):
        """A policy pack or a component package: its output goes to the engine as it comes."""
        plugin = self.start(
            [python(request.info), "-u", program(request.info), *request.args],
            dict(variable.partition("=")[::2] for variable in request.env),
            cwd=request.pwd,
            stdout=subprocess.PIPE,
        )
        for line in plugin.stdout:
            yield language_pb2.RunPluginResponse(stdout=line)
        yield language_pb2.RunPluginResponse(exitcode=plugin.wait())

    def Cancel(self, request, context):
        self.stop()
        return empty_pb2.Empty()

    def start(self, command, environment, **options) -> subprocess.Popen:
        environment = os.environ | {"PYTHONUNBUFFERED": "1"} | environment
        child = subprocess.Popen([str(part) for part in command], env=environment, **options)
        self.children.append(child)
        return child

    def stop(self) -> None:
        for child in self.children:
            if child.poll() is None:
                child.terminate()


def python(info) -> str:
    """The Python of the virtual environment that Pulumi.yaml names."""
    named = dict(info.options).get("virtualenv", "") if info.HasField("options") else ""
    inside = Path(info.root_directory, named, "bin/python")
    return str(inside) if named and inside.exists() else sys.executable


def program(info) -> str:
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
