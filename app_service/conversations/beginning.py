"""The empty log of a new conversation."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from uuid_utils.compat import uuid7

from app_service.conversations import chain
from app_service.conversations.entries import ConversationKind
from app_service.db import Unit
from app_service.models import Conversation, Participant
from app_service.models.base import now


async def begin_log(unit: Unit, kind: ConversationKind, people: Sequence[UUID], server_name: str) -> Conversation:
    """A log for these people; the first of them is its creator."""
    identifier, creator_id = uuid7(), people[0]
    first = chain.first_link(identifier, creator_id, server_name)
    conversation = Conversation(
        id=identifier,
        kind=kind,
        creator_id=creator_id,
        created_at=now(),
        open=False,
        generation=0,
        epoch=0,
        seq=0,
        chain_0=first,
        chain=first,
        last_entry_at=None,
    )
    unit.session.add(conversation)
    await unit.session.flush()
    for user_id in people:
        unit.session.add(Participant(conversation_id=identifier, user_id=user_id, read_seq=0, left_seq=None))
    return conversation
