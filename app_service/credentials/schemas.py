"""Wire shapes of the ways into an account: the password and the recovery code."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from app_service.accounts.schemas import DerivedSecret, Name, RawPassword, Salt, SealedKey, SealedVault, UserSummary
from shared.schemas.base import Base64Bytes, Wire


class RecoverRequest(Wire):
    """`username` may be the e-mail address: nothing is derived from it here."""

    username: Name
    recovery_auth_secret: DerivedSecret = Field(repr=False)


class Recovery(Wire):
    """`recovery_token` goes where an access token would, to the vault and the password change and nowhere else."""

    recovery_token: str = Field(repr=False)
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - a kind of token
    expires_in: int
    user: UserSummary
    identity_public_key: Base64Bytes | None


class RawPasswordChange(Wire):
    """From `curl`, for an account that has no vault yet."""

    password: RawPassword
    new_password: RawPassword


class PasswordChange(Wire):
    """From the web client: the next vault, its key wrapped anew. With a recovery token there is no `auth_secret`."""

    auth_secret: DerivedSecret | None = Field(None, repr=False)
    salt: Salt
    new_auth_secret: DerivedSecret = Field(repr=False)
    vault: SealedVault
    wrap: SealedKey


class RecoveryCodeChange(Wire):
    """The next version of the vault, its key wrapped under another code as well."""

    auth_secret: DerivedSecret = Field(repr=False)
    recovery_auth_secret: DerivedSecret = Field(repr=False)
    vault: SealedVault
    wrap: SealedKey


def _kind(body: Any) -> str:
    given = body if isinstance(body, dict) else vars(body) if isinstance(body, Wire) else {}
    return "raw" if "new_password" in given else "derived"


PasswordBody = Annotated[
    Annotated[RawPasswordChange, Tag("raw")] | Annotated[PasswordChange, Tag("derived")], Discriminator(_kind)
]


class Changed(Wire):
    """`vault_version` is null for an account without a vault."""

    vault_version: int | None
    warnings: list[str] = Field(default_factory=list)
