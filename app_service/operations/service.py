"""What the service says about itself, from what it already knows: no call to quantum_service per request."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app_service import VERSION
from app_service.db import Database
from app_service.installation import Installation
from app_service.models import ServerSetting
from app_service.models.base import now
from app_service.notary import Notaries, NotaryKeeper
from app_service.operations.schemas import (
    DatabaseHealth,
    Health,
    Limits,
    NotaryKeys,
    PublicConfig,
    PublicNotaryKey,
    QuantumServiceHealth,
)
from app_service.quantum_monitor import QuantumMonitor
from app_service.settings import Settings
from shared.encoding import SUITE
from shared.errors import ApiError, Unavailable

DATABASE_SECONDS: Final = 2.0
"""A probe that waits longer than a platform does would have a healthy app restarted."""


@dataclass(frozen=True, repr=False)
class Operations:
    settings: Settings
    database: Database
    installation: Installation
    monitor: QuantumMonitor
    notaries: Notaries
    limits: Limits

    async def reach_database(self) -> None:
        """503 `database_unavailable` when it cannot be asked."""
        try:
            async with asyncio.timeout(DATABASE_SECONDS), self.database.read() as session:
                await session.execute(text("SELECT 1"))
        except (SQLAlchemyError, TimeoutError) as error:
            raise Unavailable("database_unavailable", "The database cannot be reached.", retry_after=2) from error

    async def write_to_database(self) -> None:
        """503 `database_unavailable` when it keeps nothing."""
        try:
            async with asyncio.timeout(DATABASE_SECONDS), self.database.write() as unit:
                # Another value each time: SQLite writes nothing when nothing changes.
                await unit.session.merge(ServerSetting(name="tried_at", value=now().isoformat()))
        except (SQLAlchemyError, TimeoutError) as error:
            raise Unavailable("database_unavailable", "The database cannot be written.", retry_after=2) from error

    async def health(self) -> Health:
        database = await self._database_health()
        quantum = self._quantum_health()
        well = database.status == "ok" and quantum.status == "ok" and self.notaries.state == "ready"
        return Health(
            status="ok" if well else "degraded",
            version=VERSION,
            database=database,
            quantum_service=quantum,
            notary=self.notaries.state,
        )

    async def _database_health(self) -> DatabaseHealth:
        kind: Literal["sqlite", "postgresql"] = "sqlite" if self.database.is_sqlite else "postgresql"
        try:
            await self.reach_database()
        except ApiError:
            return DatabaseHealth(status="unavailable", kind=kind)
        try:
            # Tried only after a failure: it ends the trouble also when nobody else writes.
            if self.database.writes_fail:
                await self.write_to_database()
        except ApiError:
            return DatabaseHealth(status="read_only", kind=kind)
        return DatabaseHealth(status="ok", kind=kind)

    def _quantum_health(self) -> QuantumServiceHealth:
        seen = self.monitor.health if self.monitor.available else None
        return QuantumServiceHealth(
            status=seen.status if seen else "unavailable",
            providers=seen.providers if seen else None,
            entropy=seen.entropy if seen else None,
            url_set=self.settings.quantum_api_url is not None,
        )

    def config(self) -> PublicConfig:
        return PublicConfig(
            version=VERSION,
            environment=self.settings.azure_env,
            server_name=self.installation.server_name,
            suites=[SUITE],
            limits=self.limits,
            websocket=self.settings.enable_websocket,
            notary_keys=NotaryKeys(establish=_public(self.notaries.establish), receipt=_public(self.notaries.receipt)),
            quantum_service="ok" if self.monitor.available else "unavailable",
        )


def _public(keeper: NotaryKeeper) -> PublicNotaryKey | None:
    key = keeper.public
    return None if key is None else PublicNotaryKey(number=key.number, public_key=key.public_key, suite=key.suite)
