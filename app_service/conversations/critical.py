"""What is signed about a critical message (PROTOCOL.md 8.2; docs/crypto.md, *Critical messages*).

    | signed by             | label       | statement                                                          |
    |-----------------------|-------------|--------------------------------------------------------------------|
    | the sender's device   | critical/v1 | label, conversation, generation, group id, epoch, client id,       |
    |                       |             | device, SHA-512(MLS message), commitment                           |
    | the `receipt` notary  | receipt/v1  | label, conversation, client id, SHA-512(MLS message), device, time |

Promises: what both sign is the SHA-512 of the statement, so quantum_service sees digests only. Does not: sign or verify
(`admission.py` has quantum_service do it; recipients rely on their own check).
"""

from __future__ import annotations

import hashlib

from app_service.conversations.entries import Entry
from shared.encoding import Label, fields


def critical_digest(entry: Entry) -> bytes:
    """What the sender's device signs (64 bytes)."""
    group_id = entry.conversation_id.bytes + entry.generation.to_bytes(4, "big")
    statement = fields(
        Label.CRITICAL,
        entry.conversation_id,
        entry.generation,
        group_id,
        entry.epoch,
        entry.client_id,
        entry.author.device_id,
        _sha512(entry.content),
        entry.commitment,
    )
    return _sha512(statement)


def receipt_statement(entry: Entry, time: int) -> bytes:
    """This server's word that it took the message; `time` in milliseconds."""
    return fields(
        Label.RECEIPT,
        entry.conversation_id,
        entry.client_id,
        _sha512(entry.content),
        entry.author.device_id,
        time,
    )


def receipt_digest(statement: bytes) -> bytes:
    """What the notary signs (64 bytes)."""
    return _sha512(statement)


def _sha512(data: bytes) -> bytes:
    return hashlib.sha512(data).digest()
