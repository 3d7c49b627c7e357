"""The tls package: real keys, made once and kept."""

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from .. import cloud
from ..resource import Instance, Resource

CURVES: dict[str, type[Any]] = {"P224": ec.SECP224R1, "P256": ec.SECP256R1, "P384": ec.SECP384R1, "P521": ec.SECP521R1}
PEM = serialization.Encoding.PEM
OPEN = serialization.NoEncryption()


def private_key(instance: Instance) -> Mapping[str, Any]:
    if instance.before:
        return {
            key: instance.before[key]
            for key in (*SECRET_KEYS, "publicKeyPem", "publicKeyOpenssh", "publicKeyFingerprintSha256")
        }
    key = new_key(instance)
    formats = serialization.PrivateFormat
    traditional = formats.PKCS8 if isinstance(key, ed25519.Ed25519PrivateKey) else formats.TraditionalOpenSSL
    public = key.public_key()
    fingerprint = hashes.Hash(hashes.SHA256())
    fingerprint.update(public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
    return {
        "privateKeyPem": key.private_bytes(PEM, traditional, OPEN).decode(),
        "privateKeyPemPkcs8": key.private_bytes(PEM, formats.PKCS8, OPEN).decode(),
        "privateKeyOpenssh": key.private_bytes(PEM, formats.OpenSSH, OPEN).decode(),
        "publicKeyPem": public.public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode(),
        "publicKeyOpenssh": public.public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        ).decode()
        + "\n",
        "publicKeyFingerprintSha256": "SHA256:" + fingerprint.finalize().hex(),
    }


def new_key(instance: Instance) -> Any:
    algorithm = instance.inputs["algorithm"]
    if algorithm == "RSA":
        return rsa.generate_private_key(65537, instance.get("rsaBits", 2048))
    return (
        ed25519.Ed25519PrivateKey.generate()
        if algorithm == "ED25519"
        else ec.generate_private_key(CURVES[instance.get("ecdsaCurve", "P224")]())
    )


SECRET_KEYS = ("privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh")

RESOURCES = {
    "tls:index/privateKey:PrivateKey": Resource(
        "{uuid}",
        replaces=("algorithm", "rsaBits", "ecdsaCurve"),
        secrets=SECRET_KEYS,
        allowed={"algorithm": ("RSA", "ECDSA", "ED25519"), "ecdsaCurve": tuple(CURVES)},
        outputs=private_key,
    ),
}


class Cloud(cloud.Cloud):
    resources = RESOURCES
