"""Sets up what the sandbox runs on, once, in the user's cache directory; then runs project.py there.

A virtual environment with sandbox/requirements.txt, Pulumi's engine and Helm. The engine and Helm are those on PATH
when they are new enough, else they are built from the Go module in sandbox/engine. Standard library only: this file
runs before anything is installed.

Each thing lies in a directory of its own, whose name is a digest of what it is made from. A build has Go's cache in
there too: a build that was cut off goes on from it, and a build that is complete removes it.

    bootstrap.py pulumi|helm|cluster ARGUMENTS
    bootstrap.py venv REQUIREMENTS              prints where a developer's own environment is, which is kept there too
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
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

if sys.version_info < (3, 11):
    sys.exit("sandbox: Python 3.11 or newer is needed: install it, with its venv module, so that python3 runs it.")

SANDBOX = Path(__file__).resolve().parent
sys.path.append(str(SANDBOX.parent))
from sandbox.progress import progress, say

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nodeyard"
HOST = "pulumi-language-python"
REQUIREMENTS = SANDBOX / "requirements.txt"
ENGINE = SANDBOX / "engine"
"""The Go module that names the engine and Helm."""
GO_CACHE = "go-build"
"""The directory of Go's own cache, inside the directory of what is being built."""

#: How long each thing takes where nothing of it is there yet.
USUAL = {
    "venv": "about 1 to 4 minutes",
    "helm": "about 1 to 2 minutes on two cores",
    "pulumi": "about 4 to 8 minutes on two cores",
}
#: tool -> (package to build, module that carries the version, variable that the linker sets, arguments that print it)
TOOLS = {
    "pulumi": (
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        "github.com/pulumi/pulumi/pkg/v3",
        "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
        ("version",),
    ),
    "helm": (
        "helm.sh/helm/v3/cmd/helm",
        "helm.sh/helm/v3",
        "helm.sh/helm/v3/internal/version.version",
        ("version", "--template", "{{.Version}}"),
    ),
}


class Missing(Exception):
    """Something that only the user can install."""


def main(command: str, arguments: list[str]) -> None:
    with explained():
        if command == "venv":
            print(virtual_environment(Path(*arguments).resolve(), "developer").parent.parent)
            return
        helm = tool("helm")
        if command == "helm":
            os.execv(helm, [str(helm), *arguments])
        python = virtual_environment()
        os.environ |= {"SANDBOX_PYTHON": str(python), "SANDBOX_HELM": str(helm)}
        if command == "cluster":
            os.execv(python, [str(python), "-I", str(SANDBOX / "controlplane/command.py"), *arguments])
        host = language_host(tool("pulumi"))
    os.environ["SANDBOX_ENGINE"] = str(host.parent / "pulumi")
    os.execv(python, [str(python), "-I", str(SANDBOX / "project.py"), *arguments])


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Ends the process with one sentence where something cannot be set up."""
    try:
        yield
    except Missing as missing:
        sys.exit(f"sandbox: {missing}")
    except subprocess.CalledProcessError as failed:
        end = f"exit {failed.returncode}" if failed.returncode > 0 else f"signal {-failed.returncode}"
        sys.exit(f"sandbox: set-up failed ({end}): {' '.join(map(str, failed.cmd))}\n{(failed.stderr or '').strip()}")
    except KeyboardInterrupt:
        say("interrupted; the next call goes on from here")
        sys.exit(130)


def virtual_environment(requirements: Path = REQUIREMENTS, name: str = "venv") -> Path:
    """The Python of the virtual environment; made again when the requirements or the Python change."""
    interpreter = os.path.realpath(sys.executable)
    venv = CACHE / f"{name}-{digest(sys.version, interpreter, *texts(requirements))}"
    ready = venv / "ready"  # a venv knows its own path and cannot be renamed: this file, written last, makes it whole
    with once(ready) as needed:
        if needed:
            announce(venv)
            with progress("making the virtual environment", USUAL["venv"]):
                shutil.rmtree(venv, ignore_errors=True)
                run(interpreter, "-m", "venv", venv)
                run(
                    venv / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", requirements
                )
                ready.touch()
    return venv / "bin/python"


def texts(requirements: Path) -> list[str]:
    """Of the file, and of those that it includes."""
    text = requirements.read_text()
    included = re.findall(r"^-r (.+)$", text, re.MULTILINE)
    return [text, *(inner for name in included for inner in texts(requirements.parent / name))]


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
    directory = engine_directory()
    target = directory / name
    with once(target) as needed:
        if needed:
            require_go()
            announce(directory)
            with progress(f"building {name} {pinned_version(name)} from its Go module", USUAL[name]):
                build(name, target)
            if all(on_path(tool) or (directory / tool).exists() for tool in TOOLS):
                shutil.rmtree(directory / GO_CACHE, ignore_errors=True)
    return target


def build(name: str, target: Path) -> None:
    package, _, variable, _ = TOOLS[name]
    part = target.with_suffix(".part")
    linker = f"-s -w -X {variable}={pinned_version(name)}"
    flags = ("-buildvcs=false", "-trimpath", "-ldflags", linker)
    go(ENGINE, "build", *flags, "-o", part, package, **own_cache(target.parent))
    part.rename(target)


def engine_directory() -> Path:
    return CACHE / f"engine-{digest((ENGINE / 'go.sum').read_text())}"


def language_host(engine: Path) -> Path:
    """The Python language host, which the engine looks for beside itself: the real one, or a launcher of ours.

    The official host is no Go module, so it cannot be built. The SDK's exec script, with which it runs a program, is.
    """
    official = engine.with_name(HOST)
    if official.exists():
        return official
    stat = engine.stat()
    home = engine.parent if CACHE in engine.parents else CACHE / f"host-{digest(engine, stat.st_mtime_ns)}"
    host = home / HOST
    with once(host) as needed:
        if needed:
            if home != engine.parent:  # not ours to write beside
                shutil.copy2(engine, home / "pulumi")
            sdk = json.loads(go(ENGINE, "mod", "download", "-json", "github.com/pulumi/pulumi/sdk/v3"))["Dir"]
            write(home / f"{HOST}-exec", Path(sdk, f"python/cmd/{HOST}-exec").read_text())
            write(host, '#!/bin/sh\nexec "$SANDBOX_PYTHON" -I "$SANDBOX_HOST" "$@"\n', mode=0o755)
    return host


def go(module: Path, *arguments: str | Path, **variables: str) -> str:
    """What a command of Go prints in a module of ours."""
    require_go()
    own = {"CGO_ENABLED": "0", "GOWORK": "off"} | variables
    return run("go", *arguments, cwd=module, env=os.environ | own)


def own_cache(directory: Path) -> dict[str, str]:
    """A cache for a build of what comes into the directory; Go's temporary files lie there too."""
    cache = directory / GO_CACHE
    (cache / "tmp").mkdir(parents=True, exist_ok=True)
    return {"GOCACHE": str(cache), "GOTMPDIR": str(cache / "tmp")}


