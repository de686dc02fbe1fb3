"""Named locks for what must happen once, whatever number of processes start together."""

from __future__ import annotations

import hashlib

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def hold(session: AsyncSession, name: str) -> None:
    """Hold the lock `name` until the writing transaction of `session` ends.

    SQLite's immediate transactions already exclude each other; PostgreSQL has advisory locks.
    """
    if session.get_bind().dialect.name == "postgresql":
        # Whoever holds it may take long, with a migration for instance.
        await session.execute(text("SET LOCAL lock_timeout = 0"))
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
