"""The signing keys of blocks: from files, or from a signer that keeps them and signs what nodeos asks it to.

A signer has keosd's API. nodeos asks it for signatures at `/v1/wallet/sign_digest`, and we for its public keys at
`/v1/wallet/get_public_keys`: `plugins/wallet_api_plugin` and `plugins/signature_provider_plugin` of AntelopeIO/spring,
and the same of EOSIO 2. No error here holds a private key, nor the line in which one may stand.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2

from chain_store.clock import Clock

from .superviser import NotYet, Unusable

TIMEOUT = 3.0
"""Seconds that a signer has to name its keys."""
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PUBLIC = 37
"""Bytes of a public key: a compressed point, and four of a checksum."""
_WIF = 37
"""Bytes of a private key in the wallet import format: 0x80, 32 of the key, four of a checksum."""
_VERSION = 0x80
_PRIVATE = 36
"""Bytes of a private key of the newer form, which has no version."""


def from_file(path: Path) -> Sequence[str]:
    """What stands in a file: `PUBLIC=KEY:PRIVATE`, one a line. Raises Unusable, which names the line."""
    try:
        lines = path.read_text().splitlines()
    except OSError as missing:
        raise Unusable(f"The signing keys in {path.name} cannot be read: {missing.strerror}.") from missing
    except UnicodeDecodeError:
        # The cause would hold what stands in the file.
        raise Unusable(f"{path.name} is no text.") from None
    keys = [_checked(f"{path.name}, line {number}", line.strip()) for number, line in _told(lines)]
    if not keys:
        raise Unusable(f"{path.name} has no signing key.")
    return keys


def _told(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """What is neither empty nor a comment."""
    return ((number, line) for number, line in enumerate(lines, 1) if line.partition("#")[0].strip())


def _checked(at: str, line: str) -> str:
    public, key, private = line.partition("=KEY:")
    if public.startswith("PUB_BLS_"):
        raise Unusable(f"{at}: a finalizer key is one ordinal's own. It belongs in --finalizer-key-file.")
    if not key or not is_public(public):
        raise Unusable(f"{at} is not of the form PUBLIC=KEY:PRIVATE.")
    if private.startswith(("PVT_K1_", "PVT_R1_")):
        if len(_base58(private[7:])) != _PRIVATE:
            raise Unusable(f"{at}: this is no private key.")
        return line
    decoded = _base58(private)
    if len(decoded) != _WIF or decoded[0] != _VERSION:
        raise Unusable(f"{at}: this is no private key.")
    if hashlib.sha256(hashlib.sha256(decoded[:-4]).digest()).digest()[:4] != decoded[-4:]:
        raise Unusable(f"{at}: the private key is mistyped: its checksum is another one.")
    return line


def is_public(text: str) -> bool:
    """Whether it has the form of a public key that signs blocks. Its checksum is RIPEMD-160, which Python may lack."""
    for prefix in ("EOS", "PUB_K1_", "PUB_R1_"):
        if text.startswith(prefix):
            return len(_base58(text.removeprefix(prefix))) == _PUBLIC
    return False


def _base58(text: str) -> bytes:
    """Nothing where it is no such text."""
    number = 0
    for character in text:
        digit = _ALPHABET.find(character)
        if digit < 0:
            return b""
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


class Signer:
    """A program with keosd's API, at `http://HOST:PORT`."""

    def __init__(self, client: httpx2.AsyncClient, url: str, clock: Clock, timeout: float = TIMEOUT) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._clock = clock
        self._timeout = timeout

    async def keys(self) -> Sequence[str]:
        """`PUBLIC=KEOSD:URL` of each key that it can sign with. Raises NotYet while it has none, or is away."""
        return [f"{public}=KEOSD:{self._url}/v1/wallet/sign_digest" for public in await self._public()]

    async def _public(self) -> Sequence[str]:
        try:
            async with self._clock.timeout(self._timeout):
                response = await self._client.post(f"{self._url}/v1/wallet/get_public_keys")
        except (httpx2.HTTPError, TimeoutError) as away:
            raise NotYet(f"The signer does not answer ({type(away).__name__}).") from away
        if response.status_code != httpx2.codes.OK:
            # keosd answers so while its wallet is locked.
            raise NotYet(f"The signer answered {response.status_code} for its public keys: its wallet may be locked.")
        try:
            keys = response.json()
        except ValueError:
            keys = None
        if not isinstance(keys, list) or not all(isinstance(key, str) and is_public(key) for key in keys):
            raise NotYet("The signer answered something else than a list of public keys.")
        if not keys:
            raise NotYet("The signer has no key: its wallet may be closed.")
        return keys
