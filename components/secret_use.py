"""What a secret is for: which pods read it, which values it may have, and what goes with its old value. Nothing here
needs Pulumi's SDK, which `nodeyard` does without."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .words import camel


@dataclass(frozen=True, kw_only=True)
class SecretUse:
    """Which pods read a secret, and how."""

    env: Sequence[str] = ()
    """The pods that take it as a variable, from the Kubernetes Secret that is synced while they run."""
    file: Sequence[str] = ()
    """The pods that read it as a file of their mount."""
    pull: Sequence[str] = ()
    """The pods whose images are pulled with it."""
    mode: int = 0o400
    """Of the file."""
    file_name: str = ""
    """Of the file; that of the key unless given."""
    problem: Callable[[str], str] = lambda _: ""
    """What is wrong with a value, without naming it; empty when nothing is."""
    lost: str = ""
    """What is lost when another value takes the place of one; empty where that is only configuration."""

    def readers(self) -> list[str]:
        return [*self.env, *self.file, *self.pull]


SecretTable = Mapping[str, SecretUse]
"""The secrets of a component by their keys, which are the keys of its argument `secrets`. Everything else that has to
be called like one of them takes its name from here: the secret in the cloud's store (`seq-priv`), the file and the
synced key (`seqPriv`), the chart's value and the entry of the output `secrets` (`seqPriv`)."""


def by_output(table: SecretTable) -> dict[str, SecretUse]:
    """Each secret by its entry of the output `secrets`."""
    return {camel(key): use for key, use in table.items()}
