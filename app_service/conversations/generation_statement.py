"""The statement that begins a new group of the same conversation (PROTOCOL.md 9.3; docs/crypto.md, *Generations*).

Promises: `MalformedEncoding`, and never another exception, for other bytes. Does not: check the signature.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from app_service.conversations.authenticated_data import Leaf, read_leaves
from shared.encoding import Label, MalformedEncoding, Reader

_REASONS: Final = frozenset({"commit", "lost"})
_GROUP_ID_BYTES: Final = 20
_TRANSCRIPT_HASH_BYTES: Final = 64


class GenerationStatement(NamedTuple):
    """`seq` and `chain`: the log's head before it. `reason_seq`: the commit that could not be processed, or 0.
    `state`: hash of what goes on of the room, or of a session in which messages disappear; None in any other.
    """

    server_name: str
    author: Leaf
    conversation_id: UUID
    generation: int
    old_group: bytes
    epoch: int
    seq: int
    chain: bytes
    reason: str
    reason_seq: int
    roster: frozenset[Leaf]
    left_out: frozenset[Leaf]
    state: bytes | None


def read_generation(statement: bytes) -> GenerationStatement:
    reader = Reader(statement)
    reader.label(Label.GENERATION)
    server_name, author, conversation_id = reader.text(), Leaf(reader.uuid(), reader.uuid()), reader.uuid()
    generation, old_group, epoch = reader.number(), reader.blob(_GROUP_ID_BYTES), reader.number()
    if len(reader.blob()) not in (0, _TRANSCRIPT_HASH_BYTES):
        raise MalformedEncoding("not a confirmed transcript hash")
    seq, chain, reason, reason_seq = reader.number(), reader.blob(32), reader.text(), reader.number()
    roster, left_out = frozenset(read_leaves(reader.items())), frozenset(read_leaves(reader.items()))
    reader.number()  # time
    state = reader.blob(32) if reader.more else None
    reader.end()
    if reason not in _REASONS or (reason == "lost") != (reason_seq == 0):
        raise MalformedEncoding("an unknown reason")
    return GenerationStatement(
        server_name,
        author,
        conversation_id,
        generation,
        old_group,
        epoch,
        seq,
        chain,
        reason,
        reason_seq,
        roster,
        left_out,
        state,
    )
