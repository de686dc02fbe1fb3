"""Signatures and receipts of critical messages.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COLUMNS = ("signature_falcon", "signature_ecdsa", "receipt", "receipt_signature")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("log_entries", sa.Column(name, sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    for name in reversed(_COLUMNS):
        op.drop_column("log_entries", name)
