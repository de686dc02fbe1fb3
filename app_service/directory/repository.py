"""Every query on people, devices and keys; reads name the account that they are for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Subquery,
    and_,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    tuple_,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app_service.models import (
    Block,
    Connection,
    Device,
    DeviceList,
    JoinRequest,
    KeyPackage,
    MlKemKey,
    Participant,
    User,
)

_Account = InstrumentedAttribute[UUID]
_LIVE = ("pending", "connected")
MAX_NUMBER: Final = 2**63 - 1
"""Of an ML-KEM key: what a column holds. Statements and transcripts can say more."""


@dataclass(frozen=True)
class DeviceKeys:
    """The certified key of a device, and those of its ML-KEM keys that were asked for, by number."""

    device_id: UUID
    user_id: UUID
    signature_key: bytes
    revoked: bool
    ml_kem: dict[int, bytes] = field(default_factory=dict)


async def people(
    session: AsyncSession, caller: UUID, search: str, after: str, limit: int
) -> Sequence[Row[UUID, str, Connection | None]]:
    """Accounts by name, with their live connection to the caller as the caller may see it."""
    hidden_from_caller = and_(Connection.hidden, Connection.requester_id != caller)
    connected = and_(_pair(caller), Connection.state.in_(_LIVE), ~hidden_from_caller)
    query = (
        select(User.id, User.username, Connection)
        .outerjoin(Connection, connected)
        .where(User.id != caller, User.username > after, ~_blocked_either_way(caller))
        .order_by(User.username)
        .limit(limit)
    )
    if search:
        query = query.where(User.username.contains(search, autoescape=True))
    return (await session.execute(query)).all()


def _pair(caller: UUID) -> ColumnElement[bool]:
    return or_(
        and_(Connection.low_user_id == caller, Connection.high_user_id == User.id),
        and_(Connection.high_user_id == caller, Connection.low_user_id == User.id),
    )


def _blocked_either_way(caller: UUID) -> ColumnElement[bool]:
    return exists().where(
        or_(
            and_(Block.user_id == caller, Block.blocked_id == User.id),
            and_(Block.user_id == User.id, Block.blocked_id == caller),
        )
    )


def _acquaintances(owners: Collection[UUID], viewer: UUID | None = None) -> Subquery:
    """Who may see these accounts' keys: connected, asked by them, in one conversation, or where they ask to come in."""

    def pairs(owner: _Account, other: _Account, *rules: ColumnElement[bool]) -> Select[UUID, UUID]:
        seen = select(owner.label("owner"), other.label("viewer")).where(owner.in_(owners), *rules)
        return seen if viewer is None else seen.where(other == viewer)

    low, high = Connection.low_user_id, Connection.high_user_id
    connected = [
        pairs(owner, other, Connection.state.in_(_LIVE), or_(~Connection.hidden, Connection.requester_id != owner))
        for owner, other in ((low, high), (high, low))
    ]
    mine, theirs = aliased(Participant), aliased(Participant)
    together = pairs(
        mine.user_id,
        theirs.user_id,
        mine.conversation_id == theirs.conversation_id,
        mine.user_id != theirs.user_id,
    )
    # Whoever asks to come into a room shows its members the keys that they are to verify.
    asked = pairs(
        JoinRequest.user_id,
        Participant.user_id,
        JoinRequest.room_id == Participant.conversation_id,
        JoinRequest.declined.is_(False),
        Participant.left_seq.is_(None),
    )
    return union(*connected, together, asked).subquery()


async def acquaintances(session: AsyncSession, user_id: UUID) -> set[UUID]:
    return set(await session.scalars(select(_acquaintances([user_id]).c.viewer)))


async def users_with_visible_keys(session: AsyncSession, caller: UUID, user_ids: Collection[UUID]) -> Sequence[User]:
    """Those of the accounts whose keys the caller may see."""
    visible = select(_acquaintances(user_ids, caller).c.owner)
    query = select(User).where(User.id.in_(user_ids), or_(User.id == caller, User.id.in_(visible)))
    return (await session.scalars(query)).all()


async def lists_since(session: AsyncSession, since: Mapping[UUID, int]) -> dict[UUID, list[DeviceList]]:
    """Of each account the lists behind a version, in order."""
    newer = [and_(DeviceList.user_id == user_id, DeviceList.version > version) for user_id, version in since.items()]
    found: dict[UUID, list[DeviceList]] = {user_id: [] for user_id in since}
    for row in await session.scalars(select(DeviceList).where(or_(false(), *newer)).order_by(DeviceList.version)):
        found[row.user_id].append(row)
    return found


