"""Wire shapes of rooms. Names and topics are in the group: the server has none to show."""

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

RoomState = Literal["establishing", "active", "terminated"]
RoleName = Literal["member", "moderator", "owner"]


class RoomPerson(Wire):
    id: UUID
    username: str
    role: RoleName


class Joining(Wire):
    """Somebody who waits to be let in, for those who may do it."""

    user_id: UUID
    username: str
    created_at: Time


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
    joining: list[Joining]
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


class LinkPost(Wire):
    """A link that the next commit takes up into the policy; `sealed_key` opens with its seed alone."""

    link_id: UUID
    sealed_key: Annotated[Base64Bytes, Field(min_length=1, max_length=4096)]


class Inviter(Wire):
    id: UUID
    username: str


class LinkView(Wire):
    """What a link leads to, for whoever holds it and may come in."""

    room_id: UUID
    link_id: UUID
    generation: int
    public_key: Base64Bytes
    sealed_key: Base64Bytes
    inviter: Inviter
    expires_at: Time
    approval: bool


class JoinPost(Wire):
    """What the joiner signed with the link's key, and the key package with which their device is to be added."""

    statement: Annotated[Base64Bytes, Field(max_length=1024)]
    signature: Annotated[Base64Bytes, Field(max_length=1024)]
    key_package: Annotated[Base64Bytes, Field(max_length=16_384)]


JoinState = Literal["waiting", "declined", "over"]


class JoinView(Wire):
    """One's own request. `over`: let in, or withdrawn."""

    room_id: UUID
    inviter: Inviter
    state: JoinState
    expires_at: Time
    created_at: Time


class JoinList(Wire):
    items: list[JoinView]


class RequestView(Wire):
    """A request as whoever lets people in needs it."""

    user_id: UUID
    device_id: UUID
    statement: Base64Bytes
    signature: Base64Bytes
    key_package: Base64Bytes


class RequestList(Wire):
    items: list[RequestView]
