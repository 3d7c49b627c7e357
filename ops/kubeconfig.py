"""`nodeyard kubeconfig`: how kubectl reaches the cluster of a stack."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from . import output, stacks
from .errors import BadInput, Unreachable
from .options import StackName
from .private_file import private_file, put
from .reach import processes


def command(
    context: typer.Context,
    stack: StackName,
    merge: Annotated[
        Path | None,
        typer.Option("--merge", metavar="FILE", help="Put it into this kubeconfig instead.", dir_okay=False),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--context", help="What the context is called. Default: as the cluster.")
    ] = None,
) -> None:
    """Print the kubeconfig of the cluster that a stack is in, or that a platform's stack made.

    It holds no credential: its command asks the cloud for a token each time, as whoever is logged in there. With
    --merge a file gets it as its current context, and keeps its other contexts.
    """
    config = stacks.read(stack, context.obj).kubeconfig()
    if config is None:
        raise BadInput(f"Stack {stack} has no output `kubeconfig`: it is in no cluster, or was deployed long ago.")
    named = _named(config, name) if name else config
    if merge is None:
        output.as_json(named)
        return
    file = merge.expanduser().resolve()  # what a link leads to, so that it stays one
    text = processes.run(_merged(file, named)) if file.exists() else json.dumps(named, indent=2)
    put(file, text.encode())
    output.note(f"{merge} has the context {named['current-context']}, which is its current one now.")


def _named(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The same with another name for its cluster, its user and its context."""
    ((cluster,), (user,)) = (config["clusters"], config["users"])
    return {
        **config,
        "clusters": [{**cluster, "name": name}],
        "users": [{**user, "name": name}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


async def _merged(file: Path, ours: Mapping[str, Any]) -> str:
    """The file with our context in it. kubectl merges: of two entries of one name it keeps the first one's.

    Raises `BadInput` where something of that name belongs to another cluster.
    """
    name = ours["current-context"]
    view = ["kubectl", "config", "view", "--raw", "--flatten", "--output"]
    try:
        theirs = await processes.capture_json([*view, "json", "--kubeconfig", str(file)])
    except Unreachable as problem:
        raise BadInput(f"{file} cannot be read as a kubeconfig, and is left alone: {problem}") from None
    if _elsewhere(theirs, ours):
        raise BadInput(f"{file} has another cluster's {name} already, and is left alone: give --context NAME.")
    with private_file(json.dumps(ours)) as own:
        both = f"{own}{os.pathsep}{file}"
        return await processes.capture(["env", f"KUBECONFIG={both}", *view, "yaml"])


def _elsewhere(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> bool:
    """Whether a name of ours leads to another server in their file."""
    name, own = ours["current-context"], ours["clusters"][0]["cluster"]["server"]
    servers = {each["name"]: each["cluster"].get("server") for each in theirs.get("clusters") or []}
    used = {
        each["context"].get("cluster")
        for each in theirs.get("contexts") or []
        if name in (each["name"], each["context"].get("cluster"), each["context"].get("user"))
    }
    return any(servers[cluster] != own for cluster in (used | {name}) & servers.keys())
