"""Rooms, and people who are not in a conversation any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rooms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("founder_device_id", sa.Uuid(), nullable=True),
        sa.Column("policy", sa.LargeBinary(), nullable=True),
        sa.Column("profile_hash", sa.LargeBinary(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["conversations.id"], name=op.f("fk_rooms_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rooms")),
    )
    op.add_column("participants", sa.Column("left_seq", sa.BigInteger(), nullable=True))
