"""Every docstring of an input tells the default that is declared beside it."""

import re
from typing import Any

import pytest
from pydantic import TypeAdapter

from nodeyard.inputs import Default
from nodeyard.keys import fields, notes
from nodeyard.mantis_cluster import args as mantis
from nodeyard.metis_replica import args as replica
from nodeyard.metis_sequencer import args as metis
from nodeyard.nodeos_bp_cluster import args as nodeos
from nodeyard.platform import args as platform
from nodeyard.theta_edge_node import args as theta
from nodeyard.tsm_network import args as network
from nodeyard.tsm_node import args as player

MODULES = (mantis, metis, nodeos, platform, replica, theta, player, network)
DECLARED = [part for module in MODULES for part in vars(module).values() if fields(part)]


def declared_defaults(part: Any) -> dict[str, Any]:
    found = {
        key: [note.value for note in notes(inner) if isinstance(note, Default)] for key, inner in fields(part).items()
    }
    return {key: values[0] for key, values in found.items() if values}


def told_defaults(part: Any) -> dict[str, str]:
    """What the docstrings say in `(default ...)`."""
    properties = TypeAdapter(part).json_schema(by_alias=False)["properties"]
    texts = {key: " ".join(about.get("description", "").split()) for key, about in properties.items()}
    found = {key: re.search(r"\(default ([^,;)]+)", text) for key, text in texts.items()}
    return {key: match[1] for key, match in found.items() if match}


def in_words(value: Any) -> str:
    if isinstance(value, list):
        return " and ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("part", DECLARED, ids=lambda part: part.__name__)
def test_a_docstring_tells_the_default_that_is_declared(part: Any) -> None:
    declared, told = declared_defaults(part), told_defaults(part)
    # A mapping's default is told in words of its own.
    simple = {key: value for key, value in declared.items() if not isinstance(value, dict)}
    assert {key: in_words(value) for key, value in simple.items() if value or value is False} == {
        key: words for key, words in told.items() if words not in ("none", "nothing")
    }
    assert {key for key, words in told.items() if words in ("none", "nothing")} <= declared.keys()
