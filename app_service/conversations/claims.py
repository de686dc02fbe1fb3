"""Key packages for founding a group, and for adding devices that asked (PROTOCOL.md 3.6, 4.1, 9.2).

Promises: a founder gets the same package for a device however often it asks, unless that one has less than a day left;
claiming is a transaction of its own, so that a package which was given out is never given to another group.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations import repository, statements
from app_service.conversations.entries import Author
from app_service.conversations.lost_devices import claim_for_adding, packages_for_generation
from app_service.conversations.refusals import (
    already_member,
    blocked,
    not_active,
    not_allowed,
    not_connected,
    not_establishing,
    not_found,
    not_in_group,
    waiting_for_devices,
)
from app_service.conversations.room_commits import policy_of
from app_service.conversations.room_generations import continued
from app_service.conversations.schemas import ClaimedPackage, ClaimedPackages, ClaimOptions
from app_service.conversations.statements import Standing
from app_service.db import Unit
from app_service.directory import repository as directory
from app_service.directory.key_package import MIN_REMAINING
from app_service.directory.key_packages import claim_key_package
from app_service.models import KeyPackageClaim
from app_service.models.base import now


async def claim(unit: Unit, author: Author, conversation_id: UUID, options: ClaimOptions) -> ClaimedPackages:
    """While founding one package of each device of the two accounts but the caller's; later of those who asked."""
    found, accounts = await _accounts(unit.session, author, conversation_id)
    if await repository.state(unit.session, conversation_id) != "active":
        return await _claim_for_founding(unit, author, conversation_id, accounts, {})
    if options.generation is None:
        return await claim_for_adding(unit.session, author, conversation_id)
    offered = await packages_for_generation(unit.session, author, conversation_id, options.generation)
    if found.kind == "session":
        return await _claim_for_founding(unit, author, conversation_id, accounts, offered)
    epoch = found.head.epoch if options.epoch is None else options.epoch
    # Whoever has no device that could come along is away in the next group.
    members = (await continued(unit.session, found.head, epoch)).members
    return ClaimedPackages(items=await _packages(unit, author, conversation_id, set(members), offered))


async def _claim_for_founding(
    unit: Unit, author: Author, conversation_id: UUID, accounts: set[UUID], offered: dict[UUID, bytes]
) -> ClaimedPackages:
    """What a device has offered with its request goes before what it has in stock."""
    items = await _packages(unit, author, conversation_id, accounts, offered)
    if {item.user_id for item in items} | {author.user_id} != accounts:
        raise waiting_for_devices()
    return ClaimedPackages(items=items)


async def _packages(
    unit: Unit, author: Author, conversation_id: UUID, accounts: set[UUID], offered: dict[UUID, bytes]
) -> list[ClaimedPackage]:
    devices = await directory.live_devices(unit.session, accounts)
    wanted = [(user, device) for user in sorted(accounts) for device in devices[user] if device != author.device_id]
    kept = await _kept(unit.session, conversation_id, author.device_id, now() + MIN_REMAINING) | offered
    items = []
    for user_id, device_id in wanted:
        package = kept.get(device_id) or await _new(unit, conversation_id, author.device_id, device_id)
        if package is not None:
            items.append(ClaimedPackage(user_id=user_id, device_id=device_id, key_package=package))
    return items


async def claim_for_invitation(unit: Unit, author: Author, conversation_id: UUID, user_id: UUID) -> ClaimedPackages:
    """One package of each device of a person whom the author may invite into the room."""
    await repository.lock_accounts(unit.session, conversation_id, {user_id})
    log = await repository.log_for(unit.session, author, conversation_id)
    policy = await policy_of(unit.session, conversation_id)
    if policy is None or not log.open:
        raise not_active()
    if not log.view.reads_on:
        raise not_in_group()
    if policy.role(author.user_id) < policy.settings.invite:
        raise not_allowed("invite")
    if user_id in policy.banned:
        raise not_allowed("banned")
    members = await repository.participants(unit.session, conversation_id)
    if user_id in members:
        raise already_member(conversation_id)
    if not await repository.connected_with(unit.session, author.user_id, [user_id]):
        raise not_connected()
    items = await _packages(unit, author, conversation_id, {user_id}, {})
    if not items:
        raise waiting_for_devices()
    return ClaimedPackages(items=items)


async def _accounts(session: AsyncSession, author: Author, conversation_id: UUID) -> tuple[Standing, set[UUID]]:
    """The accounts of a conversation that has a group or can be founded; locked, so that two claims never race."""
    await repository.lock_accounts(session, conversation_id)
    heads = await session.run_sync(lambda sync: statements.heads(sync.connection(), [conversation_id], lock=True))
    accounts = await repository.participants(session, conversation_id)
    if author.user_id not in accounts:
        raise not_found()
    state = await repository.state(session, conversation_id)
    if state == "waiting_for_devices":
        raise waiting_for_devices()
    if state not in ("establishing", "active"):
        raise not_establishing()
    if heads[conversation_id].blocked:
        raise blocked()
    if not heads[conversation_id].connected:
        raise not_connected()
    return heads[conversation_id], accounts


async def _kept(
    session: AsyncSession, conversation_id: UUID, founder_id: UUID, valid_until: datetime
) -> dict[UUID, bytes]:
    """What this founder was given before and can still use."""
    query = select(KeyPackageClaim).where(
        KeyPackageClaim.conversation_id == conversation_id,
        KeyPackageClaim.founder_device_id == founder_id,
        KeyPackageClaim.not_after >= valid_until,
    )
    return {claim.device_id: claim.key_package for claim in await session.scalars(query)}


async def _new(unit: Unit, conversation_id: UUID, founder_id: UUID, device_id: UUID) -> bytes | None:
    """A package that nobody had; None when the device has none left."""
    claimed = await claim_key_package(unit, device_id)
    if claimed is None:
        return None
    await unit.session.merge(
        KeyPackageClaim(
            conversation_id=conversation_id,
            founder_device_id=founder_id,
            device_id=device_id,
            key_package=claimed.key_package,
            not_after=claimed.not_after,
            created_at=now(),
        )
    )
    return claimed.key_package
