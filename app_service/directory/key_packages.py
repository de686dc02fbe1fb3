"""Key packages: taken from devices, given out once (PROTOCOL 3.6)."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app_service.accounts.access import DeviceCaller
from app_service.db import Unit
from app_service.directory import repository
from app_service.directory.key_package import MIN_REMAINING, KeyPackageContents, check_key_package
from app_service.directory.schemas import KeyPackageStock, KeyPackageUpload
from app_service.mls import MalformedMls
from app_service.models import Device, KeyPackage
from app_service.models.base import now
from shared.errors import Conflict, Forbidden, Malformed

MAX_STOCK: Final = 200


class ClaimedKeyPackage(NamedTuple):
    key_package: bytes
    not_after: datetime


async def claim_key_package(unit: Unit, device_id: UUID) -> ClaimedKeyPackage | None:
    """Take one key package of a device: a one-time package is gone with this, the last resort stays.

    Packages with less than a day left are passed over; None when nothing is left to give.
    """
    # Passing over rows that an upload is about to replace would find nothing where there is always a last resort.
    await repository.lock_device(unit.session, device_id)
    found = await repository.next_key_package(unit.session, device_id, now() + MIN_REMAINING)
    if found is None:
        return None
    if not found.last_resort:
        await unit.session.delete(found)
        await unit.session.flush()
    return ClaimedKeyPackage(found.key_package, found.not_after)


async def stock(session: AsyncSession, device_id: UUID) -> KeyPackageStock:
    """What could still be claimed."""
    time = now()
    usable = [row for row in await repository.key_packages(session, device_id) if row.not_after >= time + MIN_REMAINING]
    last_resort = any(row.last_resort for row in usable)
    return KeyPackageStock(count=sum(not row.last_resort for row in usable), has_last_resort=last_resort, time=time)


async def upload(unit: Unit, caller: DeviceCaller, body: KeyPackageUpload) -> KeyPackageStock:
    """Store what the device offers; all of it or nothing. A new last resort takes the place of the old one."""
    device = await repository.live_device(unit.session, caller.user_id, caller.device_id, lock=True)
    if device is None:
        raise Forbidden("device_required", "This device is revoked.")
    if body.replace:
        await repository.delete_key_packages(unit.session, device.id)
    await repository.delete_stale_key_packages(unit.session, device.id, now() + MIN_REMAINING)
    stored = await repository.key_packages(unit.session, device.id)
    offered = [*body.key_packages, *([body.last_resort] if body.last_resort is not None else [])]
    if len({*offered, *(row.key_package for row in stored)}) != len(offered) + len(stored):
        raise Malformed("bad_key_package", "A key package was uploaded twice.")
    if len(stored) + len(body.key_packages) > MAX_STOCK:
        raise Conflict("too_many_key_packages", f"At most {MAX_STOCK} key packages are kept for a device.")
    _add(unit, device, body.key_packages, last_resort=False)
    if body.last_resort is not None:
        for row in stored:
            if row.last_resort:
                await unit.session.delete(row)
        _add(unit, device, [body.last_resort], last_resort=True)
    await unit.session.flush()
    return await stock(unit.session, device.id)


def _add(unit: Unit, device: Device, packages: list[bytes], *, last_resort: bool) -> None:
    for index, package in enumerate(packages):
        contents = checked_key_package(device, package, index)
        if contents.last_resort != last_resort:
            raise Malformed("bad_key_package", "Only the last resort is marked as one.", details={"index": index})
        unit.session.add(
            KeyPackage(
                id=uuid7(),
                device_id=device.id,
                key_package=package,
                not_after=contents.not_after,
                last_resort=last_resort,
                created_at=now(),
            )
        )


def checked_key_package(device: Device, package: bytes, index: int) -> KeyPackageContents:
    """What a package of this device says; 422 `bad_key_package` for any other."""
    try:
        return check_key_package(
            package, user_id=device.user_id, device_id=device.id, signature_key=device.signature_key, at=now()
        )
    except MalformedMls as error:
        raise Malformed("bad_key_package", f"A key package has {error}.", details={"index": index}) from error
