"""Wire shapes of accounts and sign-ins."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, SecretStr, Tag, model_validator

from app_service.accounts.passwords import (
    ITERATIONS,
    MAX_PASSWORD_LENGTH,
    MEMORY_KIB,
    PARALLELISM,
    SALT_BYTES,
    SECRET_BYTES,
)
from shared.encoding import HYBRID_PUBLIC_KEY_BYTES
from shared.schemas.base import Base64Bytes, Time, Wire

MAX_VAULT_BYTES: Final = 65_536
_MAX_NAME: Final = 320
PRINTABLE: Final = r"^[^\x00-\x1f\x7f]*$"
"""What may be looked for in the database: PostgreSQL takes no NUL in text."""
_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{2,31}")


def normalised(name: str) -> str:
    """A username or e-mail address as it is stored: NFKC, lower case, no blanks around it."""
    return unicodedata.normalize("NFKC", name).strip().lower()


def is_username(name: str) -> bool:
    return _USERNAME.fullmatch(name) is not None


def _normalise(value: Any) -> Any:
    # Normalising takes time by the square of the length: what is too long stays as it is, and is refused for that.
    return normalised(value) if isinstance(value, str) and len(value) <= _MAX_NAME else value


def _encodable(value: SecretStr) -> SecretStr:
    value.get_secret_value().encode()  # lone surrogates raise a ValueError
    return value


def _uuid7(value: UUID) -> UUID:
    if value.version != 7:
        raise ValueError("a UUIDv7 is expected")
    return value


Name = Annotated[str, BeforeValidator(_normalise), Field(min_length=1, max_length=_MAX_NAME, pattern=PRINTABLE)]
Email = Annotated[
    str,
    BeforeValidator(_normalise),
    Field(max_length=254, pattern=r"^[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f.]+(\.[^@\s\x00-\x1f\x7f.]+)*$"),
]
RawPassword = Annotated[SecretStr, Field(min_length=1, max_length=MAX_PASSWORD_LENGTH), AfterValidator(_encodable)]
DerivedSecret = Annotated[Base64Bytes, Field(min_length=SECRET_BYTES, max_length=SECRET_BYTES)]
Salt = Annotated[Base64Bytes, Field(min_length=SALT_BYTES, max_length=SALT_BYTES)]
Uuid7 = Annotated[UUID, AfterValidator(_uuid7)]
IdentityKey = Annotated[Base64Bytes, Field(min_length=HYBRID_PUBLIC_KEY_BYTES, max_length=HYBRID_PUBLIC_KEY_BYTES)]
SealedVault = Annotated[Base64Bytes, Field(min_length=28, max_length=MAX_VAULT_BYTES)]
SealedKey = Annotated[Base64Bytes, Field(min_length=60, max_length=60)]
"""A 32-byte key under AES-256-GCM: 12 bytes of nonce, 32, 16 of tag."""
Transport = Literal["body", "cookie"]


class Wraps(Wire):
    """The vault key under both ways in."""

    password: SealedKey
    recovery: SealedKey


class RawRegistration(Wire):
    """From `curl` and scripts: the account makes its keys at its first browser sign-in."""

    username: Name
    email: Email
    password: RawPassword
    token_transport: Transport = "body"


class BrowserRegistration(Wire):
    """From the web client: the password stays there, keys come sealed."""

    username: Name
    email: Email
    auth_secret: DerivedSecret = Field(repr=False)
    salt: Salt
    user_id: Uuid7
    identity_public_key: IdentityKey
    recovery_auth_secret: DerivedSecret = Field(repr=False)
    vault: SealedVault
    wraps: Wraps
    token_transport: Transport = "body"


def _kind(body: Any) -> str:
    given = body if isinstance(body, dict) else vars(body) if isinstance(body, Wire) else {}
    return "browser" if "auth_secret" in given else "raw"


Registration = Annotated[
    Annotated[RawRegistration, Tag("raw")] | Annotated[BrowserRegistration, Tag("browser")], Discriminator(_kind)
]


class Proof(Wire):
    """The password as it was typed, or what a browser derives from it."""

    password: RawPassword | None = None
    auth_secret: DerivedSecret | None = Field(None, repr=False)

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if (self.password is None) == (self.auth_secret is None):
            raise ValueError("either password or auth_secret")
        return self


class LoginRequest(Proof):
    """`username` may be the e-mail address."""

    username: Name
    token_transport: Transport = "body"


class LoginParameters(Wire):
    algorithm: Literal["argon2id"] = "argon2id"
    memory_kib: int = MEMORY_KIB
    iterations: int = ITERATIONS
    parallelism: int = PARALLELISM
    salt: Base64Bytes
    server_name: str


class RefreshRequest(Wire):
    refresh_token: str | None = Field(None, max_length=200, repr=False)


class UserSummary(Wire):
    """An account as its owner sees it after signing in."""

    id: UUID
    username: str
    email: str
    created_at: Time


class Me(UserSummary):
    identity_public_key: Base64Bytes | None
    password_origin: Literal["browser", "api"]
    has_vault: bool
    device_id: UUID | None


class MeChange(Proof):
    email: Email


class SignInItem(Wire):
    """`device_id` is null for programs that have no keys."""

    id: UUID
    created_at: Time
    last_used_at: Time
    device_id: UUID | None
    current: bool


class OwnSignIns(Wire):
    items: list[SignInItem]


class SignInsEnded(Wire):
    ended: int


class SignedIn(Wire):
    """`refresh_token` is null when it went into the cookie."""

    access_token: str = Field(repr=False)
    refresh_token: str | None = Field(repr=False)
    token_type: Literal["bearer"] = "bearer"
    expires_in: int
    user: UserSummary
    sign_in_id: UUID


class Registered(SignedIn):
    warnings: list[str]
