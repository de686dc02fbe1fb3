"""One log per conversation, whatever its kind, and who may read it from where on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app_service.models.base import Model

_COMMITS = text("kind = 'commit'")
_FADING = text("expires_at IS NOT NULL")


class Conversation(Model):
    """The head of a log. Its row lock orders everything that is appended."""

    __tablename__ = "conversations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    creator_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    open: Mapped[bool]
    """Whether the log takes entries: from the first founding commit to the last entry."""
    generation: Mapped[int] = mapped_column(BigInteger, default=0)
    epoch: Mapped[int] = mapped_column(BigInteger, default=0)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    chain_0: Mapped[bytes]
    chain: Mapped[bytes]
    last_entry_at: Mapped[datetime | None]
    timer: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Seconds after which the messages of the present epoch disappear, as its members agreed; 0: never."""


class Participant(Model):
    """An account of a conversation, and how far it has read; once it has left or was removed, its log ends there."""

    __tablename__ = "participants"

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    read_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    seen_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """How far of that the others are told; it stays behind while the person tells nobody."""
    left_seq: Mapped[int | None] = mapped_column(BigInteger, default=None)


class Member(Model):
    """A device in the group, as the commits' authenticated data said."""

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("conversation_id", "sender_tag"),)

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True, index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    sender_tag: Mapped[bytes]
    joined_seq: Mapped[int] = mapped_column(BigInteger)
    """Seq of the commit that added it; bodies after it are for this device."""
    removed_seq: Mapped[int | None] = mapped_column(BigInteger)
    """Seq behind which nothing is for it: of the commit that put it out, or of its person's leave before that."""
    delivered_seq: Mapped[int] = mapped_column(BigInteger, default=0)


class EarlierStay(Model):
    """A time in which a device was in the group, of one that was added again since."""

    __tablename__ = "earlier_stays"
    __table_args__ = (
        ForeignKeyConstraint(
            ["conversation_id", "device_id"], ["members.conversation_id", "members.device_id"], ondelete="CASCADE"
        ),
    )

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    joined_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    removed_seq: Mapped[int] = mapped_column(BigInteger)


class LogEntry(Model):
    """One row of the log. `content` may be deleted later; the chain fields never are."""

    __tablename__ = "log_entries"
    __table_args__ = (
        UniqueConstraint("sender_device_id", "client_id"),
        Index(
            "uq_log_entries_commit_epoch",
            "conversation_id",
            "generation",
            "epoch",
            unique=True,
            sqlite_where=_COMMITS,
            postgresql_where=_COMMITS,
        ),
        Index("ix_log_entries_fading", "expires_at", sqlite_where=_FADING, postgresql_where=_FADING),
    )

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    generation: Mapped[int] = mapped_column(BigInteger)
    epoch: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(12))
    sender_id: Mapped[UUID]
    sender_device_id: Mapped[UUID]
    sender_tag: Mapped[bytes]
    client_id: Mapped[UUID]
    timestamp: Mapped[datetime]
    body_hash: Mapped[bytes]
    chain: Mapped[bytes]
    content: Mapped[bytes | None]
    signature_falcon: Mapped[bytes | None]
    signature_ecdsa: Mapped[bytes | None]
    """Of a critical message: part of its body. `receipt` is the notary's statement on it."""
    receipt: Mapped[bytes | None]
    receipt_signature: Mapped[bytes | None]
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    """When the body is erased; null: never, or it is."""


class Commit(Model):
    """What a commit row carries beside its MLS message."""

    __tablename__ = "commits"
    __table_args__ = (
        ForeignKeyConstraint(
            ["conversation_id", "seq"], ["log_entries.conversation_id", "log_entries.seq"], ondelete="CASCADE"
        ),
    )

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    membership_changed: Mapped[bool]
    roster_hash: Mapped[bytes]
    contribution_id: Mapped[bytes | None]
    transcript: Mapped[bytes | None]
    transcript_signature: Mapped[bytes | None]
    policy_before: Mapped[bytes | None]
    """Of a room, when it changes them: what a new generation goes back to if nobody could follow the commit."""
    profile_hash_before: Mapped[bytes | None]
    timer_before: Mapped[int | None] = mapped_column(BigInteger, default=None)
    """The same of a session: after how many seconds its messages disappeared before this commit."""


class Welcome(Model):
    """A welcome of a commit, for the devices which that commit added."""

    __tablename__ = "welcomes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["conversation_id", "seq"], ["log_entries.conversation_id", "log_entries.seq"], ondelete="CASCADE"
        ),
    )

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]


class LostDevice(Model):
    """A device that asked to be added to the group (again), in its own signed words; gone when it was added."""

    __tablename__ = "lost_devices"

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    statement: Mapped[bytes]
    signature: Mapped[bytes]
    key_package: Mapped[bytes]
    """Only this one is given out for it: an old copy of a profile may have lost what belongs to the others."""
    not_after: Mapped[datetime]
    created_at: Mapped[datetime]


class KeyPackageClaim(Model):
    """Which key package a founder got for which device: the same one when it asks again."""

    __tablename__ = "key_package_claims"

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    founder_device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True)
    key_package: Mapped[bytes]
    not_after: Mapped[datetime]
    created_at: Mapped[datetime]
