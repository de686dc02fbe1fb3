"""What was made once with the database: the server's name and the key that hides which usernames exist."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_bytes

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app_service.db import Database
from app_service.locks import hold
from app_service.models.server import ServerSetting
from shared.encoding import from_base64url, to_base64url
from shared.settings import ConfigurationError


@dataclass(frozen=True, repr=False)
class Installation:
    server_name: str
    parameters_key: bytes
    """HMAC key of the salts that `login/parameters` invents for unknown names (P2.6)."""


async def load_installation(database: Database, wanted_name: str | None) -> Installation:
    """Read or make both; every password and signature depends on the name, so another `SERVER_NAME` stops the start."""
    async with database.write() as unit:
        await hold(unit.session, "installation")
        name = await _setting(unit.session, "server_name", wanted_name or str(uuid7()))
        key = await _setting(unit.session, "parameters_key", to_base64url(token_bytes(32)))
    if wanted_name is not None and wanted_name != name:
        raise ConfigurationError(
            f"Cannot start: SERVER_NAME is {wanted_name}, but this database was made as {name}; "
            "passwords and keys are bound to that name. Set SERVER_NAME back or leave it out."
        )
    return Installation(name, from_base64url(key))


async def _setting(session: AsyncSession, name: str, initial: str) -> str:
    stored = await session.scalar(select(ServerSetting.value).where(ServerSetting.name == name))
    if stored is not None:
        return stored
    session.add(ServerSetting(name=name, value=initial))
    await session.flush()
    return initial
