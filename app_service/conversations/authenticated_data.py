"""The authenticated data of every message: clear to the server, bound to the ciphertext (docs/crypto.md, *MLS use*).

Promises: `MalformedEncoding`, and never another exception, for bytes that no client of ours makes.
Does not: prove anything. Members check that these bytes are authentic and agree with what the message does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

from app_service.conversations.join_statement import JoinStatement, read_join_statement
from app_service.conversations.room_policy import Policy, decode_policy
from app_service.conversations.session_state import SessionState, is_session_state, read_session_state
from shared.encoding import Field, Label, MalformedEncoding, Reader, fields

HASH_BYTES: Final = 32
MAX_EVIDENCE: Final = 64
MAX_ADMISSIONS: Final = 64
_TYPES: Final = frozenset({"secured", "critical", "terminate", "leave", "commit"})


class Leaf(NamedTuple):
    """A device in a group, as its credential names it."""

    user_id: UUID
    device_id: UUID


class AuthenticatedData(NamedTuple):
    conversation_id: UUID
    generation: int
    client_id: UUID
    type: str
    expiry: int
    commitment: bytes
    echo_seq: int
    echo_chain: bytes
    details: bytes


class Admission(NamedTuple):
    """Somebody who comes in by a link, in the words that they signed with its key."""

    statement: bytes
    asks: JoinStatement


class RoomChange(NamedTuple):
    """What a commit changes of a room: None for what stays; `evidence` are devices whose statements come along."""

    policy: Policy | None
    profile_hash: bytes | None
    evidence: frozenset[UUID]
    admissions: tuple[Admission, ...]


class CommitDetails(NamedTuple):
    """What a commit says it does. `room` is of rooms, `session` of sessions; None when nothing of it changes."""

    added: tuple[Leaf, ...]
    removed: tuple[Leaf, ...]
    room: RoomChange | None
    session: SessionState | None
    contribution_id: bytes | None
    roster_hash: bytes


def decode(data: bytes) -> AuthenticatedData:
    """Read the fields that all messages share."""
    reader = Reader(data)
    reader.label(Label.AUTHENTICATED_DATA)
    decoded = AuthenticatedData(
        reader.uuid(),
        reader.number(),
        reader.uuid(),
        reader.text(),
        reader.number(),
        reader.blob(),
        reader.number(),
        reader.blob(HASH_BYTES),
        reader.blob(),
    )
    reader.end()
    if decoded.type not in _TYPES:
        raise MalformedEncoding("a message of an unknown type")
    is_commit = decoded.type == "commit"
    if len(decoded.commitment) != (0 if is_commit else HASH_BYTES):
        raise MalformedEncoding("a commitment of the wrong length")
    if bool(decoded.details) != is_commit:
        raise MalformedEncoding("only commits carry details")
    return decoded


def decode_commit(details: bytes) -> CommitDetails:
    """Read the details of a commit."""
    reader = Reader(details)
    reader.label(Label.COMMIT)
    added = read_leaves(reader.items())
    removed = read_leaves(reader.items())
    change = reader.blob()
    contribution_id = reader.blob()
    roster_hash = reader.blob(HASH_BYTES)
    reader.end()
    if len(contribution_id) not in (0, HASH_BYTES):
        raise MalformedEncoding("not a contribution id")
    session = read_session_state(change) if is_session_state(change) else None
    room = read_room_change(change) if change and session is None else None
    return CommitDetails(added, removed, room, session, contribution_id or None, roster_hash)


def read_room_change(data: bytes) -> RoomChange:
    """Policy and hash of the profile, both empty when they stay; the signatures in it are for the members."""
    reader = Reader(data)
    reader.label(Label.ROOM_CHANGE)
    policy, profile_hash = reader.blob(), reader.blob()
    evidence, items = set(), reader.items()
    while items.more:
        item = items.items()
        evidence.add(item.uuid())
        item.blob()  # statement
        item.blob()  # signature
        item.end()
    admissions = _admissions(reader.items())
    reader.end()
    if len(profile_hash) not in (0, HASH_BYTES) or len(evidence) > MAX_EVIDENCE:
        raise MalformedEncoding("not a change of a room")
    return RoomChange(decode_policy(policy) if policy else None, profile_hash or None, frozenset(evidence), admissions)


def _admissions(reader: Reader) -> tuple[Admission, ...]:
    found: list[Admission] = []
    while reader.more:
        item = reader.items()
        statement = item.blob()
        item.blob()  # signature
        item.end()
        found.append(Admission(statement, read_join_statement(statement)))
    people = {each.asks.user_id for each in found}
    if len(found) > MAX_ADMISSIONS or len(people) != len(found):
        raise MalformedEncoding("everybody is admitted once")
    return tuple(found)


def read_leaves(reader: Reader) -> tuple[Leaf, ...]:
    """Devices with their accounts, sorted and each named once."""
    leaves: list[bytes] = []
    while reader.more:
        leaf = reader.blob(32)
        if leaves and leaf <= leaves[-1]:
            raise MalformedEncoding("leaves are sorted and named once")
        leaves.append(leaf)
    return tuple(Leaf(UUID(bytes=leaf[:16]), UUID(bytes=leaf[16:])) for leaf in leaves)


def roster_hash(leaves: Iterable[tuple[Leaf, bytes]]) -> bytes:
    """SHA-256 over all leaves with their signature keys (962 bytes each), in the order of device ids."""
    roster = sorted(leaves, key=lambda item: item[0].device_id.bytes)
    items: list[Field] = [[leaf.user_id, leaf.device_id, hashlib.sha256(key).digest()] for leaf, key in roster]
    return hashlib.sha256(fields(Label.ROSTER, items)).digest()
