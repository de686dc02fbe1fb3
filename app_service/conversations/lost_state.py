"""The statement with which a device says that it cannot go on (PROTOCOL.md 9.2; docs/crypto.md, *Healing*).

Promises: `MalformedEncoding`, and never another exception, for other bytes. Does not: check the signature.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from shared.encoding import Label, MalformedEncoding, Reader

REASONS: Final = frozenset({"no_state", "old_copy", "cannot_follow", "removed"})


class LostState(NamedTuple):
    """`epoch`, `seq` and `chain`: how far the device has followed the log, if not the group."""

    server_name: str
    user_id: UUID
    device_id: UUID
    conversation_id: UUID
    generation: int
    epoch: int
    seq: int
    chain: bytes
    reason: str
    package_hash: bytes


def read_lost_state(statement: bytes) -> LostState:
    reader = Reader(statement)
    reader.label(Label.LOST_STATE)
    lost = LostState(
        reader.text(),
        reader.uuid(),
        reader.uuid(),
        reader.uuid(),
        reader.number(),
        reader.number(),
        reader.number(),
        reader.blob(32),
        reader.text(),
        reader.blob(32),
    )
    reader.number()  # time
    reader.end()
    if lost.reason not in REASONS:
        raise MalformedEncoding("an unknown reason")
    return lost
