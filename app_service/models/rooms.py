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


class RoomLink(Model):
    """What an invitation link leads to. Its rules are in the room's policy; here is what only its seed opens."""

    __tablename__ = "room_links"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    room_id: Mapped[UUID] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), index=True)
    creator_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    sealed_key: Mapped[bytes]
    """The private halves of the link's signature key, sealed by its maker's browser."""
    created_at: Mapped[datetime]


class JoinRequest(Model):
    """Somebody who asked to come in by a link, in words that they signed with its key; gone when they are in."""

    __tablename__ = "join_requests"

    room_id: Mapped[UUID] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"))
    link_id: Mapped[UUID]
    inviter_id: Mapped[UUID]
    statement: Mapped[bytes]
    signature: Mapped[bytes]
    key_package: Mapped[bytes]
    not_after: Mapped[datetime]
    """When the link ends, or the key package."""
    declined: Mapped[bool]
    created_at: Mapped[datetime]
