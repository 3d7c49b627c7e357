"""A stack's configuration as Pulumi hands it over.

All of it is one object, `nodeyard:stack`, so that one schema describes it and an editor can check it. Values of
secrets, for those who keep them in Pulumi's config, stand apart in `nodeyard:secrets`, so that nothing else becomes
secret with them.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi

from nodeyard.errors import InputError, Path, Problem, spelled
from nodeyard.keys import unknown_key
from nodeyard.words import close_to

from .written import in_clear

STACK_KEY: Final = "nodeyard:stack"
SECRETS_KEY: Final = "nodeyard:secrets"
KIND, NAME = "kind", "name"
"""What a file says besides the keys of its component."""
INVALID: Final = "The stack's configuration is not valid."

_OURS = "nodeyard"
_ENGINES = "pulumi"
_OF_PROVIDERS: Final = {
    **dict.fromkeys(("defaultTags", "defaultLabels"), "tags"),
    **dict.fromkeys(("region", "location"), "region"),
    **dict.fromkeys(("allowedAccountIds", "subscriptionId", "project"), "account"),
}
"""What the clouds' own providers call what a stack's file says."""
_SET_SECRET = f"`pulumi config set --secret --path '{SECRETS_KEY}.<key>'`"


@dataclass(frozen=True)
class Configuration:
    """What a stack's file says, and what is wrong with it before anybody looks at the stack's kind."""

    stack: Mapping[str, Any]
    secrets: Mapping[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def name(self) -> Any:
        """What the stack's component is called: as the file says, and else as the stack is. Every name in the cloud
        begins with it, so that a stack whose own name changes says its old one."""
        return self.stack.get(NAME, pulumi.get_stack())


def read() -> Configuration:
    """The selected stack's configuration.

    Raises `InputError` when there is none to look at, or when something in it is encrypted that must not be: nothing
    more is said of it then, because the other messages name values.
    """
    values = {**pulumi.runtime.config.get_config_env(), **pulumi.runtime.config.CONFIG.get()}
    if pulumi.runtime.is_config_secret(STACK_KEY):
        reason = (
            "something in it is encrypted (`secure:` in the file), and would stand in clear in the state: take it out, "
            f"and give secrets with {_SET_SECRET}"
        )
        raise InputError(INVALID, [((STACK_KEY,), reason)])
    problems = list(_key_problems(values))
    stack = _object(values, STACK_KEY, "see configs/ for examples", problems)
    secrets: Mapping[str, Any] = {}
    if SECRETS_KEY in values:
        secrets = _object(values, SECRETS_KEY, f"give each with {_SET_SECRET}", problems)
        if not pulumi.runtime.is_config_secret(SECRETS_KEY):
            problems.append(((SECRETS_KEY,), f"stands in clear in the file: set it again with {_SET_SECRET}"))
        else:
            clear = sorted(in_clear(SECRETS_KEY, secrets))
            problems += [((SECRETS_KEY, *path), f"stands in clear in the file: {set_secret(path)}") for path in clear]
    if not stack:
        raise InputError(INVALID, problems)
    return Configuration(stack, secrets, problems)


def _object(values: Mapping[str, Any], key: str, advice: str, problems: list[Problem]) -> Mapping[str, Any]:
    if key not in values:
        problems.append(((key,), f"is missing: {advice}"))
        return {}
    try:
        found = json.loads(values[key])
    except ValueError:
        found = None
    if isinstance(found, dict) and found:
        return found
    problems.append(((key,), f"must hold keys and their values: {advice}"))
    return {}


def _key_problems(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Keys beside ours. What nobody reads is refused: it would look as if it did something."""
    for key in values:
        if key in (STACK_KEY, SECRETS_KEY):
            continue
        package, _, name = key.partition(":")
        if package == _OURS:
            yield key, _stray(name)
        elif package != _ENGINES:
            yield (key,), f"is read by nobody: {_told_elsewhere(name)}"


def _told_elsewhere(setting: str) -> str:
    """Where one says what a provider's own setting says."""
    if ours := _OF_PROVIDERS.get(setting):
        return f"say it as {STACK_KEY}.{ours}"
    return (
        f"this stack says in {STACK_KEY} where it is, and makes its providers from that alone; credentials come from "
        "the environment, as AWS_PROFILE or `az login`"
    )


def _stray(name: str) -> str:
    """A key of ours that is none: misspelt, or set without `--path`."""
    for known in ("stack", "secrets"):
        if name.startswith((f"{known}.", f"{known}[")):
            secret = "--secret " if known == "secrets" else ""
            return f"is read by nobody: `pulumi config set {secret}--path '{_OURS}:{name}'` was meant"
    if close_to(name, ["stack", "secrets"]):
        return unknown_key(f"{_OURS}:{name}", [STACK_KEY, SECRETS_KEY])
    return f"is read by nobody: `pulumi config set --path '{STACK_KEY}.{name}'` was meant"  # `config set diskGib`


def set_secret(path: Path) -> str:
    """How the value at `path` below `nodeyard:secrets` is set so that it is encrypted."""
    return f"set it with `pulumi config set --secret --path '{spelled((SECRETS_KEY, *path))}'`"
