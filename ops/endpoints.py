"""Where a cloud's services are asked, when that is not where the cloud itself has them: private endpoints, a private
cloud, an emulator.

A stack's output `cloud` may have `endpoints`: the URL of each service, by the cloud's own name for that service. No
other is asked then. Over plain HTTP goes no credential, since whoever is on the way would read it, and no proxy of the
environment is used. So plain HTTP is for this machine alone.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit


def checked(url: str) -> str:
    """An endpoint that may be asked. Raises `ValueError`."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http or https URL")
    if is_open(url) and not _is_this_machine(parts.hostname):
        raise ValueError("must be an https URL, or one of this machine: a value would be read on its way")
    return url


def is_open(url: str | None) -> bool:
    """Whether an endpoint is asked without credentials."""
    return url is not None and urlsplit(url).scheme == "http"


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name may lead anywhere
        return False
