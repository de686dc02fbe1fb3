"""The signed transcript of a contribution, read without its secrets (PROTOCOL.md 7.1; docs/crypto.md, *Contributions*).

Promises: `MalformedEncoding`, and never another exception, for other bytes. Does not: check the signature.
"""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple
from uuid import UUID

from shared.encoding import Label, MalformedEncoding, Reader

_CIPHERTEXT_BYTES: Final = 1088
_WRAPPED_BYTES: Final = 48


class Recipient(NamedTuple):
    device_id: UUID
    number: int
    key_hash: bytes


class Transcript(NamedTuple):
    conversation_id: UUID
    generation: int
    epoch: int
    nonce: bytes
    purpose: str
    recipients: tuple[Recipient, ...]

    @property
    def keys(self) -> list[tuple[UUID, int]]:
        """Which ML-KEM keys it is for: devices and numbers."""
        return [(recipient.device_id, recipient.number) for recipient in self.recipients]


def contribution_id(transcript: bytes) -> bytes:
    """SHA-256 of the transcript: also the id of the PSK (P7.2)."""
    return hashlib.sha256(transcript).digest()


def read_transcript(data: bytes) -> Transcript:
    """What the contribution is for, and for whom."""
    reader = Reader(data)
    reader.label(Label.ESTABLISH)
    transcript = Transcript(
        reader.uuid(), reader.number(), reader.number(), reader.blob(32), reader.text(), _recipients(reader.items())
    )
    reader.text()  # receipt
    reader.number()  # time
    reader.end()
    return transcript


def _recipients(reader: Reader) -> tuple[Recipient, ...]:
    recipients: list[Recipient] = []
    while reader.more:
        item = reader.items()
        recipient = Recipient(item.uuid(), item.number(), item.blob(32))
        item.blob(_CIPHERTEXT_BYTES)
        item.blob(_WRAPPED_BYTES)
        item.end()
        if recipients and recipient.device_id.bytes <= recipients[-1].device_id.bytes:
            raise MalformedEncoding("recipients are sorted and named once")
        recipients.append(recipient)
    return tuple(recipients)
