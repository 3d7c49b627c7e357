"""Prints the JSON schema of the stack files: `python -m stacks.schema > configs/stack.schema.json`."""

import json
from typing import Any

from pydantic import TypeAdapter

from nodeyard.keys import respelled_text
from nodeyard.reference import NAMED

from . import kinds
from .configuration import KIND, NAME, SECRETS_KEY, STACK_KEY
from .file import StackFile, secret_keys

_NAMED = "What the names of everything begin with. The stack's name unless given."


def schema() -> dict[str, Any]:
    """The schema of a whole stack file, made of what the components declare."""
    definitions: dict[str, Any] = {}
    stacks = [_stack(kind, module.FILE, definitions) for kind, module in kinds().items()]
    secrets: dict[str, Any] = {}
    for module in kinds().values():
        for place in secret_keys(module.FILE.args_type):
            _add_secret(secrets, list(map(str, place)))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Nodeyard stack file",
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "type": "object",
                "required": [STACK_KEY],
                "properties": {STACK_KEY: {"oneOf": stacks}, SECRETS_KEY: _object(secrets)},
            },
            "encryptionsalt": {"type": "string"},
            "encryptedkey": {"type": "string"},
            "secretsprovider": {"type": "string"},
        },
        "$defs": dict(sorted(definitions.items())),
    }


def _stack(kind: str, file: StackFile[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """One kind's object: the component's keys."""
    args_type = file.args_type
    whole = _cleaned(TypeAdapter(args_type).json_schema(by_alias=True), args_type)
    definitions.update(whole.pop("$defs", {}))
    named = {NAME: {"type": "string", "description": _NAMED}} if file.is_named else {}
    whole["properties"] = {KIND: {"const": kind}, **named, **whole["properties"]}
    whole["required"] = [KIND, *whole.get("required", [])]
    return dict(whole)


def _cleaned(node: Any, args_type: Any) -> Any:
    """Without titles, which say the key again, and without values of secrets, which have no place there; descriptions
    spell keys as the file does. What another stack exports is named by that stack."""
    if isinstance(node, list):
        return [_cleaned(item, args_type) for item in node]
    if not isinstance(node, dict):
        return node
    cleaned: dict[str, Any] = {}
    for key, value in node.items():
        if key == "description" and isinstance(value, str):
            cleaned[key] = respelled_text(args_type, " ".join(value.split()))
        elif not (key == "title" and isinstance(value, str)):
            cleaned[key] = _cleaned(value, args_type)
    if named := cleaned.pop(NAMED, ""):
        cleaned["description"] = (
            f"{named[:1].upper()}{named[1:]}: its name in this project, or organization/project/stack."
        )
    if isinstance(cleaned.get("properties"), dict):
        cleaned["properties"] = {
            key: value for key, value in cleaned["properties"].items() if not value.get("writeOnly")
        }
    return cleaned


def _add_secret(tree: dict[str, Any], place: list[str]) -> None:
    """A value may stand there encrypted (`secure:`), so that its form is left to the program."""
    first, *rest = place
    if rest:
        _add_secret(tree.setdefault(first, {}), rest)
    else:
        tree[first] = None


def _object(tree: dict[str, Any] | None) -> dict[str, Any]:
    if tree is None:
        return {}
    if "*" in tree:
        return {"type": "object", "additionalProperties": _object(tree["*"])}
    properties = {key: _object(inner) for key, inner in sorted(tree.items())}
    return {"type": "object", "properties": properties, "additionalProperties": False}


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
