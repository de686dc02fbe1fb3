"""Messages that disappear, and their files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_FADING = sa.text("expires_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("conversations", sa.Column("timer", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("log_entries", sa.Column("expires_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_log_entries_fading", "log_entries", ["expires_at"], sqlite_where=_FADING, postgresql_where=_FADING
    )
    op.add_column("attachments", sa.Column("expires_at", sa.BigInteger(), nullable=True))
