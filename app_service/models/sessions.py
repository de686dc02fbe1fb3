"""Private conversations of two people."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app_service.models.base import Model

_LIVE = text("state <> 'terminated'")


class Session(Model):
    """Its id is its conversation's. `user1_id` asked, `user2_id` accepted."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index(
            "uq_sessions_live_pair",
            "low_user_id",
            "high_user_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index(None, "user1_id"),
        Index(None, "user2_id"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    user1_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    user2_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    low_user_id: Mapped[UUID]
    high_user_id: Mapped[UUID]
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(24))
    accepted_by: Mapped[UUID]
    founder_device_id: Mapped[UUID | None]
    terminated_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(8))
