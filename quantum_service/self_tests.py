"""Known-answer tests at start: the service refuses to run on a library that computes something else.

Answers from RFC 6979 A.2.5, RFC 5869 A.1 and the GCM specification's test case 14 stand here; the larger ones, made
once by this service and checked against a second implementation of each algorithm, in `known_answers.json`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from importlib import resources
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from quantum_service.entropy.drbg import HmacDrbg
from quantum_service.entropy.health import HealthAlarm, examine
from quantum_service.entropy.sources import RawBlock
from quantum_service.primitives import kem, keywrap, signatures, symmetric
from quantum_service.primitives.errors import InvalidSignature, Refused
from quantum_service.primitives.master_key import MasterKey
from quantum_service.primitives.providers import Providers
from shared.encoding import from_base64url

_ECDSA_PRIVATE_KEY: Final = bytes.fromhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")
_ECDSA_PUBLIC_KEY: Final = bytes.fromhex(
    "04"
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
)
_ECDSA_SIGNATURE: Final = bytes.fromhex(
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
)
_ECDSA_NONCE: Final = bytes.fromhex("a6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60")


class SelfTestFailed(RuntimeError):
    """A primitive gave a wrong answer; `test` names it."""

    def __init__(self, test: str) -> None:
        super().__init__(f"self-test failed: {test}; the service does not start")
        self.test = test


def run_self_tests(providers: Providers) -> None:
    """Run all; `SelfTestFailed` at the first wrong answer, whatever way the library fails."""
    answers = {
        name: from_base64url(value)
        for name, value in json.loads(
            resources.files("quantum_service").joinpath("known_answers.json").read_text()
        ).items()
    }
    tests: dict[str, Callable[[], bool]] = {
        "ML-KEM-768": lambda: _kem(providers, answers),
        "Falcon-512": lambda: _falcon(providers, answers),
        "ECDSA-P256": _ecdsa,
        "AES-256-GCM": _aes_gcm,
        "HKDF-SHA-256": _hkdf,
        "HMAC_DRBG": _drbg,
        "key wrapping": _key_wrapping,
        "entropy health tests": _health_tests,
    }
    for name, test in tests.items():
        try:
            passed = test()
        except Exception as error:
            raise SelfTestFailed(name) from error
        if not passed:
            raise SelfTestFailed(name)


def _kem(providers: Providers, answers: dict[str, bytes]) -> bool:
    seed, ciphertext = answers["ml_kem_seed"], answers["ml_kem_ciphertext"]
    public_key = kem.public_key(seed, providers.kem)
    changed = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
    rejected = hashlib.shake_256(seed[32:] + changed).digest(32)  # FIPS 203 section 6.3: J(z ‖ c)
    fresh_ciphertext, fresh_secret = kem.encapsulate(public_key, providers.kem)
    return (
        hashlib.sha256(public_key).digest() == answers["ml_kem_public_key_sha256"]
        and kem.decapsulate(seed, ciphertext, providers.kem) == answers["ml_kem_shared_secret"]
        and kem.decapsulate(seed, changed, providers.kem) == rejected
        and kem.decapsulate(seed, fresh_ciphertext, providers.kem) == fresh_secret
    )


def _falcon(providers: Providers, answers: dict[str, bytes]) -> bool:
    public_key, message = answers["falcon_public_key"], b"QuantumChat self-test"
    signatures.falcon_verify(public_key, message, answers["falcon_signature"], providers.falcon)
    fresh_public, fresh_private = signatures.generate_falcon(providers.falcon)
    fresh = signatures.falcon_sign(fresh_private, message, providers.falcon)
    signatures.falcon_verify(fresh_public, message, fresh, providers.falcon)
    signature = answers["falcon_signature"]
    return _refuses(
        lambda: signatures.falcon_verify(public_key, message + b".", signature, providers.falcon)
    ) and _refuses(lambda: signatures.falcon_verify(fresh_public, message, signature, providers.falcon))


def _ecdsa() -> bool:
    signatures.ecdsa_verify(_ECDSA_PUBLIC_KEY, b"sample", _ECDSA_SIGNATURE)
    signatures.ecdsa_verify(_ECDSA_PUBLIC_KEY, b"x", signatures.ecdsa_sign(_ECDSA_PRIVATE_KEY, b"x"))
    return _refuses(lambda: signatures.ecdsa_verify(_ECDSA_PUBLIC_KEY, b"Sample", _ECDSA_SIGNATURE))


def _aes_gcm() -> bool:
    sealed = symmetric.aes_gcm_seal(bytes(32), bytes(16), b"")
    expected = bytes.fromhex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    return sealed == expected and _refuses(lambda: symmetric.aes_gcm_open(bytes(32), changed, b""))


def _hkdf() -> bool:
    derived = HKDF(hashes.SHA256(), 42, salt=bytes(range(13)), info=bytes.fromhex("f0f1f2f3f4f5f6f7f8f9")).derive(
        b"\x0b" * 22
    )
    return derived.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"


def _drbg() -> bool:
    """RFC 6979 draws its nonce from HMAC_DRBG: the first output for "sample" is the k of appendix A.2.5."""
    seed = _ECDSA_PRIVATE_KEY + hashlib.sha256(b"sample").digest()
    return HmacDrbg(seed, algorithm="sha256").generate(32) == _ECDSA_NONCE


def _key_wrapping() -> bool:
    master = MasterKey(bytes(range(32)))
    blob = keywrap.wrap(master, "hybrid", "sign:establish", b"public", b"private", lambda length: bytes(length))
    opened = keywrap.unwrap(master, "hybrid", "sign:establish", b"public", blob)
    return (
        opened == b"private"
        and _refuses(lambda: keywrap.unwrap(master, "hybrid", "sign:general", b"public", blob))
        and _refuses(lambda: symmetric.decrypt(master, blob, b""))
    )


def _health_tests() -> bool:
    stuck = RawBlock((bytes(4096),), backend="", job_id="")
    try:
        examine(stuck, 0.5)
    except HealthAlarm:
        return True
    return False


def _refuses(call: Callable[[], object]) -> bool:
    try:
        call()
    except (InvalidSignature, Refused):
        return True
    return False
