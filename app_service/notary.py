"""The notary key of purpose `establish`: made once, kept as a blob that only quantum_service opens (P11.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.db import Database
from app_service.locks import hold
from app_service.models.base import now
from app_service.models.server import NotaryKey
from app_service.quantum_client import QuantumClient
from shared.encoding import SUITE
from shared.errors import Unavailable
from shared.logging import get_logger
from shared.schemas.quantum import KeygenRequest, KeyPair, QuantumHealth

log = get_logger("notary")

ESTABLISH: Final = "establish"
_MASTER_KEY_ID: Final = slice(1, 9)
"""Where a wrapped key names its master key: `u8 version ‖ master key id (8) ‖ …`."""

NotaryState = Literal["ready", "pending", "notary_unavailable"]


@dataclass(frozen=True, repr=False)
class Notary:
    """What `establish` calls need; `number` counts the keys of this purpose from 1."""

    number: int
    suite: str
    public_key: bytes
    wrapped_private_key: bytes


class NotaryKeeper:
    """`pending` until a key was made; `notary_unavailable` when quantum_service has another master key than it."""

    def __init__(self, database: Database, client: QuantumClient) -> None:
        self._database = database
        self._client = client
        self._notary: Notary | None = None
        self.state: NotaryState = "pending"

    @property
    def public(self) -> Notary | None:
        """The key as clients pin it, also while it cannot sign."""
        return self._notary

    def current(self) -> Notary:
        """The key to sign with; 503 `quantum_service_unavailable` while there is none that can."""
        if self._notary is None or self.state != "ready":
            raise Unavailable(
                "quantum_service_unavailable",
                "The server's notary key cannot be used at the moment. Nothing was changed.",
                details={"notary": self.state},
                retry_after=5,
            )
        return self._notary

    async def load(self) -> None:
        """Read the key that an earlier start made."""
        async with self._database.read() as session:
            self._notary = await _stored(session)
        self.state = "pending" if self._notary is None else "ready"

    async def follow(self, health: QuantumHealth) -> None:
        """Make the key when it is missing, and compare it with the master key that quantum_service has now."""
        if self._notary is None:
            pair = await self._client.keygen(KeygenRequest(algorithm="hybrid", usage="sign:establish"))
            self._notary = await self._store(pair)
        fits = self._notary.wrapped_private_key[_MASTER_KEY_ID].hex() == health.master_key_id
        state: NotaryState = "ready" if fits else "notary_unavailable"
        if state != self.state:
            log.warning("notary_state", state=state) if not fits else log.info("notary_state", state=state)
        self.state = state

    async def _store(self, pair: KeyPair) -> Notary:
        """Keep `pair`, unless another process was first: then its key is the one."""
        async with self._database.write() as unit:
            await hold(unit.session, "notary")
            stored = await _stored(unit.session)
            if stored is not None:
                return stored
            unit.session.add(
                NotaryKey(
                    purpose=ESTABLISH,
                    number=1,
                    suite=SUITE,
                    public_key=pair.public_key,
                    wrapped_private_key=pair.wrapped_private_key,
                    created_at=now(),
                )
            )
        return Notary(1, SUITE, pair.public_key, pair.wrapped_private_key)


async def _stored(session: AsyncSession) -> Notary | None:
    query = select(NotaryKey).where(NotaryKey.purpose == ESTABLISH).order_by(NotaryKey.number.desc()).limit(1)
    row = await session.scalar(query)
    return None if row is None else Notary(row.number, row.suite, row.public_key, row.wrapped_private_key)
