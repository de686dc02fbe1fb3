"""Falcon-512, ECDSA P-256, and both together."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

from quantum_service.primitives import signatures
from quantum_service.primitives.errors import InvalidSignature, MalformedKey, MalformedSignature
from quantum_service.primitives.providers import FalconProvider
from shared.encoding import pack_signature, signature_input, unpack_signature

LABEL, CONTEXT, MESSAGE = "QuantumChat/test/v1", b"context", b"message"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class Signer:
    public_key: bytes
    private_key: bytes

    def sign(self) -> bytes:
        return signatures.wrap_sign(self.private_key, self.public_key, LABEL, CONTEXT, MESSAGE)


@pytest.fixture(scope="module")
def alice() -> Signer:
    return Signer(*signatures.generate_hybrid(os.urandom))


@pytest.fixture(scope="module")
def mallory() -> Signer:
    return Signer(*signatures.generate_hybrid(os.urandom))


def verify(public_key: bytes, signature: bytes, *, label: str = LABEL, message: bytes = MESSAGE) -> None:
    signatures.wrap_verify(public_key, label, CONTEXT, message, signature)


def test_a_hybrid_signature_verifies(alice: Signer) -> None:
    assert (len(alice.public_key), len(alice.private_key)) == (962, 1313)
    verify(alice.public_key, alice.sign())


def test_p1_1_both_halves_sign_the_labelled_input(alice: Signer) -> None:
    falcon, ecdsa = unpack_signature(alice.sign())
    data = signature_input(LABEL, alice.public_key, CONTEXT, MESSAGE)
    signatures.falcon_verify(alice.public_key[:897], data, falcon)
    signatures.ecdsa_verify(alice.public_key[897:], data, ecdsa)


@pytest.mark.parametrize("half", [0, 1])
def test_p1_1_both_halves_must_be_valid(alice: Signer, mallory: Signer, half: int) -> None:
    """Whoever breaks one algorithm makes that half; the other one still stops the forgery."""
    data = signature_input(LABEL, alice.public_key, CONTEXT, MESSAGE)
    good = unpack_signature(alice.sign())
    forged = (
        signatures.falcon_sign(mallory.private_key[:1281], data),
        signatures.ecdsa_sign(mallory.private_key[1281:], data),
    )
    mixed = (forged[0], good[1]) if half == 0 else (good[0], forged[1])
    with pytest.raises(InvalidSignature):
        verify(alice.public_key, pack_signature(*mixed))


def test_p1_2_another_label_context_message_or_key_is_refused(alice: Signer, mallory: Signer) -> None:
    signature = alice.sign()
    with pytest.raises(InvalidSignature):
        verify(alice.public_key, signature, label="QuantumChat/test/v2")
    with pytest.raises(InvalidSignature):
        verify(alice.public_key, signature, message=MESSAGE + b".")
    with pytest.raises(InvalidSignature):
        signatures.wrap_verify(alice.public_key, LABEL, b"", MESSAGE, signature)
    with pytest.raises(InvalidSignature):
        verify(mallory.public_key, signature)


@pytest.mark.parametrize("half", ["falcon", "ecdsa"])
def test_p1_1_a_swapped_half_of_the_key_is_refused(alice: Signer, mallory: Signer, half: str) -> None:
    """Both halves sign the hash of the whole key, so keys cannot be recombined."""
    if half == "falcon":
        mixed = mallory.public_key[:897] + alice.public_key[897:]
    else:
        mixed = alice.public_key[:897] + mallory.public_key[897:]
    with pytest.raises(InvalidSignature):
        verify(mixed, alice.sign())


def test_falcon_alone_is_never_half_of_a_hybrid_signature(alice: Signer) -> None:
    """Taking the Falcon-512 half out, or putting one in, changes the suite that was signed."""
    falcon_public, falcon_private = alice.public_key[:897], alice.private_key[:1281]
    half, ecdsa = unpack_signature(alice.sign())
    with pytest.raises(InvalidSignature):
        signatures.verify(falcon_public, LABEL, CONTEXT, MESSAGE, half)
    alone = signatures.sign(falcon_private, falcon_public, LABEL, CONTEXT, MESSAGE)
    signatures.verify(falcon_public, LABEL, CONTEXT, MESSAGE, alone)
    with pytest.raises(InvalidSignature):
        verify(alice.public_key, pack_signature(alone, ecdsa))


def test_flipped_bits_are_refused(alice: Signer) -> None:
    signature = alice.sign()
    for position in range(0, len(signature) * 8, 97):
        changed = bytearray(signature)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(InvalidSignature):
            verify(alice.public_key, bytes(changed))


@pytest.mark.parametrize("cut", [0, 1, 2, 63, 64, 65, 300])
def test_cut_signatures_are_malformed(alice: Signer, cut: int) -> None:
    with pytest.raises(MalformedSignature):
        verify(alice.public_key, alice.sign()[:cut])
    with pytest.raises(MalformedSignature):
        verify(alice.public_key, alice.sign() + b"\x00")


def test_keys_that_are_none(alice: Signer) -> None:
    signature = alice.sign()
    off_curve = alice.public_key[:-1] + bytes([alice.public_key[-1] ^ 1])
    wrong_header = b"\x0a" + alice.public_key[1:]
    compressed = alice.public_key[:897] + b"\x02" + alice.public_key[898:]
    for key in (b"", alice.public_key[:-1], alice.public_key + b"\x00", off_curve, wrong_header, compressed):
        with pytest.raises((MalformedKey, InvalidSignature)):
            verify(key, signature)
    with pytest.raises(MalformedKey):
        signatures.ecdsa_verify(off_curve[897:], b"", bytes(64))
    with pytest.raises(MalformedKey):
        signatures.falcon_verify(wrong_header[:897], b"", b"x")


@pytest.mark.parametrize(("r", "s"), [(0, 0), (0, 1), (1, 0), (ORDER, 1), (1, ORDER), (ORDER, ORDER), (2**256 - 1, 1)])
def test_ecdsa_values_out_of_range_are_refused(alice: Signer, r: int, s: int) -> None:
    with pytest.raises(InvalidSignature):
        signatures.ecdsa_verify(alice.public_key[897:], MESSAGE, r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def test_ecdsa_keys_come_from_the_callers_randomness() -> None:
    """FIPS 186-5 A.2.1: d = (c mod (n - 1)) + 1, so that neither 0 nor n can come out."""
    public_key, private_key = signatures.generate_ecdsa(lambda length: bytes(length))
    assert private_key == (1).to_bytes(32, "big")
    assert public_key.hex().startswith("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")  # G itself
    assert signatures.generate_ecdsa(lambda length: (ORDER - 1).to_bytes(length, "big"))[1] == (1).to_bytes(32, "big")


def test_falcon_round_trip_with_each_provider(falcon: FalconProvider) -> None:
    public_key, private_key = signatures.generate_falcon(falcon)
    assert (len(public_key), len(private_key)) == (897, 1281)
    signature = signatures.falcon_sign(private_key, MESSAGE, falcon)
    signatures.falcon_verify(public_key, MESSAGE, signature, falcon)
    for other in (b"", MESSAGE[:-1], MESSAGE + b"\x00"):
        with pytest.raises(InvalidSignature):
            signatures.falcon_verify(public_key, other, signature, falcon)
