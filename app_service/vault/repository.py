"""Every query on vaults and pins, each for one account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.models import Pins, Vault, VaultWrap


async def newest_vault(session: AsyncSession, user_id: UUID) -> Vault | None:
    query = select(Vault).where(Vault.user_id == user_id).order_by(Vault.version.desc()).limit(1)
    return await session.scalar(query)


async def wraps(session: AsyncSession, user_id: UUID) -> Sequence[VaultWrap]:
    return (await session.scalars(select(VaultWrap).where(VaultWrap.user_id == user_id))).all()


async def prune_vaults(session: AsyncSession, user_id: UUID, *, newest: int, keep_from: int, since: datetime) -> None:
    """Forget versions before `keep_from` and those made before `since`, but never the newest."""
    old = or_(Vault.version < keep_from, Vault.created_at < since)
    await session.execute(delete(Vault).where(Vault.user_id == user_id, Vault.version != newest, old))


async def pins(session: AsyncSession, user_id: UUID) -> Pins | None:
    return await session.scalar(select(Pins).where(Pins.user_id == user_id))
