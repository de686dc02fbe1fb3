"""Why a sign-in ended, for the browser that asks with it later."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_ins", sa.Column("ended_because", sa.String(length=20), nullable=True))
