"""Every query on vaults and pins, each for one account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app_service.models import Pins, Vault, VaultWrap


async def newest_vault(session: AsyncSession, user_id: UUID) -> Vault | None:
    query = select(Vault).where(Vault.user_id == user_id).order_by(Vault.version.desc()).limit(1)
    return await session.scalar(query)


async def wraps(session: AsyncSession, user_id: UUID) -> Sequence[VaultWrap]:
    return (await session.scalars(select(VaultWrap).where(VaultWrap.user_id == user_id))).all()


async def wrap(session: AsyncSession, user_id: UUID, kind: str) -> VaultWrap | None:
    return await session.scalar(select(VaultWrap).where(VaultWrap.user_id == user_id, VaultWrap.kind == kind))


async def put_wrap(session: AsyncSession, user_id: UUID, kind: str, version: int, sealed: bytes) -> None:
    """Replace the wrap of one way in; the earlier one is gone."""
    query = update(VaultWrap).where(VaultWrap.user_id == user_id, VaultWrap.kind == kind)
    await session.execute(query.values(version=version, sealed=sealed))


async def keep_newest(session: AsyncSession, user_id: UUID, keep_from: int) -> None:
    await session.execute(delete(Vault).where(Vault.user_id == user_id, Vault.version < keep_from))


async def forget_replaced(session: AsyncSession, since: datetime) -> None:
    """Delete every version whose successor was made before `since`: never an account's newest."""
    # The accounts with more than one version are found in the primary key alone: few rewrite a vault.
    several = select(Vault.user_id).group_by(Vault.user_id).having(func.count() > 1)
    other = aliased(Vault)
    successor = (
        select(func.max(other.version))
        .where(other.user_id == Vault.user_id, other.created_at < since)
        .correlate(Vault)
        .scalar_subquery()
    )
    query = delete(Vault).where(Vault.user_id.in_(several), Vault.version < successor)
    await session.execute(query.execution_options(synchronize_session=False))


async def pins(session: AsyncSession, user_id: UUID) -> Pins | None:
    return await session.scalar(select(Pins).where(Pins.user_id == user_id))
