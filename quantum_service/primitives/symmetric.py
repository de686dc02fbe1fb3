"""AES-256-GCM (SP 800-38D) under keys that serve once.

Promises: each blob has a key of its own, derived from the master key and a fresh 32-byte salt, so the fixed nonce
never meets a key twice; a blob opens only for the purpose and associated data it was made with, else `Refused`.
Does not: hide lengths, or keep anything.

    | bytes  | what                                                           |
    |--------|----------------------------------------------------------------|
    | 1      | version, 1                                                     |
    | 8      | master key id                                                  |
    | 32     | salt                                                           |
    | n + 16 | AES-256-GCM ciphertext and tag, nonce of 12 zero bytes         |
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quantum_service.primitives.errors import OtherMasterKey, Refused
from quantum_service.primitives.master_key import KEY_ID_BYTES, SALT_BYTES, MasterKey
from quantum_service.primitives.signatures import Random
from shared.encoding import Label, fields

VERSION: Final = 1
_HEADER_BYTES: Final = 1 + KEY_ID_BYTES + SALT_BYTES
_TAG_BYTES: Final = 16
_NONCE: Final = bytes(12)


def aes_gcm_seal(key: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
    """Ciphertext ‖ tag under a key that is used for nothing else, ever."""
    return AESGCM(key).encrypt(_NONCE, plaintext, associated_data)


def aes_gcm_open(key: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
    """The plaintext; `Refused` when key, ciphertext or associated data is another."""
    try:
        return AESGCM(key).decrypt(_NONCE, ciphertext, associated_data)
    except InvalidTag:
        raise Refused from None


def seal_blob(master: MasterKey, purpose: str, plaintext: bytes, associated_data: bytes, random: Random) -> bytes:
    """A blob of the layout above; the purpose selects the key."""
    salt = random(SALT_BYTES)
    sealed = aes_gcm_seal(master.derive(salt, purpose), plaintext, associated_data)
    return bytes([VERSION]) + master.id + salt + sealed


def open_blob(master: MasterKey, purpose: str, blob: bytes, associated_data: bytes) -> bytes:
    """The plaintext of a blob; `OtherMasterKey` when it names another one, else `Refused`."""
    if len(blob) < _HEADER_BYTES + _TAG_BYTES or blob[0] != VERSION:
        raise Refused
    if blob[1 : 1 + KEY_ID_BYTES] != master.id:
        raise OtherMasterKey
    salt = blob[1 + KEY_ID_BYTES : _HEADER_BYTES]
    return aes_gcm_open(master.derive(salt, purpose), blob[_HEADER_BYTES:], associated_data)


def encrypt(master: MasterKey, plaintext: bytes, associated_data: bytes, random: Random) -> bytes:
    """Sealed data (`data/v1`); never opens as a private key."""
    return seal_blob(master, Label.DATA, plaintext, _data_context(master, associated_data), random)


def decrypt(master: MasterKey, sealed: bytes, associated_data: bytes) -> bytes:
    """The plaintext of sealed data; `Refused` for anything else, wrapped private keys included."""
    return open_blob(master, Label.DATA, sealed, _data_context(master, associated_data))


def _data_context(master: MasterKey, associated_data: bytes) -> bytes:
    return fields(Label.DATA, VERSION, master.id, associated_data)
