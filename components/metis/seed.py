"""Chain data to begin with: a snapshot of the cloud, or an archive under a URL."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from ..errors import Problem
from ..inputs import Matching

SHA256 = Annotated[str, Matching(r"[0-9a-f]{64}", "a SHA-256: 64 hexadecimal digits in small letters")]

HTTPS: Final = 443

_ARCHIVE = re.compile(r"https://[A-Za-z0-9.-]+(:[1-9]\d{0,4})?/[^\s?#\"']*\.(tar|tar\.gz|tgz)(\?[^\s#\"']*)?")


def is_url(seed: str | None) -> bool:
    """Whether a `seed_from` is a URL. No cloud's id of a snapshot has the characters."""
    return "://" in (seed or "")


def snapshot(part: Mapping[str, Any]) -> str | None:
    """The snapshot that the cloud makes a disk of."""
    seed: str | None = part.get("seed_from")
    return None if is_url(seed) else seed


def seed_values(part: Mapping[str, Any]) -> dict[str, Any]:
    """What a chart is told of the archive that the pod fills its disk from."""
    url = part.get("seed_from")
    return {"seed": {"url": url, "sha256": part["seed_sha256"]}} if is_url(url) else {}


def seed_problems(part: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with a URL to seed from, and with its digest."""
    url, digest = part.get("seed_from"), part.get("seed_sha256")
    if not is_url(url):
        if digest:
            yield "seed_sha256", "is the digest of an archive: it goes with a `seed_from` that is a URL"
        return
    if not _ARCHIVE.fullmatch(url or ""):
        yield "seed_from", "must be an https:// URL of a .tar, .tar.gz or .tgz, or the id of a snapshot"
    if not digest:
        yield "seed_sha256", "is needed with a URL: nothing else says that the archive is the one that is meant"


def port_problems(part: Mapping[str, Any], ports: Sequence[int]) -> Iterator[Problem]:
    """An archive behind a port that its pod does not reach."""
    url = part.get("seed_from") or ""
    if not is_url(url) or any(seed_problems(part)):
        return
    if (port := urlsplit(url).port or HTTPS) not in ports:
        yield "seed_from", f"is fetched from port {port}, which `l1dtl.egress_ports` does not open"
