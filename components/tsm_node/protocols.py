"""The protocols of Builder Vault, and what each lets an SDK ask for.

The names are those of the node's configuration (Blockdaemon/builder-vault-helm,
examples/tsm-node-direct-communication/config0.toml).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


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

PROTOCOLS: Mapping[str, Features] = {
    # ECDSA.
    "DKLS19": Features(("DKLS19", "Features"), (*_SIGNING, *_BIP32)),
    # EdDSA, and Schnorr signatures.
    "SEPD19S": Features(("SEPD19S", "Features"), _SIGNING),
    # RSA.
    "ADN06": Features(("ADN06", "Features"), ("PublicKey", "SignPKCS1v15", "SignPSS", "Decrypt", *_SHARES)),
    "MRZ15-AES": Features(
        ("MRZ15", "AESFeatures"),
        ("GenerateKey", *_SHARES, "CTRKeyStream", "CBCEncrypt", "CBCDecrypt", "GCMEncrypt", "GCMDecrypt", "CMAC"),
    ),
    "MRZ15-HMAC": Features(("MRZ15", "HMACFeatures"), ("GenerateKey", *_SHARES, "HMACSHA256", "HMACSHA512")),
}
