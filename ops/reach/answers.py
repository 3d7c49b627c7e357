"""What an answer over HTTP says, or why it says nothing."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from .contract import Answer, NoAnswer

Shape = TypeVar("Shape", bound=BaseModel)


class Wrong(Exception):
    """Why there is no result."""


def text_of(answer: Answer | NoAnswer, who: str, what: str) -> str:
    """`who` is silent where nobody answers; `what` was asked. Raises `Wrong`."""
    if isinstance(answer, NoAnswer):
        raise Wrong(f"{who}: {answer.reason}")
    if answer.status in (401, 403):
        raise Wrong(f"{what}: not authorised (HTTP {answer.status})")
    if answer.status != 200:
        raise Wrong(f"{what}: HTTP {answer.status}")
    return answer.text


def json_of(answer: Answer | NoAnswer, who: str, what: str) -> Any:
    """Raises `Wrong`."""
    try:
        return json.loads(text_of(answer, who, what))
    except (ValueError, RecursionError):
        raise Wrong(f"{what}: the answer is not JSON") from None


def result_of(message: Any, what: str) -> Any:
    """The result of a JSON-RPC response. Raises `Wrong` for an error, and for what is no response."""
    if not isinstance(message, dict):
        raise Wrong(f"{what}: the answer is not a JSON-RPC response")
    if error := message.get("error"):
        raise Wrong(f"{what}: {error.get('message', error) if isinstance(error, dict) else error}")
    return message.get("result")


def shaped(result: Any, shape: type[Shape], what: str) -> Shape:
    """Raises `Wrong` for a result of another shape."""
    try:
        return shape.model_validate(result)
    except ValidationError as error:
        where = ".".join(["result", *map(str, error.errors()[0]["loc"])])
        raise Wrong(f"{what}: {where}: {error.errors()[0]['msg']}") from None
