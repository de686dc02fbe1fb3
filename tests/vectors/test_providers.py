"""PQClean, OpenSSL, liboqs and the browser's libraries speak the same bytes, whoever makes, uses and checks.

Those with liboqs need its C library (`OQS_INSTALL_PATH`), and say so when it is missing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest

from quantum_service.primitives import kem, signatures
from quantum_service.primitives.errors import InvalidSignature
from quantum_service.primitives.providers import FalconProvider, KemProvider, liboqs
from quantum_service.primitives.providers.openssl import OpensslKem
from quantum_service.primitives.providers.pqclean import PqcleanFalcon
from shared.settings import PROJECT_ROOT

MESSAGE: Final = b"what all of them read alike"
FALCONS: Final = ("pqclean", "liboqs", "browser")
KEMS: Final = ("openssl", "liboqs", "browser")


class Browser:
    """Both algorithms as the web client computes them, in a Node of its own."""

    name = "browser"

    def __init__(self) -> None:
        beside = Path(sys.executable).parent / "node"
        node = str(beside) if beside.exists() else shutil.which("node")
        assert node, "Node is needed: .venv has one"
        script = Path(__file__).parent / "wasm.mjs"
        self._process = subprocess.Popen(
            [node, str(script), str(PROJECT_ROOT / "frontend")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def close(self) -> None:
        with self._process:
            pass

    def _call(self, name: str, *inputs: bytes) -> list[bytes] | None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, *(value.hex() for value in inputs)]) + "\n")
        answer = json.loads(self._process.stdout.readline())
        return None if answer is None else [bytes.fromhex(text) for text in answer]

    def _made(self, name: str, *inputs: bytes) -> Any:
        answer = self._call(name, *inputs)
        assert answer is not None
        return answer[0] if len(answer) == 1 else tuple(answer)

    def generate(self) -> tuple[bytes, bytes]:
        keys: tuple[bytes, bytes] = self._made("falcon_generate")
        return keys

    def sign(self, private_key: bytes, message: bytes) -> bytes:
        return bytes(self._made("falcon_sign", private_key, message))

    def verify(self, public_key: bytes, message: bytes, signature: bytes) -> None:
        if self._call("falcon_verify", public_key, message, signature) is None:
            raise InvalidSignature

    def public_key(self, seed: bytes) -> bytes:
        return bytes(self._made("kem_public_key", seed))

    def encapsulate(self, public_key: bytes) -> tuple[bytes, bytes]:
        made: tuple[bytes, bytes] = self._made("kem_encapsulate", public_key)
        return made

    def decapsulate(self, seed: bytes, ciphertext: bytes) -> bytes:
        return bytes(self._made("kem_decapsulate", seed, ciphertext))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    started = Browser()
    yield started
    started.close()


def _liboqs() -> Any:
    oqs = liboqs.load()
    if oqs is None:
        pytest.skip("the liboqs library is not installed (OQS_INSTALL_PATH)")
    return oqs


def _falcon(name: str, browser: Browser) -> FalconProvider:
    makers: dict[str, Callable[[], FalconProvider]] = {
        "pqclean": PqcleanFalcon,
        "liboqs": lambda: liboqs.LiboqsFalcon(_liboqs()),
        "browser": lambda: browser,
    }
    return makers[name]()


def _kem(name: str, browser: Browser) -> KemProvider:
    makers: dict[str, Callable[[], KemProvider]] = {
        "openssl": OpensslKem,
        "liboqs": lambda: liboqs.LiboqsKem(_liboqs()),
        "browser": lambda: browser,
    }
    return makers[name]()


@pytest.mark.parametrize(("maker", "signer", "verifier"), list(product(FALCONS, repeat=3)))
def test_a_falcon_key_of_one_signs_with_another_for_a_third(
    browser: Browser, maker: str, signer: str, verifier: str
) -> None:
    made, signing, verifying = (_falcon(name, browser) for name in (maker, signer, verifier))
    public_key, private_key = signatures.generate_falcon(made)
    signature = signatures.falcon_sign(private_key, MESSAGE, signing)
    signatures.falcon_verify(public_key, MESSAGE, signature, verifying)
    changed = bytes([*signature[:60], signature[60] ^ 1, *signature[61:]])
    for message, bad in ((MESSAGE + b".", signature), (MESSAGE, changed)):
        with pytest.raises(InvalidSignature):
            signatures.falcon_verify(public_key, message, bad, verifying)


@pytest.mark.parametrize(("maker", "encapsulator", "decapsulator"), list(product(KEMS, repeat=3)))
def test_a_secret_for_the_ml_kem_key_of_one_is_opened_by_another(
    browser: Browser, maker: str, encapsulator: str, decapsulator: str
) -> None:
    made, encapsulating, decapsulating = (_kem(name, browser) for name in (maker, encapsulator, decapsulator))
    seed = os.urandom(64)
    public_key = kem.public_key(seed, made)
    assert public_key == kem.public_key(seed, decapsulating)
    ciphertext, secret = kem.encapsulate(public_key, encapsulating)
    assert kem.decapsulate(seed, ciphertext, decapsulating) == secret
    changed = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
    rejected = kem.decapsulate(seed, changed, decapsulating)
    assert rejected == kem.decapsulate(seed, changed, made) != secret
