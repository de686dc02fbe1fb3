"""Falcon-512 and ML-KEM-768 from liboqs, through `liboqs-python`.

Importing `oqs` without the C library counts down and then clones and builds it from the network. So the
library is looked for, and loaded once, before `oqs` is imported; only `QUANTUM_BUILD_LIBOQS=1` asks for the build.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib
import logging
import os
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from quantum_service.primitives.errors import InvalidSignature, MalformedKey
from shared.logging import get_logger

log = get_logger("providers")

FALCON: Final = "Falcon-512"
ML_KEM: Final = "ML-KEM-768"


def load() -> ModuleType | None:
    """The `oqs` module, or None when the C library is not there or lacks one of the two algorithms."""
    if not library_found() and os.environ.get("QUANTUM_BUILD_LIBOQS") != "1":
        return None
    logging.getLogger("oqs.oqs").addFilter(lambda record: record.levelno >= logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns when its version is not exactly the library's
            oqs: Any = importlib.import_module("oqs")
    except (Exception, SystemExit) as error:  # it exits the process when its own build fails
        log.warning("liboqs_unusable", kind=type(error).__name__)
        return None
    if not (oqs.is_sig_enabled(FALCON) and oqs.is_kem_enabled(ML_KEM)):
        log.warning("liboqs_without_algorithms")
        return None
    module: ModuleType = oqs
    return module


def library_found() -> bool:
    """Whether `oqs` would find a library that loads, in the places where it looks."""
    suffix = ".dylib" if sys.platform == "darwin" else ".so"
    root = Path(os.environ.get("OQS_INSTALL_PATH") or Path.home() / "_oqs")
    candidates = [str(root / folder / f"liboqs{suffix}") for folder in ("lib", "lib64")]
    system = ctypes.util.find_library("oqs")
    return any(_loads(path) for path in ([system] if system else []) + candidates)


def _loads(path: str) -> bool:
    try:
        ctypes.CDLL(path)
    except OSError:
        return False
    return True


class LiboqsKem:
    def __init__(self, oqs: Any) -> None:
        self._oqs = oqs
        self.name = f"liboqs {oqs.oqs_version()}"

    def public_key(self, seed: bytes) -> bytes:
        with self._oqs.KeyEncapsulation(ML_KEM) as kem:
            return bytes(kem.generate_keypair_seed(seed))

    def encapsulate(self, public_key: bytes) -> tuple[bytes, bytes]:
        with self._oqs.KeyEncapsulation(ML_KEM) as kem:
            try:
                ciphertext, shared_secret = kem.encap_secret(public_key)
            except RuntimeError as error:
                raise MalformedKey("not an ML-KEM-768 encapsulation key") from error
        return bytes(ciphertext), bytes(shared_secret)

    def decapsulate(self, seed: bytes, ciphertext: bytes) -> bytes:
        with self._oqs.KeyEncapsulation(ML_KEM) as kem:
            kem.generate_keypair_seed(seed)
            return bytes(kem.decap_secret(ciphertext))


class LiboqsFalcon:
    def __init__(self, oqs: Any) -> None:
        self._oqs = oqs
        self.name = f"liboqs {oqs.oqs_version()}"

    def generate(self) -> tuple[bytes, bytes]:
        with self._oqs.Signature(FALCON) as signer:
            public_key = bytes(signer.generate_keypair())
            return public_key, bytes(signer.export_secret_key())

    def sign(self, private_key: bytes, message: bytes) -> bytes:
        with self._oqs.Signature(FALCON, private_key) as signer:
            return bytes(signer.sign(message))

    def verify(self, public_key: bytes, message: bytes, signature: bytes) -> None:
        with self._oqs.Signature(FALCON) as verifier:
            if not verifier.verify(message, signature, public_key):
                raise InvalidSignature
