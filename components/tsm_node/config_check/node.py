"""The rules of what a node has for itself: database, ports, keys of its callers, instances."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any, Final

from .findings import TEMPLATE, Finding, Table, error, has, known_text, table, templated, text_there, warning, whole

DRIVERS: Final = ("mysql", "postgres", "sqlite3")
PERMISSIONS: Final = ("APIKEY", "HEALTH", "METRICS", "TSMINFO")
SSL_MODE: Final = "verify-full"
HASH_BYTES: Final = 32
# As Go's time.ParseDuration takes it, without a sign.
_DURATION: Final = re.compile(r"(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+", re.ASCII)


def database(config: Table) -> Iterator[Finding]:
    if not has(config, "Database"):
        return
    section = table(config, "Database")
    driver = section.get("DriverName")
    for key in ("DriverName", "DataSourceName"):
        yield from text_there(section, "Database", key)
    for finding in text_there(section, "Database", "EncryptorMasterPassword"):
        yield finding.model_copy(update={"message": f"{finding.message}: without it no key share can be read"})
    if driver == "sqlite3":
        yield warning("Database.DriverName", "is sqlite3: the key shares are in one pod's file")
    elif isinstance(driver, str) and driver.strip() and driver not in DRIVERS and not templated(driver):
        yield error("Database.DriverName", f"is none of {', '.join(DRIVERS)}")
    source = section.get("DataSourceName")
    if driver == "postgres" and isinstance(source, str) and source.strip():
        yield from _ssl_mode(source)
    for key in ("MaxIdleConns", "MaxOpenConns"):
        if key in section and not whole(section[key]) and not templated(section[key]):
            yield error(f"Database.{key}", "is not a whole number")


def _ssl_mode(source: str) -> Iterator[Finding]:
    """Of a URL or of `key=value` words, both of which PostgreSQL's libraries take."""
    modes = re.findall(r"(?:^|[\s?&])sslmode\s*=\s*('[^']*'|[^\s&]*)", TEMPLATE.sub("{{}}", source))
    mode = modes[-1].strip("'") if modes else None
    if mode == "{{}}" or (mode is None and templated(source)):
        return
    if mode != SSL_MODE:
        said = "has no sslmode" if mode is None else f"has another sslmode than {SSL_MODE}"
        yield warning("Database.DataSourceName", f"{said}: the node does not check whom it gives the key shares to")


def servers(config: Table) -> Iterator[Finding]:
    for path, port in _given_ports(config).items():
        lowest = 0 if path.startswith("MPCDirectServer.") else 1
        if port is None:
            yield error(path, "is missing")
        elif not templated(port) and (not whole(port) or not lowest <= port <= 65535):
            yield error(path, f"is not a port from {lowest} to 65535")
    direct = table(config, "MPCDirectServer")
    if has(config, "MPCDirectServer") and all(direct.get(key, 0) == 0 for key in ("Port", "WSPort")):
        yield error("MPCDirectServer", "listens on no port")


def _given_ports(config: Table) -> dict[str, Any]:
    """Every port, by its path. None for one that has to be there and is not."""
    needed = {
        f"{name}.Port": table(config, name).get("Port")
        for name in ("MPCTCPServer", "SDKServer", "ManagementServer")
        if has(config, name)
    }
    direct = table(config, "MPCDirectServer")
    return needed | {f"MPCDirectServer.{key}": direct[key] for key in ("Port", "WSPort") if key in direct}


def ports(config: Table) -> Iterator[Finding]:
    users: dict[int, str] = {}
    for path, port in _given_ports(config).items():
        if not whole(port) or port == 0:
            continue
        if port in users:
            yield error(path, f"is {port}, as {users[port]} is")
        else:
            users[port] = path


def management(config: Table) -> Iterator[Finding]:
    if "ManagementServer" not in config:
        yield warning("ManagementServer", "is missing: nobody can ask the node for its health or its metrics")
        return
    section = table(config, "ManagementServer")
    for path, entry in _api_keys(section, "ManagementServer"):
        if isinstance(entry, Finding):
            yield entry
            continue
        yield from _hash(entry, path)
        permissions = entry.get("Permissions")
        if not isinstance(permissions, list) or not permissions:
            yield error(f"{path}.Permissions", "is no list of permissions")
        elif any(each not in PERMISSIONS for each in permissions if not templated(each)):
            yield error(f"{path}.Permissions", f"holds another word than {', '.join(PERMISSIONS)}")
    if not section.get("APIKeys"):
        yield warning("ManagementServer.APIKeys", "is missing: nobody may ask")


def _api_keys(section: Table, name: str) -> Iterator[tuple[str, Table | Finding]]:
    keys = section.get("APIKeys", [])
    if not isinstance(keys, list):
        yield "", error(f"{name}.APIKeys", "is not a list")
        return
    for place, entry in enumerate(keys):
        path = f"{name}.APIKeys.{place}"
        yield path, entry if isinstance(entry, dict) else error(path, "is not a section")


def _hash(entry: Table, path: str) -> Iterator[Finding]:
    """SHA-256 in base64, or one of the crypt hashes, which begin with `$`."""
    yield from text_there(entry, path, "APIKey")
    value = known_text(entry, "APIKey")
    if not value or value.startswith("$"):
        return
    try:
        size = len(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if size != HASH_BYTES:
        yield error(f"{path}.APIKey", f"is not the base64 of {HASH_BYTES} bytes: is it the key, instead of its hash?")


def authentication(config: Table) -> Iterator[Finding]:
    section = table(config, "Authentication")
    for path, entry in _api_keys(section, "Authentication"):
        if isinstance(entry, Finding):
            yield entry
            continue
        yield from _hash(entry, path)
        yield from text_there(entry, path, "ApplicationID")
    if not isinstance(section.get("DynamicAPIKeys", False), bool):
        yield error("Authentication.DynamicAPIKeys", "is not true or false")


def multi_instance(config: Table) -> Iterator[Finding]:
    if not has(config, "MultiInstance"):
        return
    section = table(config, "MultiInstance")
    if "Address" in section:
        yield from text_there(section, "MultiInstance", "Address")
    else:
        yield warning("MultiInstance.Address", "is missing: the vendor's examples have it from 72.0.0 on")
    interval = section.get("CleanupInterval")
    known = interval is not None and not templated(interval)
    if known and not (isinstance(interval, str) and _DURATION.fullmatch(interval)):
        yield error("MultiInstance.CleanupInterval", "is not a duration such as 5m")
    probability = section.get("CleanupProbability")
    if probability is not None and not whole(probability) and not templated(probability):
        yield error("MultiInstance.CleanupProbability", "is not a whole number")
