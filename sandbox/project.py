"""Runs pulumi on a scratch copy of the project, so that nothing in the checkout changes.

The copy of Pulumi.yaml points its `main` back at the checkout; the configs are copied, because pulumi writes an
encryption salt into every stack file it uses. State, configs, plugins and the world live in $SANDBOX_HOME.
"""

import json
import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

SANDBOX = Path(__file__).resolve().parent
sys.path.append(str(SANDBOX.parent))
from sandbox import answers, state_files
from sandbox.progress import say
from sandbox.stack_config import StackConfig, write
from sandbox.yaml_file import Unreadable, read, text_of

CHECKOUT = SANDBOX.parent
HOME = Path(os.environ.get("SANDBOX_HOME") or CHECKOUT / ".sandbox").resolve()
VENV = Path(os.environ["SANDBOX_PYTHON"]).parent.parent
ENGINE = os.environ["SANDBOX_ENGINE"]

#: Commands that deploy: they need the platform their stack's config names.
DEPLOYING = {"up", "update", "preview", "refresh"}
#: Flags whose value is a path; pulumi runs in the scratch project, so ours are made absolute.
PATHS = {
    *("--file", "--policy-pack", "--policy-pack-config", "--config-file", "--plan", "--save-plan"),
    *("--import-file", "--out"),
}


def main(arguments: list[str]) -> None:
    os.umask(0o077)  # states and world have secrets in them
    cwd, arguments = working_directory(arguments)
    os.environ.update(environment())
    install_plugins()
    state_files.mend(HOME / "state")
    source = find_project(cwd) or CHECKOUT / "Pulumi.yaml"
    arguments = without_code(absolute_paths(arguments, cwd))
    try:
        project = prepared(source, arguments)
    except Unreadable as unreadable:
        sys.exit(f"sandbox: {unreadable}")
    command = ["pulumi", "-C", str(project.scratch), *arguments]
    if answers.asks_for_outputs(arguments):
        sys.exit(answers.answer([ENGINE, *command[1:]], HOME))
    os.execv(ENGINE, command)


def prepared(source: Path, arguments: list[str]) -> "Project":
    """The project as pulumi can work on it, with the stack and the platform that the arguments need."""
    project = Project(source)
    project.copy()
    stack = stack_of(arguments)
    if stack and "init" not in arguments:
        project.ensure(stack)
    if DEPLOYING.intersection(arguments):
        project.make_cards(stack or project.selected())
        project.deploy_platform(stack or project.selected())
    return project


class Project:
    def __init__(self, source: Path):
        self.directory = source.parent
        self.settings = read(source)
        if missing := [key for key in ("name", "runtime") if not self.settings.get(key)]:
            raise Unreadable(f"{source}: {' and '.join(missing)} missing")
        self.name = str(self.settings["name"])
        self.scratch = HOME / "projects" / self.name
        self.configs = Path(self.settings.get("stackConfigDir") or ".")

    def copy(self) -> None:
        settings = dict(self.settings)
        settings["main"] = str((self.directory / settings.get("main", ".")).resolve())
        runtime = settings["runtime"] if isinstance(settings["runtime"], dict) else {"name": settings["runtime"]}
        settings["runtime"] = runtime | {
            "options": {**(runtime.get("options") or {}), "toolchain": "pip", "virtualenv": virtualenv(runtime)}
        }
        for plugin in (p for kind in (settings.get("plugins") or {}).values() for p in kind):
            plugin["path"] = str((self.directory / plugin["path"]).resolve())
        for name, package in (settings.get("packages") or {}).items():
            if isinstance(package, str) and package.startswith("."):
                settings["packages"][name] = str((self.directory / package).resolve())
        write(self.scratch / "Pulumi.yaml", text_of(settings))
        self.copy_stack_files()

    def copy_stack_files(self) -> None:
        unreadable_files = []
        for file in sorted((self.directory / self.configs).glob("Pulumi.*.yaml")):
            try:
                StackConfig(file, self.scratch / self.configs / file.name).copy()
            except Unreadable as unreadable:
                unreadable_files.append(str(unreadable))
        if unreadable_files:
            raise Unreadable("\n".join(unreadable_files))

    def ensure(self, stack: str) -> None:
        """Makes the stack when the project has a config file for it."""
        config = self.scratch / self.configs / f"Pulumi.{stack}.yaml"
        if config.exists() and not self.state(stack).exists():
            self.pulumi("stack", "init", "--no-select", "--stack", stack)

    def make_cards(self, stack: str | None) -> None:
        """Makes the stacks of the cards that the stack's config names, empty as those of teams that have not begun: a
        stack that is not there cannot be referred to."""
        peers = self.config_of(stack).get("peers")
        for peer in peers.values() if isinstance(peers, dict) else ():  # a list has addresses
            if card := (peer or {}).get("card"):
                self.ensure(str(card))

    def deploy_platform(self, stack: str | None) -> None:
        """Deploys the platform that the stack's config names, when this sandbox has none yet."""
        platform = self.platform_of(stack)
        if not platform or self.deployed(platform):
            return
        say(f"{stack} needs the platform {platform}, which this sandbox does not have yet: deploying it first")
        self.ensure(platform)
        if self.pulumi("up", "--stack", platform, "--yes", "--skip-preview", "--non-interactive", check=False):
            sys.exit(f"sandbox: the platform {platform} could not be deployed, so {stack} was not tried")

    def platform_of(self, stack: str | None) -> str | None:
        named = self.config_of(stack).get("platform")
        *owner, name = str(named).split("/") if named else [None]
        return name if owner in ([], ["organization"]) or owner[1:] == [self.name] else None

    def config_of(self, stack: str | None) -> dict[str, Any]:
        """What the stack's config says below the project's own key."""
        file = self.scratch / self.configs / f"Pulumi.{stack}.yaml"
        config = read(file).get("config") or {} if file.exists() else {}
        return config.get(f"{self.name}:stack") or {}

    def deployed(self, stack: str) -> bool:
        if not self.state(stack).exists():
            return False
        latest = json.loads(self.state(stack).read_text())["checkpoint"].get("latest") or {}
        return any(r["type"] == "pulumi:pulumi:Stack" and r.get("outputs") for r in latest.get("resources") or [])

    def state(self, stack: str) -> Path:
        return HOME / "state/.pulumi/stacks" / self.name / f"{stack.split('/')[-1]}.json"

    def selected(self) -> str | None:
        """The stack that `stack select` chose, as pulumi itself remembers it for this directory."""
        for workspace in (HOME / "home/workspaces").glob(f"{self.name}-*-workspace.json"):
            return (json.loads(workspace.read_text()).get("stack") or "").split("/")[-1] or None
        return None

    def pulumi(self, *arguments: str, check: bool = True) -> int:
        """Runs pulumi on the scratch project with its output on stderr; an interrupt is pulumi's to answer."""
        ours = signal.signal(signal.SIGINT, lambda *_: None)
        code = subprocess.Popen([ENGINE, "-C", self.scratch, *arguments], stdout=sys.stderr).wait()
        signal.signal(signal.SIGINT, ours)
        if check and code:
            sys.exit(code)
        return code


