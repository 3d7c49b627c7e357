"""The tls package: real keys and certificates, made once and kept."""

import datetime
import ipaddress
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from .. import cloud
from ..resource import Instance, Resource

CURVES = {"P224": ec.SECP224R1, "P256": ec.SECP256R1, "P384": ec.SECP384R1, "P521": ec.SECP521R1}
NAMES = {
    "commonName": x509.NameOID.COMMON_NAME,
    "country": x509.NameOID.COUNTRY_NAME,
    "locality": x509.NameOID.LOCALITY_NAME,
    "organization": x509.NameOID.ORGANIZATION_NAME,
    "organizationalUnit": x509.NameOID.ORGANIZATIONAL_UNIT_NAME,
    "province": x509.NameOID.STATE_OR_PROVINCE_NAME,
}
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


def certificate_request(instance: Instance) -> Mapping[str, Any]:
    if "certRequestPem" in instance.before:
        return {key: instance.before[key] for key in ("certRequestPem", "keyAlgorithm")}
    key = loaded(instance.inputs["privateKeyPem"])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject(instance))
    if names := alternative_names(instance):
        request = request.add_extension(x509.SubjectAlternativeName(names), critical=False)
    signed = request.sign(key, digest(key))
    return {"certRequestPem": signed.public_bytes(PEM).decode(), "keyAlgorithm": algorithm_of(key)}


def self_signed(instance: Instance) -> Mapping[str, Any]:
    key = loaded(instance.inputs["privateKeyPem"])
    return certificate(
        instance, subject(instance), subject(instance), key.public_key(), key, alternative_names(instance)
    )


def locally_signed(instance: Instance) -> Mapping[str, Any]:
    request = x509.load_pem_x509_csr(instance.inputs["certRequestPem"].encode())
    authority = x509.load_pem_x509_certificate(instance.inputs["caCertPem"].encode())
    key = loaded(instance.inputs["caPrivateKeyPem"])
    asked = [extension.value for extension in request.extensions if extension.oid == x509.SubjectAlternativeName.oid]
    names = list(asked[0]) if asked else []
    return certificate(instance, request.subject, authority.subject, request.public_key(), key, names)


def certificate(
    instance: Instance, subject: x509.Name, issuer: x509.Name, public: Any, signer: Any, names: list
) -> Mapping[str, Any]:
    if "certPem" in instance.before:
        return {key: instance.before[key] for key in CERTIFICATE if key in instance.before}
    start = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    end = start + datetime.timedelta(hours=instance.inputs["validityPeriodHours"])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
    builder = builder.add_extension(x509.BasicConstraints(bool(instance.get("isCaCertificate")), None), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    signed = builder.sign(signer, digest(signer))
    times = {"validityStartTime": start.isoformat(), "validityEndTime": end.isoformat(), "readyForRenewal": False}
    kind = "caKeyAlgorithm" if instance.get("caCertPem") else "keyAlgorithm"
    return {"certPem": signed.public_bytes(PEM).decode(), kind: algorithm_of(signer), **times}


def subject(instance: Instance) -> x509.Name:
    given = instance.get("subject", {})
    return x509.Name([x509.NameAttribute(oid, given[name]) for name, oid in NAMES.items() if given.get(name)])


def alternative_names(instance: Instance) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in instance.get("dnsNames", [])]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in instance.get("ipAddresses", [])]
    return names + [x509.UniformResourceIdentifier(uri) for uri in instance.get("uris", [])]


def loaded(pem: str) -> Any:
    return serialization.load_pem_private_key(pem.encode(), None)


def digest(key: Any) -> hashes.HashAlgorithm | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def algorithm_of(key: Any) -> str:
    kinds = {"RSA": rsa.RSAPrivateKey, "ED25519": ed25519.Ed25519PrivateKey}
    return next((name for name, kind in kinds.items() if isinstance(key, kind)), "ECDSA")


SECRET_KEYS = ("privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh")
CERTIFICATE = ("certPem", "keyAlgorithm", "caKeyAlgorithm", "validityStartTime", "validityEndTime", "readyForRenewal")
SIGNED = ("validityPeriodHours", "allowedUses", "isCaCertificate", "setSubjectKeyId", "maxPathLength")
SUBJECT = ("privateKeyPem", "subject", "dnsNames", "ipAddresses", "uris")

RESOURCES = {
    "tls:index/privateKey:PrivateKey": Resource(
        "{uuid}",
        replaces=("algorithm", "rsaBits", "ecdsaCurve"),
        secrets=SECRET_KEYS,
        allowed={"algorithm": ("RSA", "ECDSA", "ED25519"), "ecdsaCurve": tuple(CURVES)},
        outputs=private_key,
    ),
    "tls:index/certRequest:CertRequest": Resource(
        "{uuid}", replaces=SUBJECT, secrets=("privateKeyPem",), outputs=certificate_request
    ),
    "tls:index/selfSignedCert:SelfSignedCert": Resource(
        "{uuid}", replaces=(*SUBJECT, *SIGNED), secrets=("privateKeyPem",), outputs=self_signed
    ),
    "tls:index/locallySignedCert:LocallySignedCert": Resource(
        "{uuid}",
        replaces=("certRequestPem", "caCertPem", "caPrivateKeyPem", *SIGNED),
        secrets=("caPrivateKeyPem",),
        outputs=locally_signed,
    ),
}


class Cloud(cloud.Cloud):
    resources = RESOURCES
