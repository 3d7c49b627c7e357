"""The protocols of Builder Vault, and what each lets an SDK ask for.

The names are those of the node's configuration (Blockdaemon/builder-vault-helm,
examples/tsm-node-direct-communication/config0.toml).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..words import Word


class Protocol(Word):
    """The protocols."""

    DKLS19 = "DKLS19"
    """ECDSA."""
    SEPD19S = "SEPD19S"
    """EdDSA, and Schnorr signatures."""
    ADN06 = "ADN06"
    """RSA."""
    MRZ15_AES = "MRZ15AES"
    """AES."""
    MRZ15_HMAC = "MRZ15HMAC"
    """HMAC."""


@dataclass(frozen=True)
class Features:
    """What the configuration calls a protocol's switches."""

    table: tuple[str, str]
    """The table of the configuration, `[DKLS19.Features]`, in parts."""
    names: Sequence[str]
    """Every switch. Each is off unless somebody asks for it."""


_SHARES = ("ExportKeyShares", "ImportKeyShares")
_SIGNING = (
    "GenerateKey",
    "GeneratePresignatures",
    "Sign",
    "SignWithPresignature",
    "GenerateRecoveryData",
    "PublicKey",
    "ChainCode",
    "Reshare",
    "CopyKey",
    "BackupKeyShare",
    "RestoreKeyShare",
    *_SHARES,
)
_BIP32 = (
    "BIP32GenerateSeed",
    "BIP32DeriveFromSeed",
    "BIP32DeriveFromKey",
    "BIP32ConvertKey",
    "BIP32ExportSeed",
    "BIP32ImportSeed",
    "BIP32Info",
)

PROTOCOLS: Mapping[Protocol, Features] = {
    Protocol.DKLS19: Features(("DKLS19", "Features"), (*_SIGNING, *_BIP32)),
    Protocol.SEPD19S: Features(("SEPD19S", "Features"), _SIGNING),
    Protocol.ADN06: Features(("ADN06", "Features"), ("PublicKey", "SignPKCS1v15", "SignPSS", "Decrypt", *_SHARES)),
    Protocol.MRZ15_AES: Features(
        ("MRZ15", "AESFeatures"),
        ("GenerateKey", *_SHARES, "CTRKeyStream", "CBCEncrypt", "CBCDecrypt", "GCMEncrypt", "GCMDecrypt", "CMAC"),
    ),
    Protocol.MRZ15_HMAC: Features(("MRZ15", "HMACFeatures"), ("GenerateKey", *_SHARES, "HMACSHA256", "HMACSHA512")),
}
