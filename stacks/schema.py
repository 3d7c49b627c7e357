"""Prints the JSON schema of the stack files: `python -m stacks.schema > configs/stack.schema.json`."""

import json
from typing import Any

from pydantic import TypeAdapter

from .config import SECRETS_KEY, STACK_KEY, MetisSecretValues, StackConfig
from .theta_config import ThetaSecretValues


def schema() -> dict[str, Any]:
    """The schema of a whole stack file. Secrets may stand there encrypted (`secure:`), so their shape is left to the
    program; other packages' keys are theirs."""
    stack = TypeAdapter[Any](StackConfig).json_schema(by_alias=True)
    definitions = stack.pop("$defs")
    values = {**MetisSecretValues.model_fields, **ThetaSecretValues.model_fields}
    secrets = sorted(field.alias or name for name, field in values.items())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Nodeyard stack file",
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "type": "object",
                "required": [STACK_KEY],
                "properties": {
                    STACK_KEY: stack,
                    SECRETS_KEY: {
                        "type": "object",
                        "properties": {name: {} for name in secrets},
                        "additionalProperties": False,
                    },
                },
            },
            "encryptionsalt": {"type": "string"},
            "encryptedkey": {"type": "string"},
            "secretsprovider": {"type": "string"},
        },
        "$defs": definitions,
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
