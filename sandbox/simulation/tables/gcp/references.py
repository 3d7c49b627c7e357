"""What a Google Cloud resource refers to, by what ids, links and e-mail addresses look like."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ...resource import Instance, Reference
from ...values import named_strings

API = "https://www.googleapis.com/compute/v1/"
#: What comes before an id where another service is told of it.
PREFIXES = (API, "logging.googleapis.com/", "https://container.googleapis.com/v1/")
ID = re.compile(r"projects/[^/\s]+(/[^/\s]+)+")
AGENT = re.compile(r"serviceAccount:(?P<email>service-(?P<number>\d+)@(?P<of>[\w-]+)\.iam\.gserviceaccount\.com)")
ACCOUNT = re.compile(r"(?:serviceAccount:)?(?P<email>[^@\s:]+@(?P<project>[\w-]+)\.iam\.gserviceaccount\.com)")

#: Of whatever project.
NUMBER = "123456789012"

#: The agents of Google's own that come with their service; a project has the others once it asks for them.
AGENTS = {"compute-system": "compute"}

#: Cloud SQL's own account, by what stands behind the @.
SQL_AGENT = "gcp-sa-cloud-sql"

#: Free text, which may look like anything.
TEXT = {"description", "displayName", "expression", "filter", "labels", "metadata", "permissions", "tags", "title"}

#: The service that must be on before the types of a package work.
SERVICES = {
    "compute": "compute",
    "container": "container",
    "dns": "dns",
    "kms": "cloudkms",
    "logging": "logging",
    "monitoring": "monitoring",
    "secretmanager": "secretmanager",
    "serviceaccount": "iam",
    "sql": "sqladmin",
    "storage": "storage",
}


def references(instance: Instance, external: tuple[str, ...]) -> Iterator[Reference]:
    package = instance.type.split(":")[1].split("/")[0]
    if service := SERVICES.get(package):
        yield service_of(instance, service)
    for path, text in named_strings(dict(instance.inputs), TEXT):
        reference = by_id(text) or by_agent(instance, text) or by_account(instance, text)
        if reference and path not in external:
            yield reference


def service_of(instance: Instance, service: str) -> Reference:
    """What must be switched on in the project, and what Google says where it is not."""
    api = f"{service}.googleapis.com"
    off = f"{api} has not been used in project {instance.account} before or it is disabled"
    return Reference(switched_on(instance.account, api), "accessNotConfigured", off)


def by_id(text: str) -> Reference | None:
    id_ = plain_id(text)
    if not ID.fullmatch(id_):
        return None
    return Reference(id_, "notFound", f"The resource '{id_}' was not found")


def by_agent(instance: Instance, text: str) -> Reference | None:
    """The account that one of Google's services has in the project."""
    found = AGENT.fullmatch(text)
    if not found or found["number"] != NUMBER:
        return None
    service = AGENTS.get(found["of"])
    there = switched_on(instance.account, f"{service}.googleapis.com") if service else found["email"]
    return Reference(there, "badRequest", f"Service account {found['email']} does not exist.")


def by_account(instance: Instance, text: str) -> Reference | None:
    """A service account of the project's own; other projects' are not ours to know."""
    found = ACCOUNT.fullmatch(text)
    if not found or found["project"] != instance.account:
        return None
    return Reference(found["email"], "badRequest", f"Service account {found['email']} does not exist.")


def by_name(id_: str) -> Reference:
    """Something that the resource names by less than its id."""
    return Reference(id_, "notFound", f"The resource '{id_}' was not found")


def plain_id(text: str) -> str:
    for prefix in PREFIXES:
        text = text.removeprefix(prefix)
    return text


def switched_on(project: str, service: str) -> str:
    return f"{project}/{service} is on"


def identifiers(outputs: dict[str, Any]) -> Iterable[str]:
    """Its e-mail address, its other name where Google gives it one (a secret's has the project's number), where a
    cluster is reached, and what a network is attached to a database by."""
    names = {outputs.get("email"), outputs.get("name"), outputs.get("pscServiceAttachmentLink")}
    servers = {f"https://{outputs['endpoint']}"} if "endpoint" in outputs else set()
    return servers | {name for name in names if name and ("@" in name or ID.fullmatch(name))}
