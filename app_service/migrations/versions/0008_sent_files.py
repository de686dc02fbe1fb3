"""Whether a message speaks of a file. Of those that are there nobody knows: they are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attachments", sa.Column("sent", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE attachments SET sent = (completed_at IS NOT NULL)")
