"""What nodeos is configured with: made at each start from what is mounted then, and from the keys.

A changed ConfigMap restarts nothing: what runs differs from what is mounted until nodeos is started anew.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..production.finalizer import Finalizer, FinalizerKey
from . import config_file
from .signers import Signer, from_file
from .superviser import Unusable

_FILES = ("config.ini", "genesis.json")


@dataclass(frozen=True)
class Keys:
    """Where this ordinal's keys are. An ordinal without a signing key never produces."""

    files: Sequence[Path] = ()
    signer: Signer | None = None
    finalizer: Finalizer | None = None

    @property
    def can_sign(self) -> bool:
        return bool(self.files) or self.signer is not None

    async def signing(self) -> Sequence[str]:
        """Signature providers. Raises Unusable, NotYet."""
        keys = [key for path in self.files for key in from_file(path)]
        keys += await self.signer.keys() if self.signer else []
        seen: set[str] = set()
        for public in (key.partition("=")[0] for key in keys):
            if public in seen:
                raise Unusable(f"The signing key {public} is given twice.")
            seen.add(public)
        return keys


class Configuration:
    """The configuration of one nodeos."""

    def __init__(
        self, mounted: Path, run: Path, ours: config_file.Ours, keys: Keys, arguments: Sequence[str] = ()
    ) -> None:
        self._mounted = mounted
        self._run = run
        self._ours = ours
        self._arguments = arguments
        self.keys = keys
        self.running: str | None = None
        """The digest of what nodeos was started with last. None before its first start."""

    async def check(self) -> None:
        """Whether nodeos could start with what is mounted now, before one that runs is stopped for it. Raises Unusable,
        NotYet."""
        await self._text(None if self.keys.finalizer is None else self.keys.finalizer.read())

    async def write(self) -> None:
        """Before each start of nodeos: writes the config.ini that it reads. Raises Unusable, NotYet."""
        mounted = self.mounted()
        await self.check()
        # The last thing that may fail: it writes the start of the key down.
        key = None if self.keys.finalizer is None else await self.keys.finalizer.admit()
        config_file.write(self._run / "config.ini", await self._text(key))
        self.running = mounted

    async def _text(self, finalizer: FinalizerKey | None) -> str:
        config_file.check_arguments(self._arguments)
        user = _read(self._mounted / "config.ini").decode(errors="replace")
        keys = await self.keys.signing()
        # nodeos has a signing key of everybody's by default: without one of our own it is no producer.
        ours = self._ours if keys else replace(self._ours, producers=())
        if self.keys.finalizer is not None and finalizer is not None:
            ours = replace(ours, finalizers=self.keys.finalizer.directory)
            keys = [*keys, finalizer.provider]
        return config_file.merged(user, ours, keys)

    def mounted(self) -> str:
        """The digest of what is mounted now."""
        digest = hashlib.sha256()
        for name in _FILES:
            content = _read(self._mounted / name)
            digest.update(b"%d:%b" % (len(content), content))
        return digest.hexdigest()

    def is_reload_pending(self) -> bool:
        """Whether nodeos was started with something else than is mounted now."""
        return self.running is not None and self.running != self.mounted()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
