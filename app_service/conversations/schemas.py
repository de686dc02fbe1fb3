"""Wire shapes of conversations. Rows are written by `rows.py`; the models here say what they hold."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app_service.conversations.entries import MAX_COMMIT_BYTES, MAX_WELCOME_BYTES, Kind, MessageType
from shared.encoding import ECDSA_SIGNATURE_BYTES, FALCON_SIGNATURE_MAX_BYTES
from shared.schemas.base import Base64Bytes, Time, Wire
from shared.schemas.quantum import MAX_RECIPIENTS, MAX_TRANSCRIPT_BYTES, Purpose, Requirement

MAX_WELCOMES = 16
MAX_ATTACHMENTS = 10
_BIG = 2**63 - 1

Position = Annotated[int, Field(ge=0, le=_BIG)]
Generation = Annotated[int, Field(ge=0, lt=2**32)]
Content = Annotated[str, Field(max_length=MAX_COMMIT_BYTES * 4 // 3 + 4, json_schema_extra={"format": "base64url"})]


class Contribution(Wire):
    transcript: Annotated[Base64Bytes, Field(max_length=MAX_TRANSCRIPT_BYTES)]
    signature: Annotated[Base64Bytes, Field(max_length=1024)]


class CriticalReceipt(Wire):
    """The notary's word on a critical message (PROTOCOL.md 8.2)."""

    statement: Base64Bytes
    signature: Base64Bytes


class LogRow(Wire):
    seq: int
    conversation_id: UUID
    session_id: UUID
    id: UUID
    client_id: UUID
    generation: int
    epoch: int
    kind: Kind
    sender_id: UUID
    sender_device_id: UUID
    sender_tag: Base64Bytes
    timestamp: Time
    body_hash: Base64Bytes
    previous_chain: Base64Bytes
    chain: Base64Bytes
    content: Base64Bytes | None
    message_type: MessageType | None
    signature_falcon: Base64Bytes | None
    signature_ecdsa: Base64Bytes | None
    verified: Literal[True] | None
    receipt: CriticalReceipt | None
    welcomes: list[Base64Bytes] | None
    contribution: Contribution | None


class MemberDevice(Wire):
    """A device in the group."""

    user_id: UUID
    device_id: UUID
    sender_tag: Base64Bytes
    joined_seq: int


class LostDeviceView(Wire):
    """A device that asked to be added to the group (again), in its own signed words."""

    user_id: UUID
    device_id: UUID
    statement: Base64Bytes
    signature: Base64Bytes


class DeliveredUpTo(Wire):
    user_id: UUID
    seq: int


class SeenUpTo(Wire):
    """How far somebody has read, if they let others know."""

    user_id: UUID
    seq: int


class LogHead(Wire):
    seq: int
    chain: Base64Bytes
    generation: int
    epoch: int


class LogPage(Wire):
    items: list[LogRow]
    head: LogHead


class Acknowledgement(Wire):
    conversation_id: UUID
    client_id: UUID
    seq: int
    previous_chain: Base64Bytes
    chain: Base64Bytes
    time: Time
    generation: int
    epoch: int
    receipt: CriticalReceipt | None


class MessageSend(Wire):
    conversation_id: UUID
    client_id: UUID
    content: Content
    message_type: MessageType = "secured"
    attachments: list[UUID] = Field([], max_length=MAX_ATTACHMENTS)
    signature_falcon: Annotated[Base64Bytes, Field(min_length=1, max_length=FALCON_SIGNATURE_MAX_BYTES)] | None = None
    signature_ecdsa: (
        Annotated[Base64Bytes, Field(min_length=ECDSA_SIGNATURE_BYTES, max_length=ECDSA_SIGNATURE_BYTES)] | None
    ) = None


class ClaimOptions(Wire):
    """`generation`: for founding the next group of a conversation that has one; of a room as it was in this `epoch`."""

    generation: Generation | None = None
    epoch: Position | None = None


class ClaimedPackage(Wire):
    user_id: UUID
    device_id: UUID
    key_package: Base64Bytes


class ClaimedPackages(Wire):
    items: list[ClaimedPackage]


class RecipientChoice(Wire):
    device_id: UUID
    number: Annotated[int, Field(ge=1, le=_BIG)]


class ContributionRequest(Wire):
    recipients: Annotated[list[RecipientChoice], Field(min_length=1, max_length=MAX_RECIPIENTS)]
    nonce: Annotated[Base64Bytes, Field(min_length=32, max_length=32)]
    generation: Generation
    epoch: Position
    purpose: Purpose
    require: Requirement = "any"


class ContributionAnswer(Wire):
    contribution_id: Base64Bytes
    transcript: Base64Bytes
    signature: Base64Bytes


class CommitPost(Wire):
    client_id: UUID
    generation: Generation
    epoch: Position
    commit: Content
    welcomes: list[Annotated[Base64Bytes, Field(max_length=MAX_WELCOME_BYTES)]] = Field([], max_length=MAX_WELCOMES)
    contribution: Contribution | None = None


class GenerationPost(Wire):
    """The statement that begins a new group, signed, and its first commit."""

    client_id: UUID
    statement: Annotated[Base64Bytes, Field(max_length=32_768)]
    signature: Annotated[Base64Bytes, Field(max_length=1024)]
    founding: CommitPost


class LostStatePost(Wire):
    """What a device says when it cannot go on, and the key package with which it can be added again."""

    statement: Annotated[Base64Bytes, Field(max_length=1024)]
    signature: Annotated[Base64Bytes, Field(max_length=1024)]
    key_package: Annotated[Base64Bytes, Field(max_length=16_384)]


class ReadMark(Wire):
    seq: Position
    shown: bool = False
    """Whether the others may know."""
