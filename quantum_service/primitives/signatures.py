"""Falcon-512 (round 3), ECDSA P-256 with SHA-256, and the hybrid of both.

Promises: verification raises `InvalidSignature`, it never answers a boolean; a hybrid signature is valid only
if both halves are; both halves sign the same labelled input (PROTOCOL 1.1), which names the suite, so that
half of a hybrid signature is no Falcon-512 signature and a signature under one label is none under another;
no signature leaves unverified, since a faulty one could give the key away. Does not: decide which label a
caller may use (`keywrap` and `operations` do).

    | what                 | bytes                                                  |
    |----------------------|--------------------------------------------------------|
    | Falcon-512 keys      | public 897, private 1281                               |
    | ECDSA P-256 keys     | public 65 (SEC1 uncompressed), private 32 (big endian) |
    | hybrid keys          | Falcon-512 ‖ ECDSA P-256: public 962, private 1313     |
    | Falcon-512 signature | at most 752                                            |
    | hybrid signature     | u16 length ‖ Falcon-512 ‖ 64-byte r ‖ s                |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cryptography import exceptions
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from quantum_service.primitives.errors import InvalidSignature, MalformedKey, MalformedSignature
from quantum_service.primitives.providers import FalconProvider, installed
from shared.encoding import (
    ECDSA_PUBLIC_KEY_BYTES,
    ECDSA_SIGNATURE_BYTES,
    FALCON_PUBLIC_KEY_BYTES,
    FALCON_SIGNATURE_MAX_BYTES,
    FALCON_SUITE,
    SUITE,
    MalformedEncoding,
    pack_signature,
    signature_input,
    split_public_key,
    unpack_signature,
)

FALCON_PRIVATE_KEY_BYTES: Final = 1281
ECDSA_PRIVATE_KEY_BYTES: Final = 32
_FALCON_KEY_HEADER: Final = 0x09  # Falcon specification 3.11.4: zero nibble, then log2(512)
_ECDSA: Final = ec.ECDSA(hashes.SHA256())
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

Random = Callable[[int], bytes]
"""So many random bytes."""


def generate_falcon(provider: FalconProvider | None = None) -> tuple[bytes, bytes]:
    """(public key, private key), from the operating system's randomness."""
    return (provider or installed().falcon).generate()


def generate_ecdsa(random: Random) -> tuple[bytes, bytes]:
    """(public key, private key) from 40 random bytes: FIPS 186-5 appendix A.2.1, 64 extra bits against bias."""
    scalar = int.from_bytes(random(40), "big") % (_P256_ORDER - 1) + 1
    public_key = ec.derive_private_key(scalar, ec.SECP256R1()).public_key()
    return (
        public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
        scalar.to_bytes(ECDSA_PRIVATE_KEY_BYTES, "big"),
    )


def generate_hybrid(random: Random, provider: FalconProvider | None = None) -> tuple[bytes, bytes]:
    """(public key of 962 bytes, private key of 1313 bytes)."""
    falcon_public, falcon_private = generate_falcon(provider)
    ecdsa_public, ecdsa_private = generate_ecdsa(random)
    return falcon_public + ecdsa_public, falcon_private + ecdsa_private


def falcon_sign(private_key: bytes, data: bytes, provider: FalconProvider | None = None) -> bytes:
    """A Falcon-512 signature over exactly `data`."""
    return (provider or installed().falcon).sign(private_key, data)


def falcon_verify(public_key: bytes, data: bytes, signature: bytes, provider: FalconProvider | None = None) -> None:
    """`MalformedKey`, `MalformedSignature` or `InvalidSignature` unless valid over exactly `data`."""
    if len(public_key) != FALCON_PUBLIC_KEY_BYTES or public_key[0] != _FALCON_KEY_HEADER:
        raise MalformedKey("not a Falcon-512 public key")
    if not 0 < len(signature) <= FALCON_SIGNATURE_MAX_BYTES:
        raise MalformedSignature("not a Falcon-512 signature")
    (provider or installed().falcon).verify(public_key, data, signature)


def ecdsa_sign(private_key: bytes, data: bytes) -> bytes:
    """64 bytes r ‖ s over SHA-256 of `data`."""
    key = ec.derive_private_key(int.from_bytes(private_key, "big"), ec.SECP256R1())
    r, s = decode_dss_signature(key.sign(data, _ECDSA))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def ecdsa_verify(public_key: bytes, data: bytes, signature: bytes) -> None:
    """`MalformedKey`, `MalformedSignature` or `InvalidSignature` unless r ‖ s is valid over SHA-256 of `data`."""
    if len(public_key) != ECDSA_PUBLIC_KEY_BYTES:  # a compressed point would be a second form of the same key
        raise MalformedKey("not an uncompressed P-256 point")
    if len(signature) != ECDSA_SIGNATURE_BYTES:
        raise MalformedSignature("not a raw P-256 signature")
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    except ValueError as error:
        raise MalformedKey("not a point of P-256") from error
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), data, _ECDSA)
    except exceptions.InvalidSignature as error:
        raise InvalidSignature from error


def sign(private_key: bytes, public_key: bytes, label: str, context: bytes, message: bytes) -> bytes:
    """Falcon-512 alone over the labelled input, under the suite `falcon-r3-512`."""
    data = signature_input(label, public_key, context, message, suite=FALCON_SUITE)
    signature = falcon_sign(private_key, data)
    falcon_verify(public_key, data, signature)
    return signature


def verify(public_key: bytes, label: str, context: bytes, message: bytes, signature: bytes) -> None:
    """Raise `InvalidSignature` (or `MalformedSignature`, `MalformedKey`) unless `sign` made it."""
    falcon_verify(public_key, _input(label, public_key, context, message, FALCON_SUITE), signature)


def wrap_sign(private_key: bytes, public_key: bytes, label: str, context: bytes, message: bytes) -> bytes:
    """A hybrid signature over the labelled input."""
    data = signature_input(label, public_key, context, message)
    falcon = falcon_sign(private_key[:FALCON_PRIVATE_KEY_BYTES], data)
    ecdsa = ecdsa_sign(private_key[FALCON_PRIVATE_KEY_BYTES:], data)
    falcon_public, ecdsa_public = split_public_key(public_key)
    falcon_verify(falcon_public, data, falcon)
    ecdsa_verify(ecdsa_public, data, ecdsa)
    return pack_signature(falcon, ecdsa)


def wrap_verify(public_key: bytes, label: str, context: bytes, message: bytes, signature: bytes) -> None:
    """Raise `InvalidSignature` (or `MalformedSignature`, `MalformedKey`) unless both halves are valid."""
    data = _input(label, public_key, context, message, SUITE)
    falcon_public, ecdsa_public = split_public_key(public_key)
    try:
        falcon, ecdsa = unpack_signature(signature)
    except MalformedEncoding as error:
        raise MalformedSignature("not a hybrid signature") from error
    falcon_verify(falcon_public, data, falcon)
    ecdsa_verify(ecdsa_public, data, ecdsa)


def _input(label: str, public_key: bytes, context: bytes, message: bytes, suite: str) -> bytes:
    try:
        return signature_input(label, public_key, context, message, suite=suite)
    except MalformedEncoding as error:
        raise MalformedKey("a public key of another length") from error
