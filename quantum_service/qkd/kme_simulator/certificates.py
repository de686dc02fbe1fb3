"""A certificate authority for tests, and what it signs: certificates of KMEs and of SAEs.

Promises: made once, in the folder that is given; private keys are readable by their owner alone. Does not: serve for
anything but trying things out on one machine; the authority's own private key is not kept.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY: Final = "ca.pem"
_AUTHORITY_NAME: Final = "Test authority of the KME simulator"
_SIGNS_CERTIFICATES: Final = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
_LIFETIME: Final = timedelta(days=365)


def certificate_of(folder: Path, name: str) -> tuple[Path, Path]:
    """Files of the certificate and of its private key."""
    return folder / f"{name}.pem", folder / f"{name}.key"


def make_once(folder: Path, servers: tuple[str, ...], clients: tuple[str, ...]) -> None:
    """Unless the folder has an authority already."""
    if (folder / AUTHORITY).exists():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    authority = _builder(_AUTHORITY_NAME, key)
    authority = authority.issuer_name(_name(_AUTHORITY_NAME))
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    authority = authority.add_extension(_SIGNS_CERTIFICATES, critical=True)
    for usage, names in ((ExtendedKeyUsageOID.SERVER_AUTH, servers), (ExtendedKeyUsageOID.CLIENT_AUTH, clients)):
        for name in names:
            _issue(folder, name, usage, key)
    signed = authority.sign(key, hashes.SHA256())
    (folder / AUTHORITY).write_bytes(signed.public_bytes(Encoding.PEM))  # last: it says that all is there


def _issue(folder: Path, name: str, usage: x509.ObjectIdentifier, authority: ec.EllipticCurvePrivateKey) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    local = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        _builder(name, key)
        .issuer_name(_name(_AUTHORITY_NAME))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.SubjectAlternativeName(local), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),
            critical=False,
        )
        .sign(authority, hashes.SHA256())
    )
    certificate_file, key_file = certificate_of(folder, name)
    certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
    key_file.touch(mode=0o600)
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _builder(name: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
