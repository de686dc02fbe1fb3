"""Private keys that leave the service only wrapped, bound to one algorithm, usage and public key (PROTOCOL 11.1).

Promises: a wrapped key opens only for the usage it was made for and beside its own public key; sealed data is
never a wrapped key, nor the other way round (separate keys); the label of a signature follows from the usage.
Does not: remember keys, or revoke them. The layout is that of `symmetric`, with

    AAD = fields(wrap/v1, 1, master key id, algorithm, usage, SHA-256(public key))
"""

from __future__ import annotations

import hashlib
from typing import Final

from quantum_service.primitives.master_key import MasterKey
from quantum_service.primitives.signatures import Random
from quantum_service.primitives.symmetric import VERSION, open_blob, seal_blob
from shared.encoding import Label, fields
from shared.schemas.quantum import Algorithm, Usage

LABEL_OF_USAGE: Final[dict[Usage, str]] = {"sign:general": Label.SIGN_GENERAL, "sign:receipt": Label.RECEIPT}
"""The label under which `sign` and `wrap_sign` sign; a usage that is missing here signs through neither."""


def allowed(algorithm: Algorithm, usage: Usage) -> bool:
    """Whether keys of this algorithm can have this usage."""
    return (algorithm == "ML-KEM-768") == (usage == "kem")


def wrap(
    master: MasterKey, algorithm: Algorithm, usage: Usage, public_key: bytes, private_key: bytes, random: Random
) -> bytes:
    """The blob that the caller keeps."""
    return seal_blob(master, Label.WRAP, private_key, _context(master, algorithm, usage, public_key), random)


def unwrap(master: MasterKey, algorithm: Algorithm, usage: Usage, public_key: bytes, blob: bytes) -> bytes:
    """The private key; `Refused` unless algorithm, usage and public key are those it was wrapped with."""
    return open_blob(master, Label.WRAP, blob, _context(master, algorithm, usage, public_key))


def _context(master: MasterKey, algorithm: Algorithm, usage: Usage, public_key: bytes) -> bytes:
    return fields(Label.WRAP, VERSION, master.id, algorithm, usage, hashlib.sha256(public_key).digest())
