"""Sets up what the sandbox runs on, once, in the user's cache directory; then runs project.py there.

A virtual environment with sandbox/requirements.txt, Pulumi's engine and Helm. The engine and Helm are those on PATH
when they are new enough, else they are built from the Go module in sandbox/engine. Standard library only: this file
runs before anything is installed.

    bootstrap.py pulumi|helm|cluster ARGUMENTS
"""

from __future__ import annotations  # an older Python must get as far as the sentence that names the newer one

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit("sandbox: Python 3.11 or newer is needed: install it, with its venv module, so that python3 runs it.")

SANDBOX = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nodeyard"
HOST = "pulumi-language-python"

#: tool -> (package to build, module that carries the version, variable that the linker sets, arguments that print it)
TOOLS = {
    "pulumi": (
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        "github.com/pulumi/pulumi/pkg/v3",
        "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
        ["version"],
    ),
    "helm": (
        "helm.sh/helm/v3/cmd/helm",
        "helm.sh/helm/v3",
        "helm.sh/helm/v3/internal/version.version",
        ["version", "--template", "{{.Version}}"],
    ),
}


class Missing(Exception):
    """Something that only the user can install."""


def main(command: str, arguments: list[str]) -> None:
    try:
        helm = tool("helm")
        if command == "helm":
            os.execv(helm, [str(helm), *arguments])
        python = virtual_environment()
        os.environ |= {"SANDBOX_PYTHON": str(python), "SANDBOX_HELM": str(helm)}
        if command == "cluster":
            os.execv(python, [str(python), "-I", str(SANDBOX / "controlplane/command.py"), *arguments])
        host = language_host(tool("pulumi"))
    except Missing as missing:
        sys.exit(f"sandbox: {missing}")
    except subprocess.CalledProcessError as failed:
        sys.exit(f"sandbox: set-up failed: {' '.join(map(str, failed.cmd))}")
    os.environ["SANDBOX_ENGINE"] = str(host.parent / "pulumi")
    os.execv(python, [str(python), "-I", str(SANDBOX / "project.py"), *arguments])


def virtual_environment() -> Path:
    """The Python of the virtual environment; made again when the requirements or the Python change."""
    files = [SANDBOX / "requirements.txt", SANDBOX.parent / "requirements.txt"]
    interpreter = os.path.realpath(sys.executable)
    venv = CACHE / f"venv-{digest(sys.version, interpreter, *(f.read_text() for f in files))}"
    ready = venv / "ready"  # a venv knows its own path and cannot be renamed: this file, written last, makes it whole
    with once(ready) as needed:
        if needed:
            say("making the virtual environment (first call only, about a minute)")
            shutil.rmtree(venv, ignore_errors=True)
            run(interpreter, "-m", "venv", venv)
            run(venv / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", files[0])
            ready.touch()
    return venv / "bin/python"


def tool(name: str) -> Path:
    """The tool on PATH when it is new enough, else the one built from sandbox/engine."""
    return on_path(name) or built(name)


def on_path(name: str) -> Path | None:
    found = shutil.which(name)
    if not found:
        return None
    path = Path(found).resolve()
    stat = path.stat()
    # Asking the tool costs more than a warm call may: the answer is remembered for this very file.
    answer = CACHE / f"version-{name}-{digest(path, stat.st_size, stat.st_mtime_ns)}"
    if not answer.exists():
        asked = subprocess.run([path, *TOOLS[name][3]], capture_output=True, text=True)
        write(answer, asked.stdout.strip())
    have, pinned = version(answer.read_text()), version(pinned_version(name))
    return path if have >= pinned and have[:1] == pinned[:1] else None


def built(name: str) -> Path:
    target = CACHE / f"engine-{digest((SANDBOX / 'engine/go.sum').read_text())}" / name
    with once(target) as needed:
        if needed:
            say(f"building {name} {pinned_version(name)} from its Go module (first call only, some minutes)")
            package, _, variable, _ = TOOLS[name]
            part = target.with_suffix(".part")
            linker = f"-s -w -X {variable}={pinned_version(name)}"
            go("build", "-buildvcs=false", "-trimpath", "-ldflags", linker, "-o", str(part), package)
            part.rename(target)
    return target


def language_host(engine: Path) -> Path:
    """The Python language host, which the engine looks for beside itself: the real one, or a launcher of ours.

    The official host is no Go module, so it cannot be built. The SDK's exec script, with which it runs a program, is.
    """
    official = engine.with_name(HOST)
    if official.exists():
        return official
    stat = engine.stat()
    home = engine.parent if CACHE in engine.parents else CACHE / f"engine-{digest(engine, stat.st_mtime_ns)}"
    host = home / HOST
    with once(host) as needed:
        if needed:
            if home != engine.parent:  # not ours to write beside
                shutil.copy2(engine, home / "pulumi")
            sdk = go("list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3").strip()
            if not sdk:
                go("mod", "download", "github.com/pulumi/pulumi/sdk/v3")
                sdk = go("list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3").strip()
            write(home / f"{HOST}-exec", Path(sdk, f"python/cmd/{HOST}-exec").read_text())
            write(host, '#!/bin/sh\nexec "$SANDBOX_PYTHON" -I "$SANDBOX_HOST" "$@"\n', mode=0o755)
    return host


def go(*arguments: str) -> str:
    if not shutil.which("go"):
        wanted = " and ".join(f"{name} {pinned_version(name)}" for name in TOOLS)
        raise Missing(
            f"Go 1.26 or newer is needed to build Pulumi's engine and Helm: install it, or put {wanted} on PATH."
        )
    command = ["go", arguments[0], "-C", str(SANDBOX / "engine"), *arguments[1:]]
    environment = os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"}
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout


def pinned_version(name: str) -> str:
    module = re.escape(TOOLS[name][1])
    return re.search(rf"{module} (v[\d.]+)", (SANDBOX / "engine/go.mod").read_text())[1]


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


@contextlib.contextmanager
def once(target: Path):
    """Yields whether `target` must be made, and lets one caller at a time make it."""
    if target.exists():
        yield False
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not target.exists()


def write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as part:
        part.write(text)
    os.chmod(part.name, mode)
    os.replace(part.name, path)


def run(*command) -> None:
    subprocess.run(command, check=True, stdout=sys.stderr)


def say(text: str) -> None:
    print(f"sandbox: {text}", file=sys.stderr, flush=True)


def digest(*parts) -> str:
    return hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()[:16]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
