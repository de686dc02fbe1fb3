"""Who agreed to talk with whom, and who does not want to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app_service.models.base import Model

_LIVE = text("state IN ('pending', 'connected')")


class Connection(Model):
    """A request and what became of it; at most one live row per pair."""

    __tablename__ = "connections"
    __table_args__ = (
        Index(
            "uq_connections_live_pair",
            "low_user_id",
            "high_user_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index(None, "high_user_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    low_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    """The smaller id of the two, so that a pair has one spelling."""
    high_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    requester_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(12))
    hidden: Mapped[bool] = mapped_column(server_default=false())
    """Made towards somebody who blocks the requester: reaches nobody, and the requester cannot tell."""
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    requester_key_hash: Mapped[bytes | None]
    addressee_key_hash: Mapped[bytes | None]
    """Account-key hashes as the requester saw them when asking."""
    answer_requester_key_hash: Mapped[bytes | None]
    answer_addressee_key_hash: Mapped[bytes | None]
    """The same as the one asked saw them when answering."""


class Block(Model):
    __tablename__ = "blocks"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    blocked_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    created_at: Mapped[datetime]
