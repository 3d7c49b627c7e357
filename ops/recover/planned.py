"""What the next `up` would make: of a provider that died Pulumi keeps no pending operation, whatever it had made."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import Unreachable
from .pending import PLANNED, Pending, providers, resources

_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""A value that is not known before something else is made (`sdk/go/common/resource/plugin/rpc.go` of pulumi/pulumi)."""
_HIDDEN = "[secret]"
_SET_ANEW = ("aws:rds/instance:Instance", "azure-native:dbforpostgresql:Server", "azure-native:keyvault:Secret")
"""The next `up` sets all that these hide: a password, or a secret's value. Of anything else with a hidden value the
state would not have what the cloud has."""


def planned(preview: str, deployment: Mapping[str, Any]) -> Iterator[Pending]:
    """Those creates of a `pulumi preview --json` of which all is known, and whose parent, provider and dependencies are
    in the state. The others cannot have been made, or come in the next round. Raises `Unreachable`."""
    inside, known = {str(each["urn"]) for each in resources(deployment)}, providers(deployment)
    try:
        for step in json.loads(preview)["steps"]:
            state = step.get("newState") or {}
            if step["op"] == "create" and state.get("custom") and state.get("provider") in known:
                text = json.dumps(state.get("inputs") or {})
                is_told = _HIDDEN not in text or state["type"] in _SET_ANEW
                if _needed(state) <= inside and _UNKNOWN not in text and is_told:
                    yield Pending(PLANNED, state, known[state["provider"]])
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Unreachable("pulumi preview --json did not print what it documents.") from None


def _needed(state: Mapping[str, Any]) -> set[str]:
    by_property = (urn for urns in (state.get("propertyDependencies") or {}).values() for urn in urns or ())
    return {urn for urn in (state.get("parent"), *(state.get("dependencies") or ()), *by_property) if urn}
