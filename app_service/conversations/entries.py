"""Entries on their way into a log, and the rows they become.

Promises: an `Entry` has passed every check that needs no database: it is an MLS private message of this conversation
whose authenticated data fits the call.
Does not: know whether its sender may write, or what the log holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

from app_service.conversations import authenticated_data, chain
from app_service.conversations.authenticated_data import AuthenticatedData
from app_service.conversations.mls_header import APPLICATION, COMMIT, PrivateMessage, parse_private_message
from app_service.conversations.room_policy import MAX_TIMER
from app_service.mls import MalformedMls
from shared.encoding import MalformedEncoding, from_base64url, pack_signature
from shared.errors import Malformed, TooLarge

ConversationKind = Literal["session", "room"]
Kind = Literal["message", "terminate", "leave", "commit", "generation"]
MessageType = Literal["secured", "critical"]

MAX_MESSAGE_BYTES: Final = 131_072
MAX_COMMIT_BYTES: Final = 1_048_576
"""While most inner nodes are blank, about 1,250 for each device; with whom it adds, 4,900 for each of those."""
MAX_WELCOME_BYTES: Final = 2_097_152
"""The tree holds about 3,000 for each device."""
_CONTENT_TYPES: Final[dict[str, int]] = {"commit": COMMIT}
_DATA_TYPES: Final[dict[str, str]] = {"message": "secured"}
"""Of the kinds whose type has another name."""


class Author(NamedTuple):
    user_id: UUID
    device_id: UUID


class Signature(NamedTuple):
    """The two halves of a critical message's detached signature (PROTOCOL.md 8.2)."""

    falcon: bytes
    ecdsa: bytes

    @property
    def packed(self) -> bytes:
        return pack_signature(self.falcon, self.ecdsa)


class NotaryReceipt(NamedTuple):
    """This server's signed word that it took a critical message."""

    statement: bytes
    signature: bytes


class Entry(NamedTuple):
    """What a device wants to append. A critical message has a signature, and a receipt once that is verified."""

    author: Author
    conversation_id: UUID
    client_id: UUID
    kind: Kind
    generation: int
    epoch: int
    echo_seq: int
    content: bytes
    body_hash: bytes
    commitment: bytes
    details: bytes
    signature: Signature | None = None
    receipt: NotaryReceipt | None = None
    attachments: tuple[UUID, ...] = ()
    """Files that it speaks of, as its sender says."""
    lasts: int = 0
    """Seconds after which it disappears; 0: never."""


@dataclass(slots=True)
class Head:
    """Where a log stands, read under its lock and moved by `extend`."""

    conversation_id: UUID
    open: bool
    generation: int
    epoch: int
    seq: int
    chain: bytes
    timer: int = 0
    """Seconds after which messages of this epoch disappear; 0: never."""


class Row(NamedTuple):
    """One entry of the log with the chain value before it."""

    conversation_id: UUID
    seq: int
    generation: int
    epoch: int
    kind: str
    sender_id: UUID
    sender_device_id: UUID
    sender_tag: bytes
    client_id: UUID
    timestamp: datetime
    body_hash: bytes
    previous_chain: bytes
    chain: bytes
    content: bytes | None
    signature: Signature | None = None
    receipt: NotaryReceipt | None = None
    expires_at: datetime | None = None


class Ack(NamedTuple):
    """What the sender needs to compute the chain step itself (P5.2)."""

    conversation_id: UUID
    client_id: UUID
    seq: int
    previous_chain: bytes
    chain: bytes
    time: datetime
    generation: int
    epoch: int
    receipt: NotaryReceipt | None = None


def parse_entry(
    author: Author,
    conversation_id: UUID,
    client_id: UUID,
    kind: Kind,
    content: bytes,
    *,
    signature: Signature | None = None,
    refusal: str = "bad_message",
) -> Entry:
    """The entry in these bytes, a critical one when it is signed; 422 `not_encrypted` for anything but an MLS message,
    else `refusal`.
    """
    header = _header(content, MAX_COMMIT_BYTES if kind == "commit" else MAX_MESSAGE_BYTES)
    try:
        data = authenticated_data.decode(header.authenticated_data)
    except MalformedEncoding as error:
        raise _refused(refusal) from error
    data_type = _DATA_TYPES.get(kind, kind) if signature is None else "critical"
    if data.type != data_type or not _fits(header, data, conversation_id, client_id, kind):
        raise _refused(refusal)
    return Entry(
        author,
        conversation_id,
        client_id,
        kind,
        header.generation,
        header.epoch,
        data.echo_seq,
        content,
        chain.body_hash(content) if signature is None else chain.body_hash(content, signature.packed),
        data.commitment,
        data.details,
        signature,
        lasts=data.expiry,
    )


def decode_content(text: str) -> bytes:
    """Bytes of an MLS message sent as base64url; what a person would type is 422 `not_encrypted`."""
    if len(text) > MAX_COMMIT_BYTES * 4 // 3 + 4:
        raise _too_large()
    try:
        return from_base64url(text)
    except MalformedEncoding as error:
        raise _not_encrypted() from error


def _header(content: bytes, limit: int) -> PrivateMessage:
    if len(content) > limit:
        raise _too_large()
    try:
        return parse_private_message(content)
    except MalformedMls as error:
        raise _not_encrypted() from error


def _fits(header: PrivateMessage, data: AuthenticatedData, conversation_id: UUID, client_id: UUID, kind: Kind) -> bool:
    return (
        header.conversation_id == data.conversation_id == conversation_id
        and header.generation == data.generation
        and header.content_type == _CONTENT_TYPES.get(kind, APPLICATION)
        and data.client_id == client_id
        and (data.expiry < MAX_TIMER if kind == "message" else data.expiry == 0)
    )


def extend(head: Head, entry: Entry, sender_tag: bytes, moment: datetime, milliseconds: int) -> Row:
    """The next row of the log; moves `head` to it."""
    previous = head.chain
    head.seq += 1
    head.chain = chain.next_link(
        previous,
        seq=head.seq,
        generation=entry.generation,
        epoch=entry.epoch,
        kind=entry.kind,
        sender_tag=sender_tag,
        client_id=entry.client_id,
        time=milliseconds,
        body_hash=entry.body_hash,
    )
    return Row(
        entry.conversation_id,
        head.seq,
        entry.generation,
        entry.epoch,
        entry.kind,
        entry.author.user_id,
        entry.author.device_id,
        sender_tag,
        entry.client_id,
        moment,
        entry.body_hash,
        previous,
        head.chain,
        entry.content,
        entry.signature,
        entry.receipt,
        moment + timedelta(seconds=entry.lasts) if entry.lasts else None,
    )


def ack_of(row: Row) -> Ack:
    return Ack(
        row.conversation_id,
        row.client_id,
        row.seq,
        row.previous_chain,
        row.chain,
        row.timestamp,
        row.generation,
        row.epoch,
        row.receipt,
    )


def _not_encrypted() -> Malformed:
    return Malformed("not_encrypted", "Only MLS private messages are taken. This server must not see what you write.")


def _refused(code: str) -> Malformed:
    return Malformed(code, "The message's authenticated data does not fit the call.")


def _too_large() -> TooLarge:
    return TooLarge("too_large", "The message is too large.")
