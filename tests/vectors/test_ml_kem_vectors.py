"""ML-KEM-768 against published vectors, with each provider that is installed.

Source: `kat_MLKEM_768.rsp` of the package `cryptography-vectors` (Apache-2.0 or BSD-3-Clause), which holds the
known-answer tests of github.com/post-quantum-cryptography/KAT: `d`, `z`, `pk`, a valid ciphertext `ct` with `ss`,
and an invalid one `ct_n` with the secret `ss_n` that implicit rejection (FIPS 203 section 6.3) must give.
The invalid keys and lengths follow from the checks of FIPS 203 sections 7.2 and 7.3.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import cryptography_vectors
import pytest

from quantum_service.primitives import kem
from quantum_service.primitives.errors import MalformedCiphertext, MalformedKey
from quantum_service.primitives.providers import KemProvider, liboqs
from quantum_service.primitives.providers.openssl import OpensslKem


@pytest.fixture(scope="module", params=["openssl", "liboqs"])
def provider(request: pytest.FixtureRequest) -> KemProvider:
    if request.param == "openssl":
        return OpensslKem()
    oqs = liboqs.load()
    if oqs is None:
        pytest.skip("the liboqs library is not installed (OQS_INSTALL_PATH)")
    return liboqs.LiboqsKem(oqs)


def vectors() -> Iterator[dict[str, bytes]]:
    with cryptography_vectors.open_vector_file("asymmetric/MLKEM/kat_MLKEM_768.rsp", "r") as file:
        text = file.read()
    for case in text.split("count = ")[1:]:
        pairs = (line.split(" = ") for line in case.splitlines()[1:] if " = " in line)
        yield {name: bytes.fromhex(value) for name, value in pairs}


VECTORS = list(vectors())


def test_the_file_is_what_we_think() -> None:
    assert len(VECTORS) >= 100
    assert {"d", "z", "pk", "ct", "ss", "ct_n", "ss_n"} <= VECTORS[0].keys()


def test_key_generation(provider: KemProvider) -> None:
    for vector in VECTORS:
        assert kem.public_key(vector["d"] + vector["z"], provider) == vector["pk"]


def test_decapsulation(provider: KemProvider) -> None:
    for vector in VECTORS:
        assert kem.decapsulate(vector["d"] + vector["z"], vector["ct"], provider) == vector["ss"]


def test_implicit_rejection(provider: KemProvider) -> None:
    for vector in VECTORS:
        secret = kem.decapsulate(vector["d"] + vector["z"], vector["ct_n"], provider)
        assert secret == vector["ss_n"]
        assert secret == hashlib.shake_256(vector["z"] + vector["ct_n"]).digest(32)


@pytest.mark.parametrize("bit", [0, 7, 4000, 8 * kem.CIPHERTEXT_BYTES - 1])
def test_any_flipped_bit_of_a_ciphertext_is_rejected_implicitly(provider: KemProvider, bit: int) -> None:
    vector = VECTORS[0]
    changed = bytearray(vector["ct"])
    changed[bit // 8] ^= 1 << bit % 8
    secret = kem.decapsulate(vector["d"] + vector["z"], bytes(changed), provider)
    assert secret == hashlib.shake_256(vector["z"] + bytes(changed)).digest(32)


def test_encapsulated_secrets_come_back(provider: KemProvider) -> None:
    for vector in VECTORS[:20]:
        ciphertext, secret = kem.encapsulate(vector["pk"], provider)
        assert kem.decapsulate(vector["d"] + vector["z"], ciphertext, provider) == secret


@pytest.mark.parametrize("coefficient", [3329, 3330, 4095])
@pytest.mark.parametrize("position", [0, 767])
def test_keys_with_a_coefficient_outside_the_field_are_refused(
    provider: KemProvider, coefficient: int, position: int
) -> None:
    """FIPS 203 section 7.2, modulus check: coefficients are 12 bits each, little endian, and below q = 3329."""
    packed = int.from_bytes(VECTORS[0]["pk"][:1152], "little")
    packed &= ~(0xFFF << 12 * position)
    packed |= coefficient << 12 * position
    with pytest.raises(MalformedKey):
        kem.encapsulate(packed.to_bytes(1152, "little") + VECTORS[0]["pk"][1152:], provider)


@pytest.mark.parametrize("length", [0, 1183, 1185, 1568])
def test_keys_of_another_length_are_refused(provider: KemProvider, length: int) -> None:
    with pytest.raises(MalformedKey):
        kem.encapsulate(bytes(length), provider)


@pytest.mark.parametrize("length", [0, 1087, 1089, 1568])
def test_ciphertexts_of_another_length_are_refused(provider: KemProvider, length: int) -> None:
    with pytest.raises(MalformedCiphertext):
        kem.decapsulate(bytes(64), bytes(length), provider)
