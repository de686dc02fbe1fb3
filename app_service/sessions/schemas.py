"""Wire shapes of sessions."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app_service.conversations.schemas import (
    Content,
    DeliveredUpTo,
    LostDeviceView,
    MemberDevice,
    Position,
    SeenUpTo,
)
from shared.schemas.base import Base64Bytes, Time, Wire

State = Literal["waiting_for_devices", "establishing", "active", "terminated"]


class SessionPeer(Wire):
    id: UUID
    username: str


class SessionView(Wire):
    """A session as one of its two people sees it. There is deliberately no key in it."""

    id: UUID
    user1_id: UUID
    user2_id: UUID
    peer: SessionPeer
    created_at: Time
    is_active: bool
    state: State
    waiting_for: list[UUID]
    accepted_by: UUID
    founder_device_id: UUID | None
    generation: int
    epoch: int
    seq: int
    chain_0: Base64Bytes
    chain: Base64Bytes
    ml_kem_keys: list[Base64Bytes]
    members: list[MemberDevice]
    lost: list[LostDeviceView]
    last_message_at: Time | None
    my_read_seq: int
    unread: int
    delivered: list[DeliveredUpTo]
    seen: list[SeenUpTo]
    closed_by: Literal["member", "server"] | None


class SessionList(Wire):
    items: list[SessionView]


class NewSession(Wire):
    user_id: UUID


class Termination(Wire):
    """With a group, `message` is the member's last message, sealed in `epoch` under `client_id`."""

    session_id: UUID | None = None
    client_id: UUID | None = None
    epoch: Position | None = None
    message: Content | None = None


class RotationRequest(Wire):
    session_id: UUID | None = None


class RotationAsked(Wire):
    asked: Annotated[int, Field(ge=0)]
