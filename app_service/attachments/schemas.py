"""Wire shapes of files."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from pydantic import Field

from app_service.accounts.schemas import Uuid7
from shared.schemas.base import Time, Wire

CHUNK_BYTES: Final = (1 << 20) + 16
"""Of ciphertext: a mebibyte and the tag of AES-GCM. Every chunk but the last has exactly this many."""
MAX_CHUNKS: Final = 65_536


class NewAttachment(Wire):
    """The client makes the id, so that a repeated call makes nothing twice. `size` is that of the ciphertext."""

    id: Uuid7
    conversation_id: UUID
    size: int = Field(ge=17, le=CHUNK_BYTES * MAX_CHUNKS)


class AttachmentState(Wire):
    id: UUID
    conversation_id: UUID
    size: int
    chunk_bytes: int
    complete: bool
    present: list[int]
    """Numbers of the chunks that are stored, ascending from 0."""
    created_at: Time
