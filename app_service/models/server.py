"""What belongs to the installation: its name, its own secrets' identifiers, its notary keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app_service.models.base import Model


class ServerSetting(Model):
    """`server_name` is made with the database and never changes."""

    __tablename__ = "server_settings"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str]


class NotaryKey(Model):
    """A signing key of one purpose; its private half is a blob that only quantum_service can open."""

    __tablename__ = "notary_keys"

    purpose: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    suite: Mapped[str] = mapped_column(String(64))
    public_key: Mapped[bytes]
    wrapped_private_key: Mapped[bytes]
    created_at: Mapped[datetime]
