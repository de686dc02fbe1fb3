"""Wrapped private keys and sealed data (PROTOCOL 11.1): what must not open, does not."""

from __future__ import annotations

import hashlib
import os

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from quantum_service.primitives import keywrap, symmetric
from quantum_service.primitives.errors import OtherMasterKey, Refused
from quantum_service.primitives.master_key import MasterKey
from shared.encoding import fields
from shared.schemas.quantum import Algorithm, Usage

PUBLIC, PRIVATE = b"public key", b"private key"
MASTER = MasterKey(bytes(range(32)))


def wrapped(usage: Usage = "sign:establish", algorithm: Algorithm = "hybrid") -> bytes:
    return keywrap.wrap(MASTER, algorithm, usage, PUBLIC, PRIVATE, os.urandom)


def hkdf(salt: bytes, info: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=salt, info=info.encode()).derive(bytes(range(32)))


def test_p11_1_layout_of_a_wrapped_key() -> None:
    """docs/crypto.md, opened without our own code."""
    blob = wrapped()
    key_id = hashlib.sha256(fields("QuantumChat/wrap/v1", "id", hkdf(b"", "id"))).digest()[:8]
    context = fields("QuantumChat/wrap/v1", 1, key_id, "hybrid", "sign:establish", hashlib.sha256(PUBLIC).digest())
    key = hkdf(blob[9:41], "QuantumChat/wrap/v1")
    assert blob[:9] == b"\x01" + key_id
    assert AESGCM(key).decrypt(bytes(12), blob[41:], context) == PRIVATE


def test_p11_1_layout_of_sealed_data() -> None:
    blob = symmetric.encrypt(MASTER, b"text", b"caller", os.urandom)
    key = hkdf(blob[9:41], "QuantumChat/data/v1")
    assert AESGCM(key).decrypt(bytes(12), blob[41:], fields("QuantumChat/data/v1", 1, blob[1:9], b"caller")) == b"text"


def test_p11_1_opens_for_what_it_was_made_for() -> None:
    assert keywrap.unwrap(MASTER, "hybrid", "sign:establish", PUBLIC, wrapped()) == PRIVATE


@pytest.mark.parametrize("usage", ["kem", "sign:receipt", "sign:tree-head", "sign:general"])
def test_p11_1_another_usage_is_refused(usage: Usage) -> None:
    with pytest.raises(Refused):
        keywrap.unwrap(MASTER, "hybrid", usage, PUBLIC, wrapped())


@pytest.mark.parametrize("algorithm", ["ML-KEM-768", "Falcon-512", "ECDSA-P256"])
def test_p11_1_another_algorithm_is_refused(algorithm: Algorithm) -> None:
    with pytest.raises(Refused):
        keywrap.unwrap(MASTER, algorithm, "sign:establish", PUBLIC, wrapped())


def test_p11_1_another_public_key_is_refused() -> None:
    with pytest.raises(Refused):
        keywrap.unwrap(MASTER, "hybrid", "sign:establish", b"another", wrapped())


def test_p11_1_decrypt_cannot_unwrap_a_private_key() -> None:
    """Not even with the exact bytes of the wrapping context as associated data: the keys differ."""
    blob = wrapped()
    context = fields("QuantumChat/wrap/v1", 1, MASTER.id, "hybrid", "sign:establish", hashlib.sha256(PUBLIC).digest())
    for associated_data in (b"", context):
        with pytest.raises(Refused):
            symmetric.decrypt(MASTER, blob, associated_data)
        with pytest.raises(Refused):
            symmetric.open_blob(MASTER, "QuantumChat/data/v1", blob, associated_data)


def test_p11_1_sealed_data_is_never_a_private_key() -> None:
    """A caller who may `encrypt` cannot smuggle in a key of its own choice."""
    context = fields("QuantumChat/wrap/v1", 1, MASTER.id, "hybrid", "sign:establish", hashlib.sha256(PUBLIC).digest())
    for associated_data in (b"", context):
        blob = symmetric.encrypt(MASTER, PRIVATE, associated_data, os.urandom)
        with pytest.raises(Refused):
            keywrap.unwrap(MASTER, "hybrid", "sign:establish", PUBLIC, blob)


def test_another_master_key_is_named() -> None:
    with pytest.raises(OtherMasterKey):
        keywrap.unwrap(MasterKey(bytes(32)), "hybrid", "sign:establish", PUBLIC, wrapped())


def test_p11_1_every_blob_has_a_key_of_its_own() -> None:
    assert wrapped()[9:] != wrapped()[9:]
    assert len({wrapped()[9:41] for _ in range(50)}) == 50


@given(st.integers(min_value=0), st.binary(max_size=200), st.binary(max_size=40))
def test_any_flipped_bit_of_sealed_data_is_refused(position: int, plaintext: bytes, associated_data: bytes) -> None:
    blob = bytearray(symmetric.encrypt(MASTER, plaintext, associated_data, os.urandom))
    assert symmetric.decrypt(MASTER, bytes(blob), associated_data) == plaintext
    position %= len(blob) * 8
    blob[position // 8] ^= 1 << position % 8
    with pytest.raises(Refused):
        symmetric.decrypt(MASTER, bytes(blob), associated_data)


@given(st.binary(max_size=120))
def test_arbitrary_bytes_are_refused(blob: bytes) -> None:
    with pytest.raises(Refused):
        symmetric.decrypt(MASTER, blob, b"")


def test_neither_secret_nor_text_is_printed() -> None:
    assert "00010203" not in repr(MASTER)
    assert repr(MASTER) == "MasterKey([REDACTED])"
    for text in ("not base64url!", "AAAA"):
        with pytest.raises(ValueError, match="master key") as caught:
            MasterKey.from_text(text)
        assert text not in str(caught.value)


def test_usages_fit_their_algorithms() -> None:
    assert keywrap.allowed("ML-KEM-768", "kem")
    assert keywrap.allowed("hybrid", "sign:establish")
    assert not keywrap.allowed("hybrid", "kem")
    assert not keywrap.allowed("ML-KEM-768", "sign:general")


def test_p11_1_only_general_and_receipt_keys_sign_what_a_caller_brings() -> None:
    """The label follows from the usage, so a caller's own words never stand under `establish/v1`."""
    assert keywrap.LABEL_OF_USAGE == {
        "sign:general": "QuantumChat/sign-general/v1",
        "sign:receipt": "QuantumChat/receipt/v1",
    }
