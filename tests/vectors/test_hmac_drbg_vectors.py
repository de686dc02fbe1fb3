"""HMAC_DRBG against NIST's vectors, and against RFC 6979, which draws its nonces from it.

`hmac_drbg_sha512.json` holds vectors of the CAVP (its source and layout stand in it): without reseeding, with it, and
with prediction resistance, which is a reseed with the caller's additional input before each output.
RFC 6979 section 3.2 instantiates with int2octets(x) ‖ bits2octets(H(message)); the first output of a run is k, and
appendix A.2.5 (P-256) holds known answers.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any, Final, Literal

import pytest

from quantum_service.entropy.drbg import HmacDrbg

VECTORS: Final = json.loads(Path(__file__).with_name("hmac_drbg_sha512.json").read_text())["vectors"]
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PRIVATE_KEY = bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
NONCES = [
    ("sha256", b"sample", "A6E3C57DD01ABE90086538398355DD4C3B17AA873382B0F24D6129493D8AAD60"),
    ("sha512", b"sample", "5FA81C63109BADB88C1F367B47DA606DA28CAD69AA22C4FE6AD7DF73A7173AA5"),
    ("sha256", b"test", "D16B6AE827F17175E040871A1C7EC3500192C4C92677336EC2537ACAEE0008E0"),
    ("sha512", b"test", "6915D11632ACA3C40D5D51C08DAF9C555933819548784480E93499000D9F0B7F"),
]


def of_cavp(vector: dict[str, Any]) -> bytes:
    """The second output, as the validation program asks for it."""
    reseed, additional = ([bytes.fromhex(text) for text in vector[name]] for name in ("reseed", "additional"))
    drbg = HmacDrbg(bytes.fromhex(vector["seed"] + vector["personalization"]))
    if vector["section"] == "pr_false":
        drbg.reseed(reseed.pop() + additional.pop(0))
    output = b""
    for given in additional:
        if vector["section"] == "pr_true":
            drbg.reseed(reseed.pop(0) + given)
            output = drbg.generate(256)
        else:
            output = drbg.generate(256, given)
    return output


@pytest.mark.parametrize("section", ["no_reseed", "pr_false", "pr_true"])
def test_nist_cavp(section: str) -> None:
    vectors = [vector for vector in VECTORS if vector["section"] == section]
    assert len(vectors) == 20
    for vector in vectors:
        assert of_cavp(vector).hex() == vector["output"], vector["count"]


@pytest.mark.parametrize(("algorithm", "message", "nonce"), NONCES)
def test_rfc_6979_nonces(algorithm: Literal["sha256", "sha512"], message: bytes, nonce: str) -> None:
    digest = hashlib.new(algorithm, message).digest()[:32]
    octets = (int.from_bytes(digest, "big") % ORDER).to_bytes(32, "big")
    drbg = HmacDrbg(PRIVATE_KEY + octets, algorithm=algorithm)
    assert drbg.generate(32) == bytes.fromhex(nonce)


def test_reseed_and_additional_input_follow_section_10_1_2() -> None:
    """Written out by hand from the standard's steps, apart from the code under test."""

    def mac(key: bytes, data: bytes) -> bytes:
        return hmac.new(key, data, hashlib.sha512).digest()

    def update(key: bytes, value: bytes, data: bytes) -> tuple[bytes, bytes]:
        key = mac(key, value + b"\x00" + data)
        value = mac(key, value)
        if data:
            key = mac(key, value + b"\x01" + data)
            value = mac(key, value)
        return key, value

    key, value = update(b"\x00" * 64, b"\x01" * 64, b"seed")
    key, value = update(key, value, b"fresh")
    key, value = update(key, value, b"more")
    first = mac(key, value)
    second = mac(key, first)
    key, value = update(key, second, b"more")
    third = mac(key, value)

    drbg = HmacDrbg(b"seed")
    drbg.reseed(b"fresh")
    assert drbg.generate(100, b"more") == (first + second)[:100]
    assert drbg.generate(64) == third


def test_a_request_is_bounded() -> None:
    drbg = HmacDrbg(b"seed")
    assert len(drbg.generate(65_536)) == 65_536
    for length in (-1, 65_537):
        with pytest.raises(ValueError, match="more bytes"):
            drbg.generate(length)
