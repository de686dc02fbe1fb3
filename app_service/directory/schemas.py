"""Wire shapes of people, their devices and keys."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from app_service.accounts.schemas import Uuid7
from shared.schemas.base import Base64Bytes, Time, Wire

MAX_KEY_PACKAGES: Final = 100
MAX_KEY_PACKAGE_BYTES: Final = 16_384
MAX_ACCOUNTS_ASKED: Final = 50
_MAX_STATEMENT_BYTES: Final = 65_536

Statement = Annotated[Base64Bytes, Field(min_length=1, max_length=_MAX_STATEMENT_BYTES)]
Signature = Annotated[Base64Bytes, Field(min_length=67, max_length=818)]
"""A hybrid signature: u16, at most 752 bytes of Falcon-512, 64 of ECDSA."""
KeyPackageBytes = Annotated[Base64Bytes, Field(min_length=1, max_length=MAX_KEY_PACKAGE_BYTES)]
ConnectionState = Literal["none", "pending_out", "pending_in", "connected"]


class Person(Wire):
    id: UUID
    username: str
    online: bool
    connection: ConnectionState


class People(Wire):
    items: list[Person]
    next: str | None


class SignedMlKemKey(Wire):
    number: int = Field(ge=1, lt=2**63)
    statement: Statement
    signature: Signature


class SignedList(Wire):
    version: int
    statement: Base64Bytes
    signature: Base64Bytes


class PublishedDevice(Wire):
    """A device as others see it; `ml_kem` is its newest key, `replaced_ml_kem` the others, if they were asked for."""

    id: UUID
    certificate: Base64Bytes
    certificate_signature: Base64Bytes
    revoked: bool
    ml_kem: SignedMlKemKey | None
    replaced_ml_kem: list[SignedMlKemKey]


class MlKemKeyTaken(Wire):
    number: int
    time: Time
    """When the server took it: from then on it refuses contributions for the one before."""


class AccountKeys(Wire):
    user_id: UUID
    username: str
    identity_public_key: Base64Bytes | None
    lists: list[SignedList]
    devices: list[PublishedDevice]


class KeysAsked(Wire):
    since: dict[UUID, Annotated[int, Field(ge=0, lt=2**31)]] = Field(min_length=1, max_length=MAX_ACCOUNTS_ASKED)
    """Of each account the version of its device list that the caller has; 0: none."""
    replaced: bool = False


class KeysOfMany(Wire):
    items: list[AccountKeys]


class OwnDevice(Wire):
    id: UUID
    created_at: Time
    last_seen_at: Time
    revoked_at: Time | None
    current: bool


class OwnDevices(Wire):
    items: list[OwnDevice]
    list_version: int


class Challenge(Wire):
    challenge: str
    expires_in: int


class ChallengeAnswer(Wire):
    challenge: Annotated[str, Field(max_length=1024)]
    challenge_signature: Signature


class NewDevice(ChallengeAnswer):
    device_id: Uuid7
    certificate: Statement
    certificate_signature: Signature
    list: Statement
    list_signature: Signature
    ml_kem: SignedMlKemKey


class Bound(Wire):
    """An access token that carries the device."""

    access_token: str = Field(repr=False)
    expires_in: int
    device_id: UUID


class DeviceAdded(Bound):
    list_version: int


class Revocation(Wire):
    list: Statement
    list_signature: Signature


class KeyPackageUpload(Wire):
    key_packages: list[KeyPackageBytes] = Field(max_length=MAX_KEY_PACKAGES)
    last_resort: KeyPackageBytes | None = None
    replace: bool = False
    """Nothing that was uploaded before is given out any more."""


class KeyPackageStock(Wire):
    count: int
    has_last_resort: bool
    time: Time
    """Now, for the lifetimes of the next ones: the browser's clock may be wrong."""