def environment() -> dict[str, str]:
    """Nothing of the user's: own state, own plugins, no network, no login."""
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / "state").mkdir(exist_ok=True)
    return {
        "SANDBOX_HOME": str(HOME),
        "SANDBOX_HOST": str(SANDBOX / "language_host.py"),
        "PULUMI_HOME": str(HOME / "home"),
        "PULUMI_BACKEND_URL": f"file://{HOME / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "sandbox",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def virtualenv(runtime: dict[str, Any]) -> str:
    """The sandbox's, unless the project names one by an absolute path: that is no part of a checkout."""
    named = (runtime.get("options") or {}).get("virtualenv") or ""
    return named if os.path.isabs(named) else str(VENV)


def install_plugins() -> None:
    """A launcher per installed cloud SDK, where the engine looks for a plugin of that SDK's version."""
    for description in VENV.glob("lib/python*/site-packages/pulumi_*/pulumi-plugin.json"):
        package = json.loads(description.read_text())
        name, version = package["name"], package["version"]
        program = SANDBOX / "plugins" / (f"{name}.py" if name in ("eks", "kubernetes") else "provider.py")
        launcher = HOME / f"home/plugins/resource-{name}-v{version}/pulumi-resource-{name}"
        command = f'"{VENV}/bin/python" -I "{program}" {name} {version} "$@"'
        write(launcher, f"#!/bin/sh\nexec $SANDBOX_LAUNCHER {command}\n", mode=0o755)


def working_directory(arguments: list[str]) -> tuple[Path, list[str]]:
    """The directory pulumi would run in, and the arguments without the flag that said so."""
    rest, cwd, given = [], Path.cwd(), iter(arguments)
    for argument in given:
        if argument in ("-C", "--cwd"):
            cwd = Path(next(given, "."))
        elif argument.startswith("--cwd="):
            cwd = Path(argument.removeprefix("--cwd="))
        else:
            rest.append(argument)
    return cwd.resolve(), rest


def find_project(directory: Path) -> Path | None:
    return next((d / "Pulumi.yaml" for d in (directory, *directory.parents) if (d / "Pulumi.yaml").exists()), None)


def absolute_paths(arguments: list[str], cwd: Path) -> list[str]:
    """Relative paths as the user meant them, since pulumi itself runs in the scratch project."""
    absolute = []
    for previous, argument in pairwise(["", *arguments]):
        flag, equals, value = argument.partition("=")
        if flag in PATHS and equals:
            argument = f"{flag}={cwd / value}"
        elif previous in PATHS or argument in (".", "..") or argument.startswith(("./", "../")):
            argument = str(cwd / argument)
        absolute.append(argument)
    return absolute


def without_code(arguments: list[str]) -> list[str]:
    """An import takes what is there into the state. To write a program's code for it takes a cloud's schema, which the
    sandbox does not have."""
    if arguments[:1] != ["import"] or any(argument.startswith("--generate-code") for argument in arguments):
        return arguments
    say("an import writes no code in the sandbox: it has no cloud's schema")
    return [*arguments, "--generate-code=false"]


def stack_of(arguments: list[str]) -> str | None:
    """The stack that -s, --stack or `stack select` names."""
    for previous, argument in pairwise(["", *arguments]):
        if previous in ("-s", "--stack") or (previous == "select" and not argument.startswith("-")):
            return argument.split("/")[-1]
        if argument.startswith(("--stack=", "-s=")):
            return argument.partition("=")[2].split("/")[-1]
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
