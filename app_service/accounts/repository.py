"""Every query on accounts and sign-ins; reads name the account that they are for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.models import Device, SignIn, User, Vault


async def user_by_login(session: AsyncSession, name: str) -> User | None:
    """By username or, when it looks like one, by e-mail address."""
    column = User.email if "@" in name else User.username
    return await session.scalar(select(User).where(column == name))


async def user(session: AsyncSession, user_id: UUID) -> User:
    """The caller's own row: a valid token means that it is there."""
    return (await session.execute(select(User).where(User.id == user_id))).scalar_one()


async def locked_user(session: AsyncSession, user_id: UUID) -> User:
    query = select(User).where(User.id == user_id).with_for_update().execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one()


async def lock_users(session: AsyncSession, user_ids: Collection[UUID]) -> None:
    """Make changes between these accounts wait for each other; always in the order that events use."""
    await session.execute(select(User.id).where(User.id.in_(user_ids)).order_by(User.id).with_for_update())


async def taken(session: AsyncSession, username: str, email: str, user_id: UUID) -> User | None:
    """An account that already has one of these."""
    query = select(User).where(or_(User.username == username, User.email == email, User.id == user_id)).limit(1)
    return await session.scalar(query)


async def newest_vault_version(session: AsyncSession, user_id: UUID) -> int | None:
    return await session.scalar(select(func.max(Vault.version)).where(Vault.user_id == user_id))


async def recovery_verifier(session: AsyncSession, user_id: UUID) -> str | None:
    return await session.scalar(select(User.recovery_hash).where(User.id == user_id))


async def sign_in(session: AsyncSession, user_id: UUID, sign_in_id: UUID) -> SignIn | None:
    return await session.scalar(select(SignIn).where(SignIn.id == sign_in_id, SignIn.user_id == user_id))


async def live_sign_in(session: AsyncSession, user_id: UUID, sign_in_id: UUID) -> SignIn | None:
    found = await sign_in(session, user_id, sign_in_id)
    return found if found is not None and found.revoked_at is None else None


async def live_sign_ins(session: AsyncSession, user_id: UUID, at: datetime) -> Sequence[SignIn]:
    """The account's own, the one that was used last first."""
    live = (SignIn.user_id == user_id, SignIn.revoked_at.is_(None), SignIn.expires_at > at)
    query = select(SignIn).where(*live).order_by(SignIn.last_used_at.desc(), SignIn.id.desc())
    return (await session.scalars(query)).all()


async def locked_sign_in(session: AsyncSession, sign_in_id: UUID) -> SignIn | None:
    """The row behind a refresh token, which is its own proof of who asks."""
    return await session.scalar(select(SignIn).where(SignIn.id == sign_in_id).with_for_update())


async def end_sign_ins(
    session: AsyncSession,
    user_id: UUID,
    at: datetime,
    *,
    because: str,
    only: UUID | None = None,
    but: UUID | None = None,
    of_device: UUID | None = None,
) -> Sequence[UUID]:
    """Revoke the account's live sign-ins (only one, all but one, those of a device) and say which they were."""
    query = update(SignIn).where(SignIn.user_id == user_id, SignIn.revoked_at.is_(None))
    query = query.values(revoked_at=at, ended_because=because)
    if only is not None:
        query = query.where(SignIn.id == only)
    if but is not None:
        query = query.where(SignIn.id != but)
    if of_device is not None:
        query = query.where(SignIn.device_id == of_device)
    return (await session.scalars(query.returning(SignIn.id))).all()


async def forget_expired_sign_ins(session: AsyncSession, at: datetime) -> None:
    """Of all accounts. Ended ones stay as long as their refresh token would have been good, to say why they ended."""
    await session.execute(delete(SignIn).where(SignIn.expires_at < at))


async def touch_device(session: AsyncSession, device_id: UUID, at: datetime) -> None:
    """Not worth waiting for: whoever holds the device (it is bound, or revoked) may wait for our sign-in."""
    free = select(Device.id).where(Device.id == device_id).with_for_update(skip_locked=True)
    await session.execute(update(Device).where(Device.id.in_(free)).values(last_seen_at=at))


async def usernames(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await session.execute(select(User.id, User.username).where(User.id.in_(user_ids)))
    return {each[0]: each[1] for each in rows}
