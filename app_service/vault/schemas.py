"""Wire shapes of the sealed records that only their owner opens."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Discriminator, Field, Tag, model_validator

from app_service.accounts.schemas import DerivedSecret, IdentityKey, Salt, SealedVault, Wraps
from shared.schemas.base import Base64Bytes, Time, Wire

MAX_PINS_BYTES: Final = 262_144


class SealedWrap(Wire):
    """A wrap keeps the vault version at which it was made: it is in its associated data."""

    version: int
    sealed: Base64Bytes


class StoredWraps(Wire):
    password: SealedWrap
    recovery: SealedWrap


class StoredVault(Wire):
    version: int
    vault: Base64Bytes
    wraps: StoredWraps
    updated_at: Time


class VaultCompletion(Wire):
    """The first vault of an account that was made by `curl`; optionally with a password that the server never saw."""

    auth_secret: DerivedSecret = Field(repr=False)
    salt: Salt | None = None
    new_auth_secret: DerivedSecret | None = Field(None, repr=False)
    identity_public_key: IdentityKey
    recovery_auth_secret: DerivedSecret = Field(repr=False)
    vault: SealedVault
    wraps: Wraps

    @model_validator(mode="after")
    def _new_password(self) -> VaultCompletion:
        if (self.salt is None) != (self.new_auth_secret is None):
            raise ValueError("salt and new_auth_secret belong together")
        return self


class VaultRewrite(Wire):
    """The next version of the vault under the same vault key."""

    auth_secret: DerivedSecret = Field(repr=False)
    vault: SealedVault


def _kind(body: Any) -> str:
    given = body if isinstance(body, dict) else vars(body) if isinstance(body, Wire) else {}
    return "completion" if "identity_public_key" in given else "rewrite"


VaultBody = Annotated[
    Annotated[VaultCompletion, Tag("completion")] | Annotated[VaultRewrite, Tag("rewrite")], Discriminator(_kind)
]


class SealedPins(Wire):
    version: int = Field(ge=1, lt=2**31)
    sealed: Annotated[Base64Bytes, Field(min_length=28, max_length=MAX_PINS_BYTES)]
