"""How long the messages of a session lasted before a commit changed that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("commits", sa.Column("timer_before", sa.BigInteger(), nullable=True))
