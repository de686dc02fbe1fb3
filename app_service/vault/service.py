"""The vault and the pins: stored sealed, versioned, and written only on top of what the writer has seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app_service.accounts import repository as accounts
from app_service.accounts.schemas import Proof
from app_service.accounts.service import AccountService, proven
from app_service.accounts.tokens import Caller
from app_service.db import Unit
from app_service.models import Pins, Vault, VaultWrap
from app_service.models.base import now
from app_service.realtime.events import Events
from app_service.vault import repository
from app_service.vault.schemas import (
    SealedPins,
    SealedWrap,
    StoredVault,
    StoredWraps,
    VaultCompletion,
    VaultRewrite,
)
from shared.encoding import SUITE
from shared.errors import Malformed, NotFound, PreconditionFailed

KEPT_VERSIONS: Final = 5
KEPT_FOR: Final = timedelta(days=30)


@dataclass(frozen=True, repr=False)
class VaultService:
    accounts: AccountService

    async def complete(self, caller: Caller, body: VaultCompletion, address: str) -> StoredVault:
        """Give an account its identity and first vault; of two browsers the second hears 412 `vault_exists` (P2.5)."""
        verifier = await self.accounts.prove(caller.user_id, Proof(auth_secret=body.auth_secret), address)
        recovery = await self.accounts.passwords.verifier(body.recovery_auth_secret)
        new_verifier = None
        if body.new_auth_secret is not None:
            new_verifier = await self.accounts.passwords.verifier(body.new_auth_secret)
        async with self.accounts.database.write() as unit:
            user = await proven(unit, caller.user_id, verifier)
            if user.identity_public_key is not None or await repository.newest_vault(unit.session, user.id):
                raise PreconditionFailed("vault_exists", "This account has a vault already. Open that one.")
            user.identity_public_key, user.suite = body.identity_public_key, SUITE
            user.recovery_hash = recovery
            if new_verifier is not None and body.salt is not None:
                user.salt, user.password_hash, user.password_origin = body.salt, new_verifier, "browser"
                await self.accounts.sign_ins.end(unit, user.id, because="password_changed", but=caller.sign_in_id)
            unit.session.add(Vault(user_id=user.id, version=1, sealed=body.vault, created_at=now()))
            for kind, sealed in body.wraps:
                unit.session.add(VaultWrap(user_id=user.id, kind=kind, version=1, sealed=sealed))
            await unit.session.flush()
            return await read(unit.session, user.id)

    async def rewrite(self, caller: Caller, body: VaultRewrite, seen: int, address: str) -> StoredVault:
        """Store the version after `seen`; 412 `vault_changed` when there is a newer one."""
        verifier = await self.accounts.prove(caller.user_id, Proof(auth_secret=body.auth_secret), address)
        async with self.accounts.database.write() as unit:
            user = await proven(unit, caller.user_id, verifier)
            await write_next(unit, user.id, body.vault, seen)
            return await read(unit.session, user.id)


async def write_next(unit: Unit, user_id: UUID, sealed: bytes, seen: int) -> int:
    """Store the version after `seen` of a locked account and say its number; 412 `vault_changed` if another did."""
    newest = await repository.newest_vault(unit.session, user_id)
    if newest is None or newest.version != seen:
        raise PreconditionFailed("vault_changed", "Another browser wrote the vault. Read it again.")
    version, moment = seen + 1, now()
    unit.session.add(Vault(user_id=user_id, version=version, sealed=sealed, created_at=moment))
    await unit.session.flush()
    await repository.keep_newest(unit.session, user_id, version - KEPT_VERSIONS + 1)
    return version


async def forget_old(session: AsyncSession, at: datetime) -> None:
    """Delete versions that were replaced longer ago than `KEPT_FOR`, of all accounts."""
    await repository.forget_replaced(session, at - KEPT_FOR)


async def read(session: AsyncSession, user_id: UUID) -> StoredVault:
    newest = await repository.newest_vault(session, user_id)
    if newest is None:
        raise NotFound("no_vault", "This account has no vault yet.")
    wraps = {
        wrap.kind: SealedWrap(version=wrap.version, sealed=wrap.sealed)
        for wrap in await repository.wraps(session, user_id)
    }
    return StoredVault(
        version=newest.version, vault=newest.sealed, wraps=StoredWraps(**wraps), updated_at=newest.created_at
    )


async def read_pins(session: AsyncSession, user_id: UUID) -> SealedPins | None:
    pins = await repository.pins(session, user_id)
    return None if pins is None else SealedPins(version=pins.version, sealed=pins.sealed)


async def write_pins(unit: Unit, events: Events, user_id: UUID, body: SealedPins, seen: int) -> SealedPins:
    """Store the version after `seen` (0: none yet); 412 `pins_changed` when that is not what is stored (P3.2)."""
    if body.version != seen + 1:
        raise Malformed("malformed", "The version must be the one after that of If-Match.")
    await accounts.locked_user(unit.session, user_id)
    pins = await repository.pins(unit.session, user_id)
    if (pins.version if pins else 0) != seen:
        raise PreconditionFailed("pins_changed", "Another browser wrote the pins. Read, merge, write again.")
    if pins is None:
        unit.session.add(Pins(user_id=user_id, version=body.version, sealed=body.sealed, updated_at=now()))
    else:
        pins.version, pins.sealed, pins.updated_at = body.version, body.sealed, now()
    await events.record(unit, "pins_changed", {user_id: {"version": body.version}})
    return body
