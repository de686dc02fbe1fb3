"""Whom one can find, and the keys one may see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app_service.accounts import repository as accounts
from app_service.accounts.tokens import Caller
from app_service.directory import repository
from app_service.directory.schemas import (
    AccountKeys,
    ConnectionState,
    OwnDevice,
    OwnDevices,
    People,
    Person,
    PublishedDevice,
    SignedList,
    SignedMlKemKey,
)
from app_service.models import Connection, Device, MlKemKey
from shared.errors import NotFound

Online = Callable[[Collection[UUID]], Set[UUID]]
"""Which of these accounts have an open socket."""


async def available(
    session: AsyncSession, caller: Caller, *, search: str, after: str, limit: int, online: Online
) -> People:
    """A page of people, by name."""
    rows = await repository.people(session, caller.user_id, search, after, limit + 1)
    page = rows[:limit]
    present = online([user_id for user_id, _, _ in page])
    items = [
        Person(id=user_id, username=name, online=user_id in present, connection=_state(caller.user_id, connection))
        for user_id, name, connection in page
    ]
    return People(items=items, next=page[-1][1] if len(rows) > limit else None)


def _state(caller: UUID, connection: Connection | None) -> ConnectionState:
    if connection is None:
        return "none"
    if connection.state == "connected":
        return "connected"
    return "pending_out" if connection.requester_id == caller else "pending_in"


async def keys(session: AsyncSession, caller: Caller, user_id: UUID, since: int, *, replaced: bool) -> AccountKeys:
    """Everything that is needed to verify an account; 404 for strangers, as for accounts that do not exist."""
    found = await keys_of_many(session, caller, {user_id: since}, replaced=replaced)
    if not found:
        raise NotFound("not_found", "There is no such person.")
    return found[0]


async def keys_of_many(
    session: AsyncSession, caller: Caller, since: Mapping[UUID, int], *, replaced: bool
) -> list[AccountKeys]:
    """The same of each of these accounts that the caller may see, in a fixed number of queries.

    `replaced`: with the ML-KEM keys of the past, which only a reader of old commits has a use for.
    """
    users = await repository.users_with_visible_keys(session, caller.user_id, since.keys())
    lists = await repository.lists_since(session, {user.id: since[user.id] for user in users})
    devices = await repository.devices(session, [user.id for user in users])
    ids = [device.id for device in devices]
    newest = await repository.newest_ml_kem_keys(session, ids)
    former: dict[UUID, list[MlKemKey]] = {device_id: [] for device_id in ids}
    for key in await repository.ml_kem_keys(session, ids) if replaced else ():
        former[key.device_id].append(key)
    return [
        AccountKeys(
            user_id=user.id,
            username=user.username,
            identity_public_key=user.identity_public_key,
            lists=[
                SignedList(version=row.version, statement=row.statement, signature=row.signature)
                for row in lists[user.id]
            ],
            devices=[
                _published(device, newest.get(device.id), former[device.id])
                for device in devices
                if device.user_id == user.id
            ],
        )
        for user in users
    ]


def _published(device: Device, newest: MlKemKey | None, former: Sequence[MlKemKey]) -> PublishedDevice:
    return PublishedDevice(
        id=device.id,
        certificate=device.certificate,
        certificate_signature=device.certificate_signature,
        revoked=device.revoked_at is not None,
        ml_kem=newest and _signed(newest),
        replaced_ml_kem=[_signed(key) for key in former if key is not newest],
    )


def _signed(key: MlKemKey) -> SignedMlKemKey:
    return SignedMlKemKey(number=key.number, statement=key.statement, signature=key.signature)


async def own_devices(session: AsyncSession, caller: Caller) -> OwnDevices:
    user = await accounts.user(session, caller.user_id)
    items = [
        OwnDevice(
            id=device.id,
            created_at=device.created_at,
            last_seen_at=device.last_seen_at,
            revoked_at=device.revoked_at,
            current=device.id == caller.device_id,
        )
        for device in await repository.devices(session, [user.id])
    ]
    return OwnDevices(items=items, list_version=user.list_version)
