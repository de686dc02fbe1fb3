"""Alembic's entry: always on a connection that the caller opened (`migrate`)."""

from __future__ import annotations

from alembic import context

from app_service.models import Model

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Model.metadata,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
