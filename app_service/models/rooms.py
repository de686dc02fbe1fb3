"""Conversations of many people, as far as the server may know them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app_service.models.base import Model


class Room(Model):
    """Its id is its conversation's. Name and topic are in the group: only the hash of its profile is known here."""

    __tablename__ = "rooms"

    id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(24))
    founder_device_id: Mapped[UUID | None]
    policy: Mapped[bytes | None]
    """Who may do what, as the newest commit that changed it said; None before the first one."""
    profile_hash: Mapped[bytes | None]
    ended_at: Mapped[datetime | None]
