"""Access, refresh and recovery tokens, device challenges: a key for each, so that none passes for another.

A refresh token is `sign-in id (16) ‖ number (u32) ‖ HMAC-SHA-256`, made from the sign-in's own salt. It can be made
again, which is how two tabs that refresh at once get the same successor (PROTOCOL 2.7).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from uuid_utils.compat import uuid7

from shared.encoding import MalformedEncoding, from_base64url, to_base64url
from shared.errors import Unauthorized

CHALLENGE_LIFETIME: Final = timedelta(minutes=5)
RECOVERY_LIFETIME: Final = timedelta(minutes=10)
_ALGORITHM: Final = "HS256"
_MAC_BYTES: Final = 32
_REFRESH_BYTES: Final = 16 + 4 + _MAC_BYTES
_RECOVERY: Final = "recovery"
_FINGERPRINT_BYTES: Final = 16

EndReason = Literal["signed_out", "ended_elsewhere", "password_changed", "device_removed", "refresh_reused"]
"""Why a sign-in is over; its browser is told (docs/events.md)."""


@dataclass(frozen=True)
class Caller:
    """Who sends a request, as its access token says."""

    user_id: UUID
    sign_in_id: UUID
    device_id: UUID | None
    expires_at: int
    """Seconds since 1970-01-01 UTC."""


@dataclass(frozen=True)
class RefreshToken:
    sign_in_id: UUID
    number: int
    mac: bytes


@dataclass(frozen=True)
class RecoveryToken:
    """Somebody typed the recovery code whose verifier has this fingerprint."""

    user_id: UUID
    fingerprint: str


class Tokens:
    def __init__(self, secret: str, access_lifetime: timedelta) -> None:
        self.access_lifetime = access_lifetime
        self._access, self._refresh, self._challenge, self._recovery = (
            _derive(secret, f"QuantumChat/{name}-token/v1") for name in ("access", "refresh", "challenge", _RECOVERY)
        )

    def access_token(self, user_id: UUID, sign_in_id: UUID, device_id: UUID | None, at: datetime) -> str:
        issued = int(at.timestamp())
        claims: dict[str, Any] = {
            "sub": str(user_id),
            "sid": str(sign_in_id),
            "iat": issued,
            "exp": issued + int(self.access_lifetime.total_seconds()),
        }
        if device_id is not None:
            claims["did"] = str(device_id)
        return jwt.encode(claims, self._access, _ALGORITHM)

    def caller(self, token: str) -> Caller:
        """Who the token speaks for; 401 `token_expired`, or `not_authenticated` for anything that we did not make."""
        try:
            claims = jwt.decode(token, self._access, [_ALGORITHM], options={"require": ["sub", "sid", "iat", "exp"]})
            device = claims.get("did")
            return Caller(UUID(claims["sub"]), UUID(claims["sid"]), device and UUID(device), int(claims["exp"]))
        except jwt.ExpiredSignatureError as error:
            raise Unauthorized("token_expired", "The access token has expired. Refresh it.") from error
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError) as error:
            raise not_authenticated() from error

    def refresh_token(self, sign_in_id: UUID, salt: bytes, number: int) -> str:
        head = sign_in_id.bytes + number.to_bytes(4, "big")
        return to_base64url(head + self._mac(head, salt))

    def check_refresh(self, token: RefreshToken, salt: bytes) -> None:
        """401 `refresh_invalid` unless we made this token."""
        head = token.sign_in_id.bytes + token.number.to_bytes(4, "big")
        if not hmac.compare_digest(token.mac, self._mac(head, salt)):
            raise refresh_invalid()

    def _mac(self, head: bytes, salt: bytes) -> bytes:
        return hmac.digest(self._refresh, head + salt, "sha256")

    def recovery_token(self, user_id: UUID, verifier: str, at: datetime) -> str:
        """Opens the vault and the password change for ten minutes, or until there is another code (P2.4)."""
        expires = int((at + RECOVERY_LIFETIME).timestamp())
        claims = {"sub": str(user_id), "code": self._fingerprint(verifier), "exp": expires}
        return jwt.encode(claims, self._recovery, _ALGORITHM, headers={"typ": _RECOVERY})

    def recovered(self, token: str) -> RecoveryToken:
        """Who typed a recovery code; 401 `recovery_expired`, or `not_authenticated` for what we did not make."""
        try:
            claims = jwt.decode(token, self._recovery, [_ALGORITHM], options={"require": ["sub", "code", "exp"]})
            return RecoveryToken(UUID(claims["sub"]), str(claims["code"]))
        except jwt.ExpiredSignatureError as error:
            raise recovery_expired() from error
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError) as error:
            raise not_authenticated() from error

    def check_recovery(self, token: RecoveryToken, verifier: str | None) -> None:
        """401 `recovery_expired` unless the account's code is still the one that was typed."""
        if verifier is None or not hmac.compare_digest(token.fingerprint, self._fingerprint(verifier)):
            raise recovery_expired()

    def _fingerprint(self, verifier: str) -> str:
        return to_base64url(hmac.digest(self._recovery, verifier.encode(), "sha256")[:_FINGERPRINT_BYTES])

    def challenge(self, sign_in_id: UUID, at: datetime) -> str:
        claims = {"sid": str(sign_in_id), "jti": str(uuid7()), "exp": int((at + CHALLENGE_LIFETIME).timestamp())}
        return jwt.encode(claims, self._challenge, _ALGORITHM)

    def check_challenge(self, challenge: str, sign_in_id: UUID) -> None:
        """401 `challenge_invalid` unless we served it to this sign-in in the last five minutes (P3.3)."""
        try:
            claims = jwt.decode(challenge, self._challenge, [_ALGORITHM], options={"require": ["sid", "exp"]})
        except (jwt.InvalidTokenError, ValueError) as error:
            raise _bad_challenge() from error
        if claims["sid"] != str(sign_in_id):
            raise _bad_challenge()


def is_recovery_token(token: str) -> bool:
    """What it calls itself; which key made it is still to be checked."""
    try:
        return jwt.get_unverified_header(token).get("typ") == _RECOVERY
    except jwt.InvalidTokenError:
        return False


def parse_refresh_token(text: str) -> RefreshToken:
    """The parts of a refresh token, not yet checked; 401 `refresh_invalid` for anything of another form."""
    try:
        data = from_base64url(text)
    except MalformedEncoding as error:
        raise refresh_invalid() from error
    if len(data) != _REFRESH_BYTES:
        raise refresh_invalid()
    return RefreshToken(UUID(bytes=data[:16]), int.from_bytes(data[16:20], "big"), data[20:])


def not_authenticated() -> Unauthorized:
    return Unauthorized("not_authenticated", "A valid access token is needed.")


def signed_out(because: str | None) -> Unauthorized:
    """`because` is null for a sign-in that is not remembered any more."""
    return Unauthorized("signed_out", "This sign-in was ended. Sign in again.", details={"reason": because})


def recovery_expired() -> Unauthorized:
    return Unauthorized("recovery_expired", "Type the recovery code again: it was too long ago, or there is a new one.")


def refresh_invalid() -> Unauthorized:
    return Unauthorized("refresh_invalid", "The refresh token is not valid. Sign in again.")


def _bad_challenge() -> Unauthorized:
    return Unauthorized("challenge_invalid", "The challenge is not one of this sign-in, or too old. Ask for a new one.")


def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret.encode())
