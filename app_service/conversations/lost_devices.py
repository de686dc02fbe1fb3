"""Devices that cannot go on, and what others need to add them again (PROTOCOL.md 9.2).

Promises: a request is kept only for the device that made it, at a place of the log that there is, with a key package of
its own; it is told to both accounts in the same transaction, and is gone when the device has been added.
Does not: decide who is added. Members verify the request and make the commits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations import repository
from app_service.conversations.authenticated_data import Leaf
from app_service.conversations.entries import Author, ConversationKind
from app_service.conversations.lost_state import LostState, read_lost_state
from app_service.conversations.refusals import already_added, bad_lost_state, not_active, not_in_group, nothing_lost
from app_service.conversations.schemas import ClaimedPackage, ClaimedPackages, LostStatePost
from app_service.db import Database, Unit
from app_service.directory import repository as directory
from app_service.directory.key_package import MIN_REMAINING
from app_service.directory.key_packages import checked_key_package
from app_service.models import Device, LostDevice, Member
from app_service.models.base import now
from app_service.quantum_client import QuantumClient
from app_service.realtime.events import DomainEvent, Events
from shared.encoding import Label, MalformedEncoding
from shared.errors import Forbidden, Malformed, Unavailable
from shared.schemas.quantum import VerifyItem


@dataclass(frozen=True)
class StateLost(DomainEvent):
    """A device asked to be added to a group again."""

    conversation_id: UUID
    kind: ConversationKind


@dataclass(frozen=True, repr=False)
class LostDeviceService:
    database: Database
    events: Events
    quantum: QuantumClient
    server_name: str

    async def ask(self, author: Author, conversation_id: UUID, body: LostStatePost) -> None:
        """Keep the request of a device; it takes the place of an earlier one."""
        try:
            lost = read_lost_state(body.statement)
        except MalformedEncoding as error:
            raise bad_lost_state("Not a lost-state statement.") from error
        own = (lost.server_name, lost.user_id, lost.device_id, lost.conversation_id)
        if own != (self.server_name, *author, conversation_id):
            raise bad_lost_state("The statement is of another device, conversation or server.")
        if hashlib.sha256(body.key_package).digest() != lost.package_hash:
            raise bad_lost_state("The statement names another key package.")
        async with self.database.read() as session:
            device = await _check_place(session, author, lost)
        await self._verify(device, body)
        async with self.database.write() as unit:
            await repository.lock_accounts(unit.session, conversation_id)
            device = await _check_place(unit.session, author, lost)
            await _keep(unit, device, conversation_id, body)
            await self.events.publish(
                unit, StateLost(conversation_id, await repository.kind(unit.session, conversation_id))
            )

    async def _verify(self, device: Device, body: LostStatePost) -> None:
        """Healing never waits for quantum_service: members verify what we could not."""
        try:
            item = VerifyItem(
                label=Label.LOST_STATE,
                public_key=device.signature_key,
                message=body.statement,
                signature=body.signature,
            )
            (verdict,) = await self.quantum.verify([item])
        except Unavailable:
            return
        except ValidationError as error:
            raise Malformed("bad_signature", "Not a signature.") from error
        if not verdict.valid:
            raise Malformed("bad_signature", "The statement is not signed by this device.")


async def _check_place(session: AsyncSession, author: Author, lost: LostState) -> Device:
    """The asking device; raises unless the statement fits the log and tells of something that is still so."""
    log = await repository.log_for(session, author, lost.conversation_id)
    if not log.open:
        raise not_active()
    device = await directory.live_device(session, author.user_id, author.device_id)
    if device is None:
        raise Forbidden("device_required", "This device is revoked.")
    if lost.generation != log.generation or lost.epoch > log.epoch:
        raise bad_lost_state("The statement names an epoch that there is not.")
    if await repository.chain_at(session, log, lost.seq) != lost.chain:
        raise bad_lost_state("The statement names another log.")
    joined = log.view.joined_seq
    if log.view.reads_on and joined is not None and joined > lost.seq:
        raise already_added()
    return device


async def _keep(unit: Unit, device: Device, conversation_id: UUID, body: LostStatePost) -> None:
    contents = checked_key_package(device, body.key_package, 0)
    await unit.session.merge(
        LostDevice(
            conversation_id=conversation_id,
            device_id=device.id,
            user_id=device.user_id,
            statement=body.statement,
            signature=body.signature,
            key_package=body.key_package,
            not_after=contents.not_after,
            created_at=now(),
        )
    )


async def claim_for_adding(session: AsyncSession, author: Author, conversation_id: UUID) -> ClaimedPackages:
    """The packages of those who asked and are not in the group, for a device that is."""
    leaves = await repository.leaves(session, conversation_id)
    if Leaf(*author) not in leaves:
        raise not_in_group()
    query = (
        select(LostDevice)
        .join(Device, Device.id == LostDevice.device_id)
        .outerjoin(
            Member, (Member.conversation_id == LostDevice.conversation_id) & (Member.device_id == LostDevice.device_id)
        )
        .where(
            LostDevice.conversation_id == conversation_id,
            LostDevice.not_after >= now() + MIN_REMAINING,
            Device.revoked_at.is_(None),
            Member.device_id.is_(None) | Member.removed_seq.is_not(None),
        )
        .order_by(LostDevice.device_id)
    )
    return ClaimedPackages(
        items=[
            ClaimedPackage(user_id=lost.user_id, device_id=lost.device_id, key_package=lost.key_package)
            for lost in await session.scalars(query)
        ]
    )


async def packages_for_generation(
    session: AsyncSession, author: Author, conversation_id: UUID, generation: int
) -> dict[UUID, bytes]:
    """What devices offered with their requests, for a member's device that asked itself and begins the next group."""
    log = await repository.log_for(session, author, conversation_id)
    if Leaf(*author) not in await repository.leaves(session, conversation_id):
        raise not_in_group()
    asked = await session.get(LostDevice, (conversation_id, author.device_id))
    if generation != log.generation + 1 or asked is None:
        raise nothing_lost()
    query = select(LostDevice).where(
        LostDevice.conversation_id == conversation_id, LostDevice.not_after >= now() + MIN_REMAINING
    )
    return {lost.device_id: lost.key_package for lost in await session.scalars(query)}


async def forget(session: AsyncSession, conversation_id: UUID, device_ids: Collection[UUID]) -> None:
    """These devices have been added."""
    await session.execute(
        delete(LostDevice).where(LostDevice.conversation_id == conversation_id, LostDevice.device_id.in_(device_ids))
    )
