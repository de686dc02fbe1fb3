"""Files that people send: what the server knows of them, which is their size. The bytes are in the blob store."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from app_service.models.base import Model


class Attachment(Model):
    """One file, encrypted by its sender's client.

    Without a conversation it belongs to nobody any more: the row stays until its bytes are removed, also when the
    conversation or the account is deleted.
    """

    __tablename__ = "attachments"
    __table_args__ = (Index(None, "completed_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="SET NULL"), index=True
    )
    uploader_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    """Of the ciphertext, all chunks together."""
    created_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    sent: Mapped[bool] = mapped_column(server_default=false(), default=False)
    """Whether a message was taken whose sender said that it speaks of this file. Which one is not kept."""
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    """When that message disappears, and the file with it."""


class AttachmentChunk(Model):
    """A chunk that is in the blob store."""

    __tablename__ = "attachment_chunks"

    attachment_id: Mapped[UUID] = mapped_column(ForeignKey("attachments.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[bytes]
