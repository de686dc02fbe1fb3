"""Which library is taken, and lengths that no library may be asked about."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from quantum_service.primitives import kem, providers, signatures
from quantum_service.primitives.errors import MalformedKey, MalformedSignature
from quantum_service.primitives.providers import liboqs
from quantum_service.primitives.providers.openssl import OpensslKem
from quantum_service.primitives.providers.pqclean import PqcleanFalcon


class Module(ModuleType):
    """Stands for `oqs` where its C library is not installed; `without` is what it was built without."""

    def __init__(self, without: str = "") -> None:
        super().__init__("oqs")
        self._without = without

    def is_sig_enabled(self, name: str) -> bool:
        return name != self._without

    def is_kem_enabled(self, name: str) -> bool:
        return name != self._without

    def oqs_version(self) -> str:
        return "0.0.0"


def _found(monkeypatch: pytest.MonkeyPatch, module: ModuleType | None) -> None:
    monkeypatch.setattr(liboqs, "library_found", lambda: True)
    monkeypatch.setitem(sys.modules, "oqs", module)


def test_liboqs_is_preferred_for_both_algorithms(monkeypatch: pytest.MonkeyPatch) -> None:
    _found(monkeypatch, Module())
    chosen = providers.installed.__wrapped__()
    assert {chosen.names()[algorithm] for algorithm in ("ML-KEM-768", "Falcon-512")} == {"liboqs 0.0.0"}


@pytest.mark.parametrize("without", [liboqs.FALCON, liboqs.ML_KEM])
def test_a_liboqs_without_one_of_them_is_not_taken(monkeypatch: pytest.MonkeyPatch, without: str) -> None:
    _found(monkeypatch, Module(without))
    chosen = providers.installed.__wrapped__()
    assert isinstance(chosen.kem, OpensslKem)
    assert isinstance(chosen.falcon, PqcleanFalcon)


def test_a_liboqs_that_does_not_load_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    _found(monkeypatch, None)  # None in sys.modules makes an import fail
    assert liboqs.load() is None


@pytest.mark.parametrize("length", [0, 63, 65])
def test_seeds_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        kem.public_key(bytes(length))
    with pytest.raises(ValueError, match="64 bytes"):
        kem.decapsulate(bytes(length), bytes(kem.CIPHERTEXT_BYTES))


def test_keys_and_signatures_of_another_length_reach_no_library() -> None:
    falcon_key = bytes([9]) + bytes(896)
    for signature in (b"", bytes(753)):
        with pytest.raises(MalformedSignature):
            signatures.falcon_verify(falcon_key, b"", signature)
    ecdsa_key, _ = signatures.generate_ecdsa(lambda length: bytes(range(length)))
    for key in (ecdsa_key[:-1], ecdsa_key + b"\x00", b"\x02" + ecdsa_key[1:33]):
        with pytest.raises(MalformedKey):
            signatures.ecdsa_verify(key, b"", bytes(64))
    for length in (63, 65):
        with pytest.raises(MalformedSignature):
            signatures.ecdsa_verify(ecdsa_key, b"", bytes(length))
