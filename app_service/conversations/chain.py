"""The hash chain over a conversation's log (PROTOCOL.md 5.1; docs/crypto.md, *The log*).

Promises: SHA-256 over length-prefixed fields, so that two logs with one chain value are the same log. The fields hold
no personal data and outlive the bodies.
Does not: stop a server from forking a log; members notice, since every message echoes the chain.
"""

from __future__ import annotations

import hashlib
from typing import Final
from uuid import UUID

from shared.encoding import SUITE, Label, fields

_LABEL: Final = fields(Label.CHAIN)


def first_link(conversation_id: UUID, creator_id: UUID, server_name: str) -> bytes:
    """chain_0 (32 bytes)."""
    return _sha256(_LABEL + fields(SUITE, conversation_id, creator_id, server_name))


def next_link(
    previous: bytes,
    *,
    seq: int,
    generation: int,
    epoch: int,
    kind: str,
    sender_tag: bytes,
    client_id: UUID,
    time: int,
    body_hash: bytes,
) -> bytes:
    """chain_n (32 bytes) from chain_{n-1}; `time` in milliseconds, `sender_tag` 16 bytes."""
    return _sha256(_LABEL + fields(previous, seq, generation, epoch, kind, sender_tag, client_id, time, body_hash))


def body_hash(message: bytes, signature: bytes = b"") -> bytes:
    """SHA-256 of a body: the MLS message, and the detached hybrid signature of a critical one."""
    return _sha256(fields(message, signature))


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