def require_go() -> None:
    if not shutil.which("go"):
        wanted = " and ".join(f"{name} {pinned_version(name)}" for name in TOOLS)
        raise Missing(
            f"Go 1.26 or newer is needed to build Pulumi's engine and Helm: install it, or put {wanted} on PATH."
        )


def pinned_version(name: str) -> str:
    module = re.escape(TOOLS[name][1])
    return found_in((ENGINE / "go.mod").read_text(), rf"{module} (v[\d.]+)")


def found_in(text: str, pattern: str) -> str:
    """The pattern's group, in a text that has it."""
    match = re.search(pattern, text)
    if match is None:
        raise LookupError(pattern)
    return match[1]


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


@contextlib.contextmanager
def once(target: Path) -> Iterator[bool]:
    """Yields whether `target` must be made, and lets one caller at a time make it.

    What that caller starts holds the lock as well. Where the caller is killed, the next one waits for the orphan.
    """
    if target.exists():
        yield False
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        os.set_inheritable(lock.fileno(), True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress("waiting for another call, which is setting up the sandbox"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield not target.exists()


def announce(directory: Path) -> None:
    """What a first call keeps, and where, before it is there."""
    announce_all()
    others = sorted(set(CACHE.glob(f"{directory.name.split('-')[0]}-*/")) - {directory})
    if others:
        say(f"  of another version of the sandbox, and made again if that is used: rm -rf {' '.join(map(str, others))}")


@cache  # a process says it once
def announce_all() -> None:
    say("the first call makes what the sandbox runs on; where it is cut off, the next call goes on")
    say(f"  it is kept in {CACHE}: about 1.4 GB, 0.4 GB more after ./sandbox/cluster start, 1.9 GB more after make")
    say("  a build needs up to 6 GB more there, and removes that once it is complete")
    say("  Go and pip keep what they download in caches of their own: 2 to 3 GB")
    say(f"  to remove it all: rm -rf {CACHE}; go clean -modcache; pip cache purge")


def write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as part:
        part.write(text)
    os.chmod(part.name, mode)
    os.replace(part.name, path)


def run(*command: str | Path, **options: Any) -> str:
    """What it prints. Its errors are in the exception; the lock of `once` is the command's too."""
    options |= {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "close_fds": False}
    return str(subprocess.run(command, check=True, **options).stdout)


def digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()[:16]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
