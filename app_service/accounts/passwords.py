"""From what a person types to what the server stores (PROTOCOL 2.1 to 2.3, docs/crypto.md "Passwords").

Promises: a raw password and the secret that a browser derives from it lead to the same verifier; all slow work runs
in a bounded pool; a check takes the same time whether the account exists or not.
Does not: keep a password or a derived secret anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import unicodedata
from typing import Final

import bcrypt
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from zxcvbn import zxcvbn

from shared.encoding import Label, fields
from shared.errors import Unauthorized
from shared.workers import Workers

MEMORY_KIB: Final = 64 * 1024
ITERATIONS: Final = 3
PARALLELISM: Final = 1
SALT_BYTES: Final = 16
SECRET_BYTES: Final = 32
MIN_PASSWORD_LENGTH: Final = 8
MAX_PASSWORD_LENGTH: Final = 128
_BCRYPT_ROUNDS: Final = 12
_BCRYPT_DIGEST_LENGTH: Final = 31
_STRONG: Final = 3
_ZXCVBN_MAX_LENGTH: Final = 72
_THREADS: Final = min(4, os.cpu_count() or 1)
_QUEUE: Final = 32


class Passwords:
    """`unsafe_bcrypt_rounds` is for tests that sign in a thousand times; nothing else passes it."""

    def __init__(self, server_name: str, *, unsafe_bcrypt_rounds: int | None = None) -> None:
        self._server_name = server_name
        self._rounds = unsafe_bcrypt_rounds or _BCRYPT_ROUNDS
        self._workers = Workers(_THREADS, _QUEUE)
        self.nobody = bcrypt.gensalt(self._rounds).decode() + "." * _BCRYPT_DIGEST_LENGTH
        """A verifier that nothing matches and that takes as long to check as a real one."""

    async def derive(self, password: str, username: str, salt: bytes) -> bytes:
        """The 32-byte authentication branch that the browser would have derived."""
        return await self._workers.run(lambda: derive_auth(password, self._server_name, username, salt))

    async def verifier(self, auth_secret: bytes) -> str:
        return await self._workers.run(lambda: _hash(auth_secret, self._rounds))

    async def check(self, auth_secret: bytes, verifier: str) -> None:
        """401 `wrong_credentials` unless `verifier` was made from this secret."""
        given = _prehash(auth_secret)
        if not await self._workers.run(lambda: bcrypt.checkpw(given, verifier.encode())):
            raise wrong_credentials()

    async def weakness(self, password: str, *about: str) -> str | None:
        """Why this password would be guessed soon, in words for its owner; None for a good one (P2.3)."""
        return await self._workers.run(lambda: _weakness(password, about))

    async def close(self) -> None:
        await self._workers.close()


def wrong_credentials() -> Unauthorized:
    """One answer for an unknown name and a wrong password."""
    return Unauthorized("wrong_credentials", "The name or the password is wrong.")


def derive_auth(password: str, server_name: str, username: str, salt: bytes) -> bytes:
    """Argon2id (RFC 9106), then the `password-auth` branch of HKDF-SHA-512 (RFC 5869)."""
    salt_input = hashlib.sha256(fields(Label.PASSWORD, server_name, username, salt)).digest()
    argon2 = Argon2id(
        salt=salt_input, length=SECRET_BYTES, iterations=ITERATIONS, lanes=PARALLELISM, memory_cost=MEMORY_KIB
    )
    root = argon2.derive(unicodedata.normalize("NFKC", password).encode())
    return HKDF(SHA512(), SECRET_BYTES, salt=None, info=Label.PASSWORD_AUTH.encode()).derive(root)


def invented_salt(key: bytes, name: str) -> bytes:
    """The salt that an unknown name gets: always the same, like a stored one (P2.6)."""
    return hmac.digest(key, name.encode(), "sha256")[:SALT_BYTES]


def _prehash(auth_secret: bytes) -> bytes:
    # 44 characters: bcrypt takes at most 72 bytes, and none of them zero.
    return base64.b64encode(hashlib.sha256(Label.PASSWORD_VERIFIER.encode() + auth_secret).digest())


def _hash(auth_secret: bytes, rounds: int) -> str:
    return bcrypt.hashpw(_prehash(auth_secret), bcrypt.gensalt(rounds)).decode()


def _weakness(password: str, about: tuple[str, ...]) -> str | None:
    result = zxcvbn(password[:_ZXCVBN_MAX_LENGTH], user_inputs=list(about))
    if result["score"] >= _STRONG:
        return None
    feedback = result["feedback"]
    words = [feedback["warning"] or "This password can be guessed.", *feedback["suggestions"]]
    return " ".join(words)
