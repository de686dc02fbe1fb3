"""Pairs of people with devices, sign-ins and active sessions, made directly in the database."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from pydantic import SecretStr
from uuid_utils.compat import uuid7

from app_service.accounts.tokens import Tokens
from app_service.conversations.chain import first_link
from app_service.db import Database, database_url
from app_service.migrations import migrate
from app_service.models import (
    Connection,
    Conversation,
    Device,
    Member,
    Model,
    Participant,
    ServerSetting,
    Session,
    SignIn,
    User,
)
from app_service.models.base import now

EPOCH = 1
SERVER_NAME = "bench"


@dataclass(frozen=True)
class Person:
    user_id: str
    device_id: str
    token: str


@dataclass(frozen=True)
class Pair:
    """The first writes, the second reads."""

    conversation_id: str
    sender: Person
    receiver: Person


def make_world(url: str, jwt_secret: SecretStr, pairs: int) -> list[Pair]:
    """Make the database at `url`, which is empty."""
    return asyncio.run(_make_world(url, Tokens(jwt_secret.get_secret_value(), timedelta(days=1)), pairs))


async def _make_world(url: str, tokens: Tokens, count: int) -> list[Pair]:
    database = Database(database_url(url))
    await migrate(database)
    made = [_pair(number, tokens) for number in range(count)]
    # In this order every row finds what it refers to.
    for kind in (User, ServerSetting, Device, SignIn, Connection, Conversation, Participant, Member, Session):
        async with database.write() as unit:
            unit.session.add_all([row for rows, _ in made for row in rows if type(row) is kind])
            if kind is ServerSetting:
                unit.session.add(ServerSetting(name="server_name", value=SERVER_NAME))
    await database.dispose()
    return [pair for _, pair in made]


def _pair(number: int, tokens: Tokens) -> tuple[list[Model], Pair]:
    (first_rows, first), (second_rows, second) = (_person(f"{side}{number}", tokens) for side in "ab")
    users = [UUID(first.user_id), UUID(second.user_id)]
    return [
        *first_rows,
        *second_rows,
        *(rows := _session(users, [UUID(first.device_id), UUID(second.device_id)])),
    ], Pair(str(next(row.id for row in rows if isinstance(row, Session))), first, second)


def _person(name: str, tokens: Tokens) -> tuple[list[Model], Person]:
    user_id, device_id, sign_in_id, moment = uuid7(), uuid7(), uuid7(), now()
    user = User(
        id=user_id,
        username=name,
        email=f"{name}@example.org",
        created_at=moment,
        salt=os.urandom(16),
        password_hash="-",
        password_origin="browser",
        identity_public_key=os.urandom(962),
        list_version=1,
    )
    device = Device(
        id=device_id,
        user_id=user_id,
        created_at=moment,
        last_seen_at=moment,
        signature_key=os.urandom(962),
        list_version=1,
        certificate=os.urandom(1200),
        certificate_signature=os.urandom(720),
    )
    sign_in = SignIn(
        id=sign_in_id,
        user_id=user_id,
        device_id=device_id,
        created_at=moment,
        last_used_at=moment,
        expires_at=moment + timedelta(days=1),
        refresh_salt=os.urandom(16),
        rotated_at=moment,
    )
    token = tokens.access_token(user_id, sign_in_id, device_id, moment)
    return [user, device, sign_in], Person(str(user_id), str(device_id), token)


def _session(users: list[UUID], devices: list[UUID]) -> list[Model]:
    session_id, moment = uuid7(), now()
    low, high = sorted(users)
    start = first_link(session_id, users[0], SERVER_NAME)
    return [
        Connection(
            id=uuid7(),
            low_user_id=low,
            high_user_id=high,
            requester_id=users[0],
            state="connected",
            hidden=False,
            created_at=moment,
            answered_at=moment,
        ),
        Conversation(
            id=session_id,
            kind="session",
            creator_id=users[0],
            created_at=moment,
            open=True,
            epoch=EPOCH,
            chain_0=start,
            chain=start,
        ),
        Session(
            id=session_id,
            user1_id=users[0],
            user2_id=users[1],
            low_user_id=low,
            high_user_id=high,
            created_at=moment,
            state="active",
            accepted_by=users[1],
            founder_device_id=devices[1],
        ),
        *(Participant(conversation_id=session_id, user_id=user) for user in users),
        *(
            Member(conversation_id=session_id, device_id=device, user_id=user, sender_tag=os.urandom(16), joined_seq=0)
            for user, device in zip(users, devices, strict=True)
        ),
    ]
