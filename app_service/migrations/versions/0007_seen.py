"""How far others are told that somebody has read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participants", sa.Column("seen_seq", sa.BigInteger(), nullable=False, server_default="0"))
