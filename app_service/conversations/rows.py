"""Rows of a log as one device gets them (PROTOCOL.md 5.2).

Promises: every device of the accounts gets the chain fields of every row; bodies only of the times in which it was in
the group, and welcomes only with a commit that added it.
Does not: go through pydantic. These are most of the bytes that the server sends; `schemas.LogRow` has the same fields,
and a test holds them together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from app_service.conversations.entries import Ack, NotaryReceipt, Row, Signature
from shared.encoding import to_base64url


@dataclass(frozen=True, slots=True)
class View:
    """What one device may read of one conversation."""

    device_id: UUID
    joined_seq: int | None = None
    removed_seq: int | None = None
    earlier: tuple[tuple[int, int], ...] = ()
    """The same of its former stays in the group."""

    def reads(self, seq: int) -> bool:
        """Whether the body of this row is for the device: also the commit that removes it, so that it can tell."""
        if self.joined_seq is None:
            return False
        if seq > self.joined_seq:
            return self.removed_seq is None or seq <= self.removed_seq
        return any(joined < seq <= removed for joined, removed in self.earlier)

    def joins(self, seq: int) -> bool:
        """Whether the device was added by this row."""
        return seq == self.joined_seq or any(seq == joined for joined, _ in self.earlier)

    @property
    def reads_on(self) -> bool:
        """Whether the device is in the group now."""
        return self.joined_seq is not None and self.removed_seq is None


class CommitParts(NamedTuple):
    """What a commit row carries beside its MLS message."""

    welcomes: tuple[bytes, ...]
    transcript: bytes | None
    signature: bytes | None


_NO_PARTS: Final = CommitParts((), None, None)
_UNSIGNED: Final = dict.fromkeys(("signature_falcon", "signature_ecdsa", "verified", "receipt"))


@lru_cache(maxsize=1024)
def time_text(moment: datetime) -> str:
    """RFC 3339 with milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def row_json(row: Row, view: View, parts: CommitParts = _NO_PARTS) -> dict[str, Any]:
    """The row as this device may see it, for `orjson`."""
    mine = row.sender_device_id == view.device_id
    # Everybody judges whether a new generation has a reason, who is in it and who is not.
    everybodys = mine or row.kind == "generation"
    content = row.content if everybodys or view.reads(row.seq) else None
    fields = _fields(row, content)
    if row.kind == "commit":
        joins = view.joins(row.seq) and not mine
        fields["welcomes"] = [to_base64url(welcome) for welcome in parts.welcomes] if joins else None
        fields["contribution"] = _contribution(parts) if joins or content is not None else None
    return fields


def _fields(row: Row, content: bytes | None) -> dict[str, Any]:
    conversation_id, client_id = row.conversation_id, row.client_id
    return {
        "seq": row.seq,
        "conversation_id": conversation_id,
        "session_id": conversation_id,
        "id": client_id,
        "client_id": client_id,
        "generation": row.generation,
        "epoch": row.epoch,
        "kind": row.kind,
        "sender_id": row.sender_id,
        "sender_device_id": row.sender_device_id,
        "sender_tag": to_base64url(row.sender_tag),
        "timestamp": time_text(row.timestamp),
        "body_hash": to_base64url(row.body_hash),
        "previous_chain": to_base64url(row.previous_chain),
        "chain": to_base64url(row.chain),
        "content": None if content is None else to_base64url(content),
        "message_type": _message_type(row),
        **(_UNSIGNED if content is None or row.signature is None else _signed(row.signature, row.receipt)),
        "welcomes": None,
        "contribution": None,
    }


def _message_type(row: Row) -> str | None:
    # What is left of one that disappeared does not tell.
    if row.kind != "message" or row.content is None:
        return None
    return "secured" if row.signature is None else "critical"


def _signed(signature: Signature, receipt: NotaryReceipt | None) -> dict[str, Any]:
    """`verified`: quantum_service did before it was stored (P8.2); recipients rely on their own check."""
    return {
        "signature_falcon": to_base64url(signature.falcon),
        "signature_ecdsa": to_base64url(signature.ecdsa),
        "verified": True,
        "receipt": _receipt(receipt),
    }


def _receipt(receipt: NotaryReceipt | None) -> dict[str, str] | None:
    if receipt is None:
        return None
    return {"statement": to_base64url(receipt.statement), "signature": to_base64url(receipt.signature)}


def _contribution(parts: CommitParts) -> dict[str, str] | None:
    if parts.transcript is None or parts.signature is None:
        return None
    return {"transcript": to_base64url(parts.transcript), "signature": to_base64url(parts.signature)}


def message_rows(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Messages as every device in the group gets them."""
    return [_fields(row, row.content) for row in rows]


def ack_json(ack: Ack) -> dict[str, Any]:
    return {
        "conversation_id": ack.conversation_id,
        "client_id": ack.client_id,
        "seq": ack.seq,
        "previous_chain": to_base64url(ack.previous_chain),
        "chain": to_base64url(ack.chain),
        "time": time_text(ack.time),
        "generation": ack.generation,
        "epoch": ack.epoch,
        "receipt": _receipt(ack.receipt),
    }


def frame(kind: str, fields: Mapping[str, Any]) -> str:
    """A frame of the socket (docs/events.md)."""
    return orjson.dumps({"type": kind, **fields}).decode()
