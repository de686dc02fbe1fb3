"""Wire shapes of rooms. Names and topics are in the group: the server has none to show."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from app_service.conversations.schemas import (
    Content,
    DeliveredUpTo,
    LostDeviceView,
    MemberDevice,
    Position,
    SeenUpTo,
)
from shared.schemas.base import Base64Bytes, Time, Wire

RoomState = Literal["establishing", "active", "terminated"]
RoleName = Literal["member", "moderator", "owner"]


class RoomPerson(Wire):
    id: UUID
    username: str
    role: RoleName


class RoomView(Wire):
    """A room as one of its people sees it. Who has left sees it as it was then."""

    id: UUID
    creator_id: UUID
    created_at: Time
    is_active: bool
    state: RoomState
    founder_device_id: UUID | None
    generation: int
    epoch: int
    seq: int
    chain_0: Base64Bytes
    chain: Base64Bytes
    policy: Base64Bytes | None
    profile_hash: Base64Bytes | None
    ml_kem_keys: list[Base64Bytes]
    people: list[RoomPerson]
    members: list[MemberDevice]
    lost: list[LostDeviceView]
    left: bool
    last_message_at: Time | None
    my_read_seq: int
    unread: int
    delivered: list[DeliveredUpTo]
    seen: list[SeenUpTo]


class RoomList(Wire):
    items: list[RoomView]


class Invitee(Wire):
    user_id: UUID


class LastWord(Wire):
    """A member's last message, sealed in `epoch` under `client_id`."""

    client_id: UUID
    epoch: Position
    message: Content
