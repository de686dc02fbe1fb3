"""People, devices and keys over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, status

from app_service.accounts.access import AccountCaller, BoundCaller
from app_service.accounts.schemas import PRINTABLE, normalised
from app_service.db import Reading, Writing
from app_service.directory import key_packages, people
from app_service.directory.people import Online
from app_service.directory.schemas import (
    AccountKeys,
    Bound,
    Challenge,
    ChallengeAnswer,
    DeviceAdded,
    KeyPackageStock,
    KeyPackageUpload,
    KeysAsked,
    KeysOfMany,
    MlKemKeyTaken,
    NewDevice,
    OwnDevices,
    People,
    Revocation,
    SignedMlKemKey,
)
from app_service.directory.service import DirectoryService
from app_service.rate_limits import RateLimits

router = APIRouter(prefix="/api", tags=["people and devices"])


async def _service(request: Request) -> DirectoryService:
    directory: DirectoryService = request.app.state.directory
    return directory


async def _online(request: Request) -> Online:
    online: Online = request.app.state.online
    return online


async def _limited(request: Request, caller: BoundCaller) -> None:
    limits: RateLimits = request.app.state.limits
    await limits.device_key(str(caller.device_id))


Directory = Annotated[DirectoryService, Depends(_service)]


@router.get("/users/available")
async def available(
    caller: AccountCaller,
    session: Reading,
    online: Annotated[Online, Depends(_online)],
    q: Annotated[str, Query(max_length=64, pattern=PRINTABLE)] = "",
    after: Annotated[str, Query(max_length=64, pattern=PRINTABLE)] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> People:
    return await people.available(session, caller, search=normalised(q), after=after, limit=limit, online=online)


@router.get("/users/{user_id}/keys")
async def keys(
    user_id: UUID,
    caller: AccountCaller,
    session: Reading,
    since: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    replaced: bool = False,
) -> AccountKeys:
    return await people.keys(session, caller, user_id, since, replaced=replaced)


@router.post("/users/keys")
async def keys_of_many(body: KeysAsked, caller: AccountCaller, session: Reading) -> KeysOfMany:
    """Whoever comes into a room needs the keys of all who are in it."""
    items = await people.keys_of_many(session, caller, body.since, replaced=body.replaced)
    return KeysOfMany(items=items)


@router.get("/devices")
async def own_devices(caller: AccountCaller, session: Reading) -> OwnDevices:
    return await people.own_devices(session, caller)


@router.post("/devices/challenge")
async def challenge(caller: AccountCaller, directory: Directory) -> Challenge:
    return directory.challenge(caller)


@router.post("/devices", status_code=status.HTTP_201_CREATED)
async def add_device(body: NewDevice, caller: AccountCaller, directory: Directory) -> DeviceAdded:
    return await directory.add_device(caller, body)


@router.get("/devices/key-packages")
async def key_package_stock(caller: BoundCaller, session: Reading) -> KeyPackageStock:
    return await key_packages.stock(session, caller.device_id)


@router.post("/devices/key-packages")
async def upload_key_packages(body: KeyPackageUpload, caller: BoundCaller, unit: Writing) -> KeyPackageStock:
    return await key_packages.upload(unit, caller, body)


@router.post("/devices/ml-kem-keys", dependencies=[Depends(_limited)])
async def replace_ml_kem_key(body: SignedMlKemKey, caller: BoundCaller, directory: Directory) -> MlKemKeyTaken:
    return await directory.replace_ml_kem_key(caller, body)


@router.post("/devices/{device_id}/bind")
async def bind(device_id: UUID, body: ChallengeAnswer, caller: AccountCaller, directory: Directory) -> Bound:
    return await directory.bind(caller, device_id, body)


@router.delete("/devices/{device_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke(device_id: UUID, body: Revocation, caller: BoundCaller, directory: Directory) -> None:
    await directory.revoke(caller.user_id, device_id, body)
