"""Brings the database to the newest revision when the service starts."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app_service.db import Database
from app_service.locks import hold
from shared.settings import ConfigurationError


async def migrate(database: Database) -> None:
    """Run what is missing in one transaction, so that a failed start leaves the old schema.

    Several processes may start at once: SQLite's immediate transaction and PostgreSQL's advisory lock let one through;
    the others then find nothing to do.
    """
    async with database.write() as unit:
        await hold(unit.session, "migrations")
        connection = await unit.session.connection()
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if unknown := set(MigrationContext.configure(connection).get_current_heads()) - known:
        raise ConfigurationError(
            f"Cannot start: a newer QuantumChat has already changed this database (revision {', '.join(unknown)}), and "
            "there is no way back but a backup from before. Start that version."
        )
    command.upgrade(config, "head")
