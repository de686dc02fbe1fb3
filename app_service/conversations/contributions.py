"""Contributions of quantum_service, for recipients that the committing client chose (PROTOCOL.md 7.1).

No unit is open while quantum_service is asked. What is given out here is not kept: the commit brings it back, signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app_service.conversations import repository
from app_service.conversations.authenticated_data import Leaf
from app_service.conversations.entries import Author
from app_service.conversations.refusals import (
    epoch_conflict,
    not_active,
    not_establishing,
    not_in_group,
    recipient_key_replaced,
    revoked_device,
    unknown_recipient,
)
from app_service.conversations.repository import Log
from app_service.conversations.room_commits import accounts_for, policy_of
from app_service.conversations.schemas import ContributionAnswer, ContributionRequest
from app_service.conversations.transcript import contribution_id
from app_service.db import Database
from app_service.directory import repository as directory
from app_service.directory.repository import DeviceKeys
from app_service.notary import NotaryKeeper
from app_service.quantum_client import QuantumClient
from shared.schemas.quantum import EstablishRequest, Recipient


@dataclass(frozen=True, repr=False)
class ContributionService:
    database: Database
    quantum: QuantumClient
    notary: NotaryKeeper

    async def draw(self, author: Author, conversation_id: UUID, body: ContributionRequest) -> ContributionAnswer:
        """A signed transcript for the next epoch of this group."""
        async with self.database.read() as session:
            await _check_place(session, author, conversation_id, body)
            recipients = await _recipients(session, author, conversation_id, body)
        notary = self.notary.current()
        answer = await self.quantum.establish(
            EstablishRequest(
                notary_public_key=notary.public_key,
                notary_wrapped_private_key=notary.wrapped_private_key,
                conversation_id=conversation_id,
                generation=body.generation,
                epoch=body.epoch,
                nonce=body.nonce,
                purpose=body.purpose,
                require=body.require,
                recipients=recipients,
            )
        )
        return ContributionAnswer(
            contribution_id=contribution_id(answer.transcript),
            transcript=answer.transcript,
            signature=answer.signature,
        )


async def _check_place(session: AsyncSession, author: Author, conversation_id: UUID, body: ContributionRequest) -> None:
    """Founding while there is no group or of the next generation, else rotating, in the current epoch."""
    log = await repository.log_for(session, author, conversation_id)
    if (body.generation, body.epoch, body.purpose) == (log.generation + 1, 0, "found"):
        await _check_rotating(session, author, log)
        return
    if (body.generation, body.epoch) != (log.generation, log.epoch):
        raise epoch_conflict([])  # nothing was made yet that missing rows could tell of
    await (_check_founding if body.purpose == "found" else _check_rotating)(session, author, log)


async def _check_founding(session: AsyncSession, author: Author, log: Log) -> None:
    if log.epoch > 0 or await repository.state(session, log.conversation_id) != "establishing":
        raise not_establishing()


async def _check_rotating(session: AsyncSession, author: Author, log: Log) -> None:
    if not log.open:
        raise not_active()
    if Leaf(*author) not in await repository.leaves(session, log.conversation_id):
        raise not_in_group()


async def _recipients(
    session: AsyncSession, author: Author, conversation_id: UUID, body: ContributionRequest
) -> list[Recipient]:
    named = {choice.device_id for choice in body.recipients}
    keys = await directory.device_keys(session, named)
    newest = await directory.newest_ml_kem_keys(session, named)
    accounts = await repository.participants(session, conversation_id)
    if await policy_of(session, conversation_id) is not None:
        accounts |= await accounts_for(session, conversation_id, author, {device.user_id for device in keys.values()})
        if body.purpose == "found":
            # The next generation brings back whom the commit took out that nobody followed.
            accounts |= await repository.left(session, conversation_id)
    for choice in body.recipients:
        _check_recipient(keys, accounts, choice.device_id)
        if choice.device_id not in newest or choice.number > newest[choice.device_id].number:
            raise unknown_recipient()
    behind = {choice.device_id for choice in body.recipients if choice.number < newest[choice.device_id].number}
    if behind:
        raise recipient_key_replaced({keys[device_id].user_id for device_id in behind})
    return [
        Recipient(
            device_id=choice.device_id,
            number=choice.number,
            encapsulation_key=newest[choice.device_id].encapsulation_key,
        )
        for choice in body.recipients
    ]


def _check_recipient(keys: Mapping[UUID, DeviceKeys], accounts: set[UUID], device_id: UUID) -> None:
    """P6.9: a device that its account's newest list revokes is no recipient."""
    device = keys.get(device_id)
    if device is None or device.user_id not in accounts:
        raise unknown_recipient()
    if device.revoked:
        raise revoked_device()
