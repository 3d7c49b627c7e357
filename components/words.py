"""Words of which an input takes one, and how keys are spelled. Nothing here needs Pulumi's SDK, which `nodeyard` does
without."""

from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema


def camel(name: str) -> str:
    """A key as files spell it. Not pydantic's own way, which makes `l2Geth` of `l2geth`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


MISSING_VALUE: Final = "the value of the secret "
"""How the output `missing` begins to say that a secret is empty; the secret's name in its store follows."""


def close_to(word: str, known: Iterable[str]) -> str:
    """The one of `known` that `word` may have been meant for; empty when none is near."""
    return next(iter(get_close_matches(word, list(known), n=1)), "")


class Word(StrEnum):
    """One of a few words. A user may write the word itself."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(cls._read)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        return {"type": "string", "enum": [word.value for word in cls]}

    @classmethod
    def _read(cls, value: Any) -> "Word":
        words = [word.value for word in cls]
        if value not in words:
            close = close_to(str(value).lower(), words)
            raise ValueError(f"must be one of {', '.join(words)}" + (f"; did you mean {close}?" if close else ""))
        return cls(value)
