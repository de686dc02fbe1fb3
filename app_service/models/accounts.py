"""People, their sign-ins, and the sealed records only they can open."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app_service.models.base import Model


class User(Model):
    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(32), unique=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    created_at: Mapped[datetime]
    salt: Mapped[bytes]
    password_hash: Mapped[str] = mapped_column(String(80))
    password_origin: Mapped[str] = mapped_column(String(8))
    recovery_hash: Mapped[str | None] = mapped_column(String(80))
    identity_public_key: Mapped[bytes | None]
    suite: Mapped[str | None] = mapped_column(String(64))
    list_version: Mapped[int] = mapped_column(default=0)
    event_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    """Number of the account's newest event; its row lock orders the account's events."""


class SignIn(Model):
    """One sign-in of one program: a family of refresh tokens, of which only the newest is good."""

    __tablename__ = "sign_ins"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("devices.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    ended_because: Mapped[str | None] = mapped_column(String(20))
    refresh_salt: Mapped[bytes]
    refresh_number: Mapped[int] = mapped_column(default=0)
    rotated_at: Mapped[datetime]


class Vault(Model):
    __tablename__ = "vaults"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]


class VaultWrap(Model):
    """The vault key under one way in: `password` or `recovery`."""

    __tablename__ = "vault_wraps"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    version: Mapped[int]
    sealed: Mapped[bytes]


class Pins(Model):
    __tablename__ = "pins"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int]
    sealed: Mapped[bytes]
    updated_at: Mapped[datetime]


class Event(Model):
    """One thing that happened to an account, numbered 1, 2, 3 … without gaps."""

    __tablename__ = "events"
    __table_args__ = (Index(None, "created_at"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    type: Mapped[str] = mapped_column(String(40))
    payload: Mapped[str]
    created_at: Mapped[datetime]
