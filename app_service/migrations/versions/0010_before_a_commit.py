"""What a room was before a commit that changes it, for the generation that undoes the commit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("commits") as commits:
        commits.add_column(sa.Column("policy_before", sa.LargeBinary(), nullable=True))
        commits.add_column(sa.Column("profile_hash_before", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("commits") as commits:
        commits.drop_column("profile_hash_before")
        commits.drop_column("policy_before")
