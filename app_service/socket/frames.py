"""Every frame of the WebSocket (docs/events.md).

Frames from clients are checked by these models. Frames to clients are written by whoever sends them, most from rows
that were serialised once for all; the models say what they hold, and tests hold them to it.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from uuid import UUID

import orjson
from pydantic import Field, PlainValidator, TypeAdapter, WithJsonSchema

from app_service.accounts.tokens import EndReason
from app_service.connections.schemas import ConnectionChange, ConnectionMade, RequestMade
from app_service.conversations.schemas import Acknowledgement, LogRow, MessageSend, Position
from app_service.rooms.schemas import JoinView, RoomView
from app_service.sessions.schemas import SessionView
from shared.schemas.base import Time, Wire

Token = Annotated[str, Field(max_length=4096)]


_MAX_CURSORS: Final = 10_000


def _cursors(given: Any) -> dict[UUID, int]:
    # Fails at the first bad entry: a report of each of a hundred thousand would take seconds.
    if not isinstance(given, dict) or len(given) > _MAX_CURSORS:
        raise ValueError("cursors by conversation are expected")
    for seq in given.values():
        if type(seq) is not int or not 0 <= seq < 2**63:
            raise ValueError("a cursor is a position of a log")
    return {UUID(log_id): seq for log_id, seq in given.items()}


Cursors = Annotated[
    dict[UUID, Position],
    PlainValidator(_cursors),
    WithJsonSchema(
        {"type": "object", "maxProperties": _MAX_CURSORS, "additionalProperties": {"type": "integer", "minimum": 0}}
    ),
]


class Hello(Wire):
    type: Literal["hello"]
    token: Token
    cursors: Cursors
    event_cursor: Position | None
    visible: bool = True
    """Whether others may know that this person is there."""


class MessageSendFrame(MessageSend):
    type: Literal["message_send"]


class MessageAckFromClient(Wire):
    """Everything up to `seq` is decrypted and stored on this device."""

    type: Literal["message_ack"]
    conversation_id: UUID
    seq: Position


class TypingFromClient(Wire):
    """Passed on to who reads the conversation now, and kept nowhere."""

    type: Literal["typing_start", "typing_stop"]
    conversation_id: UUID


class FreshToken(Wire):
    type: Literal["token"]
    token: Token


class Ping(Wire):
    type: Literal["ping"]


AnyClientFrame = Hello | MessageSendFrame | MessageAckFromClient | TypingFromClient | FreshToken | Ping
_CLIENT_FRAME: Final[TypeAdapter[AnyClientFrame]] = TypeAdapter(Annotated[AnyClientFrame, Field(discriminator="type")])


def read_frame(text: str) -> AnyClientFrame:
    """The frame in a client's text; `ValueError` for anything else."""
    return _CLIENT_FRAME.validate_python(orjson.loads(text))


class HelloOk(Wire):
    type: Literal["hello_ok"]
    user_id: UUID
    device_id: UUID
    heartbeat_seconds: int
    event_cursor: int
    resync: bool
    online: list[UUID]
    time: Time
    """By the server's clock, by which messages disappear."""


class MessageAck(Acknowledgement):
    type: Literal["message_ack"]


class MessageReceive(Wire):
    type: Literal["message_receive"]
    conversation_id: UUID
    rows: list[LogRow]
    head_seq: int


class ErrorFrame(Wire):
    type: Literal["error"]
    code: str
    message: str
    details: dict[str, Any]
    client_id: UUID | None
    retry_after: int | None


class TokenOk(Wire):
    type: Literal["token_ok"]


class Pong(Wire):
    type: Literal["pong"]


class ReceiptFrame(Wire):
    type: Literal["receipt"]
    conversation_id: UUID
    user_id: UUID
    seq: int


class Seen(Wire):
    """An account lets the others know that it has read up to `seq`."""

    type: Literal["seen"]
    conversation_id: UUID
    user_id: UUID
    seq: int


class Typing(Wire):
    type: Literal["typing_start", "typing_stop"]
    conversation_id: UUID
    user_id: UUID


class Presence(Wire):
    type: Literal["presence"]
    user_id: UUID
    online: bool


class QuantumStatus(Wire):
    type: Literal["quantum_status"]
    available: bool


class SignedOut(Wire):
    type: Literal["signed_out"]
    reason: EndReason | None


class ConnectionRequested(RequestMade):
    type: Literal["connection_request"]
    cursor: int


class ConnectionAccepted(ConnectionMade):
    type: Literal["connection_accepted"]
    cursor: int


class ConnectionChanged(ConnectionChange):
    type: Literal[
        "connection_rejected",
        "connection_removed",
        "connection_blocked",
        "connection_unblocked",
    ]
    cursor: int


class SessionChanged(Wire):
    type: Literal["session_created", "session_updated", "session_terminated"]
    cursor: int
    session: SessionView


class RoomChanged(Wire):
    type: Literal["room_created", "room_updated", "room_terminated"]
    cursor: int
    room: RoomView


class JoinUpdated(Wire):
    type: Literal["join_updated"]
    cursor: int
    join: JoinView


class RotateRequested(Wire):
    type: Literal["rotate_requested"]
    cursor: int
    session_id: UUID


class KeyChange(Wire):
    type: Literal["key_change"]
    cursor: int
    user_id: UUID
    list_version: int


class ReadElsewhere(Wire):
    type: Literal["read"]
    cursor: int
    conversation_id: UUID
    seq: int


class PinsChanged(Wire):
    type: Literal["pins_changed"]
    cursor: int
    version: int


ServerFrame = Annotated[
    HelloOk
    | MessageAck
    | MessageReceive
    | ErrorFrame
    | TokenOk
    | Pong
    | ReceiptFrame
    | Seen
    | Typing
    | Presence
    | QuantumStatus
    | SignedOut
    | ConnectionRequested
    | ConnectionAccepted
    | ConnectionChanged
    | SessionChanged
    | RoomChanged
    | JoinUpdated
    | RotateRequested
    | KeyChange
    | ReadElsewhere
    | PinsChanged,
    Field(discriminator="type"),
]
