"""`nodeyard versions`: what is pinned, by the code and by the project's stacks, and until when it is supported."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import typer
import yaml

from nodeyard import clouds, pins
from nodeyard.clouds.contract.kubernetes_support import NOTICE
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.today import today

from . import output
from .errors import BadInput, Unhealthy
from .options import Json
from .project import stack_files

COLUMNS: Final = ("kind", "what", "version", "where", "supported until", "read", "source", "note")
KUBERNETES: Final = "kubernetesVersion"
NAMED: Final[Mapping[str, str]] = {
    KUBERNETES: "Kubernetes",
    "releaseVersion": "node release",
    "machineImage": "machine image",
    "version": "PostgreSQL",
}
"""A stack file's keys that pin something, and what each pins. Besides them, each image does."""


File = tuple[str, Mapping[str, Any]]
"""A stack's name, and what its file says."""


class Version(output.Told):
    """Something at one version."""

    kind: str
    name: str
    version: str
    where: str
    """The module of `components/pins`, the cloud, or the stack whose file says so."""
    supported_until: date | None = None
    """The first day without standard support; None where nobody says it."""
    read: str = ""
    """When somebody looked at the source."""
    source: str = ""
    note: str = ""


def command(context: typer.Context, json: Json = False) -> None:
    """List what is pinned to one version: by Nodeyard's code, and by the files of this project's stacks.

    Kubernetes, add-ons, charts, images, programs and images of machines come with their publisher's page, the day
    somebody read it, and the end of standard support where the publisher names one. Exit code 1 says that something is
    in use whose support is over.
    """
    day = today()
    files, ours = list(_files(context.obj)), list(_of_code())
    found = [*ours, *_of_clouds(day), *_of_stacks(files)]
    warnings = [*_ending(ours, day), *_running(files, day)]
    problems, notes = ([said for over, said in warnings if over is wanted] for wanted in (True, False))
    if json:
        output.result(None, found, problems, notes)
    else:
        output.table(COLUMNS, [_row(version) for version in found])
        output.notes(notes)
    if problems:
        raise Unhealthy("\n".join(problems))


def _row(told: Version) -> list[object]:
    return [told.kind, told.name, told.version, told.where, told.supported_until, told.read, told.source, told.note]


def _of_code() -> Iterator[Version]:
    for module, pin in pins.every():
        yield Version(
            kind=pin.KIND,
            name=pin.name,
            version=pin.version,
            where=f"pins/{module}.py",
            supported_until=pin.supported_until,
            read=pin.read,
            source=pin.source,
            note=pin.note,
        )


def _of_clouds(day: date) -> Iterator[Version]:
    """What each cloud still supports."""
    for cloud in CloudName:
        support = clouds.named(cloud).KUBERNETES_SUPPORT
        for version, end in support.ends.items():
            if end > day:
                yield Version(
                    kind="Kubernetes",
                    name="Kubernetes",
                    version=version,
                    where=cloud,
                    supported_until=end,
                    read=support.read.isoformat(),
                    source=support.source,
                )


def _of_stacks(files: Sequence[File]) -> Iterator[Version]:
    for stack, told in files:
        for name, version in _pinned(told, ""):
            yield Version(kind=kind_of(name), name=name, version=version, where=stack)


def _pinned(told: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    """Path and value of each key that pins something."""
    for key, value in told.items():
        if isinstance(value, Mapping):
            yield from _pinned(value, f"{above}{key}.")
        elif kind_of(f"{above}{key}"):
            yield f"{above}{key}", str(value)


def kind_of(path: str) -> str:
    """What the key of a stack's file pins; empty for one that pins nothing."""
    *above, key = path.split(".")
    is_image = "images" in above or key.lower().endswith("image")
    return NAMED.get(key) or ("image" if is_image else "")


def _files(directory: Path) -> Iterator[File]:
    """What each stack's file says. Raises `BadInput` for a file that nobody can read."""
    try:
        for stack, file in sorted(stack_files(directory).items()):
            told: Any = yaml.safe_load(file.read_text())
            stands = (told or {}).get("config", {}).get("nodeyard:stack")
            if isinstance(stands, Mapping):
                yield stack, stands
    except (OSError, ValueError, AttributeError, yaml.YAMLError) as error:
        raise BadInput(f"A file of the project cannot be read: {error}") from error


def _ending(pinned: Sequence[Version], day: date) -> Iterator[tuple[bool, str]]:
    """What is not supported, or not for long: whether it is over, and a sentence."""
    for version in pinned:
        end = version.supported_until
        if end and end - NOTICE <= day:
            when = f"{'ended' if end <= day else 'ends'} on {end}"
            yield end <= day, f"Standard support of {version.name} {version.version} {when}. ({version.source})"


def _running(files: Sequence[File], day: date) -> Iterator[tuple[bool, str]]:
    """The same of what the stacks' files ask of a cloud."""
    for stack, told in files:
        version, cloud = told.get(KUBERNETES), told.get("cloud")
        if version is None or cloud not in set(CloudName):
            continue
        support = clouds.named(CloudName(cloud)).KUBERNETES_SUPPORT
        if said := support.warning(str(version), day):
            yield support.is_over(str(version), day), f"{stack}: {said}"
