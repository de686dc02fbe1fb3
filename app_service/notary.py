"""Notary keys, one per purpose: made once, kept as blobs that only quantum_service opens (P11.2)."""

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

_MASTER_KEY_ID: Final = slice(1, 9)
"""Where a wrapped key names its master key: `u8 version ‖ master key id (8) ‖ …`."""

NotaryState = Literal["ready", "pending", "notary_unavailable"]
Purpose = Literal["establish", "receipt"]
_WORST_FIRST: Final[tuple[NotaryState, ...]] = ("notary_unavailable", "pending", "ready")


@dataclass(frozen=True, repr=False)
class Notary:
    """What signing calls need; `number` counts the keys of this purpose from 1."""

    number: int
    suite: str
    public_key: bytes
    wrapped_private_key: bytes


class NotaryKeeper:
    """The key of one purpose.

    `pending` until it was made; `notary_unavailable` when quantum_service has another master key than it.
    """

    def __init__(self, database: Database, client: QuantumClient, purpose: Purpose) -> None:
        self._database = database
        self._client = client
        self._purpose: Final = purpose
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
            self._notary = await _stored(session, self._purpose)
        self.state = "pending" if self._notary is None else "ready"

    async def follow(self, health: QuantumHealth) -> None:
        """Make the key when it is missing, and compare it with the master key that quantum_service has now."""
        if self._notary is None:
            pair = await self._client.keygen(KeygenRequest(algorithm="hybrid", usage=f"sign:{self._purpose}"))
            self._notary = await self._store(pair)
        fits = self._notary.wrapped_private_key[_MASTER_KEY_ID].hex() == health.master_key_id
        state: NotaryState = "ready" if fits else "notary_unavailable"
        if state != self.state:
            say = log.info if fits else log.warning
            say("notary_state", purpose=self._purpose, state=state)
        self.state = state

    async def _store(self, pair: KeyPair) -> Notary:
        """Keep `pair`, unless another process was first: then its key is the one."""
        async with self._database.write() as unit:
            await hold(unit.session, "notary")
            stored = await _stored(unit.session, self._purpose)
            if stored is not None:
                return stored
            unit.session.add(
                NotaryKey(
                    purpose=self._purpose,
                    number=1,
                    suite=SUITE,
                    public_key=pair.public_key,
                    wrapped_private_key=pair.wrapped_private_key,
                    created_at=now(),
                )
            )
        return Notary(1, SUITE, pair.public_key, pair.wrapped_private_key)


@dataclass(frozen=True, repr=False)
class Notaries:
    """The keepers of all purposes, and their state as one."""

    establish: NotaryKeeper
    receipt: NotaryKeeper

    async def load(self) -> None:
        for keeper in self._all:
            await keeper.load()

    async def follow(self, health: QuantumHealth) -> None:
        for keeper in self._all:
            await keeper.follow(health)

    @property
    def state(self) -> NotaryState:
        """The worst of them."""
        states = {keeper.state for keeper in self._all}
        return next(state for state in _WORST_FIRST if state in states)

    @property
    def _all(self) -> tuple[NotaryKeeper, NotaryKeeper]:
        return (self.establish, self.receipt)


async def _stored(session: AsyncSession, purpose: Purpose) -> Notary | None:
    query = select(NotaryKey).where(NotaryKey.purpose == purpose).order_by(NotaryKey.number.desc()).limit(1)
    row = await session.scalar(query)
    return None if row is None else Notary(row.number, row.suite, row.public_key, row.wrapped_private_key)