async def newest_list(session: AsyncSession, user_id: UUID) -> DeviceList | None:
    query = select(DeviceList).where(DeviceList.user_id == user_id).order_by(DeviceList.version.desc()).limit(1)
    return await session.scalar(query)


async def devices(session: AsyncSession, user_ids: Collection[UUID]) -> Sequence[Device]:
    return (await session.scalars(select(Device).where(Device.user_id.in_(user_ids)).order_by(Device.id))).all()


async def newest_ml_kem_keys(session: AsyncSession, device_ids: Collection[UUID]) -> dict[UUID, MlKemKey]:
    newest = (
        select(MlKemKey.device_id, func.max(MlKemKey.number).label("number"))
        .where(MlKemKey.device_id.in_(device_ids))
        .group_by(MlKemKey.device_id)
        .subquery()
    )
    query = select(MlKemKey).join(
        newest, and_(MlKemKey.device_id == newest.c.device_id, MlKemKey.number == newest.c.number)
    )
    return {key.device_id: key for key in await session.scalars(query)}


async def ml_kem_keys(session: AsyncSession, device_ids: Collection[UUID]) -> Sequence[MlKemKey]:
    """All that these devices ever published, in order: commits of the past name them by number."""
    query = select(MlKemKey).where(MlKemKey.device_id.in_(device_ids)).order_by(MlKemKey.device_id, MlKemKey.number)
    return (await session.scalars(query)).all()


async def live_device(session: AsyncSession, user_id: UUID, device_id: UUID, *, lock: bool = False) -> Device | None:
    """An unrevoked device of the account."""
    query = select(Device).where(Device.id == device_id, Device.user_id == user_id, Device.revoked_at.is_(None))
    if lock:
        query = query.with_for_update(key_share=True)  # rows that refer to the device need not wait
    return await session.scalar(query.execution_options(populate_existing=lock))


async def device_exists(session: AsyncSession, device_id: UUID) -> bool:
    """Whether any account has it: ids are unique across all of them."""
    return await session.scalar(select(Device.id).where(Device.id == device_id)) is not None


async def device_keys(
    session: AsyncSession, device_ids: Collection[UUID], ml_kem: Collection[tuple[UUID, int]] = ()
) -> dict[UUID, DeviceKeys]:
    """Keys of devices that the caller's conversation names; unknown ids and numbers are missing from the answer."""
    found = {
        device.id: DeviceKeys(device.id, device.user_id, device.signature_key, device.revoked_at is not None)
        for device in await session.scalars(select(Device).where(Device.id.in_(device_ids)))
    }
    named = [(device_id, number) for device_id, number in ml_kem if number <= MAX_NUMBER]
    if named:
        query = select(MlKemKey).where(tuple_(MlKemKey.device_id, MlKemKey.number).in_(named))
        for key in await session.scalars(query):
            if key.device_id in found:
                found[key.device_id].ml_kem[key.number] = key.encapsulation_key
    return found


async def live_devices(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Certified, unrevoked devices of each account; an account without one has an empty list."""
    query = select(Device.user_id, Device.id).where(Device.user_id.in_(user_ids), Device.revoked_at.is_(None))
    found: dict[UUID, list[UUID]] = {user_id: [] for user_id in user_ids}
    for user_id, device_id in await session.execute(query.order_by(Device.id)):
        found[user_id].append(device_id)
    return found


async def key_packages(session: AsyncSession, device_id: UUID) -> Sequence[KeyPackage]:
    return (await session.scalars(select(KeyPackage).where(KeyPackage.device_id == device_id))).all()


async def next_key_package(session: AsyncSession, device_id: UUID, valid_until: datetime) -> KeyPackage | None:
    """The oldest one-time package that lives long enough, else the last resort."""
    query = (
        select(KeyPackage)
        .where(KeyPackage.device_id == device_id, KeyPackage.not_after >= valid_until)
        .order_by(KeyPackage.last_resort, KeyPackage.id)
        .limit(1)
    )
    return await session.scalar(query)


async def lock_device(session: AsyncSession, device_id: UUID) -> None:
    """Wait for whoever changes the device or takes of its key packages."""
    await session.execute(select(Device.id).where(Device.id == device_id).with_for_update(key_share=True))


async def delete_key_packages(session: AsyncSession, device_id: UUID) -> None:
    await session.execute(delete(KeyPackage).where(KeyPackage.device_id == device_id))


async def delete_stale_key_packages(session: AsyncSession, device_id: UUID, valid_until: datetime) -> None:
    """Packages that would never be given out again."""
    query = delete(KeyPackage).where(KeyPackage.device_id == device_id, KeyPackage.not_after < valid_until)
    await session.execute(query)
