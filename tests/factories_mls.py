"""MLS bytes as a server sees them: real headers and authenticated data around random ciphertext."""

from __future__ import annotations

import os
from collections.abc import Iterable
from uuid import UUID

from app_service.conversations.authenticated_data import Leaf
from app_service.conversations.mls_header import APPLICATION, COMMIT
from app_service.conversations.room_policy import Policy, encode_policy
from app_service.mls import CIPHER_SUITE
from shared.encoding import Field, Label, fields


def vector(content: bytes) -> bytes:
    """RFC 9420 section 2.1.2."""
    length = len(content)
    if length < 1 << 6:
        return length.to_bytes(1, "big") + content
    if length < 1 << 14:
        return (length | 1 << 14).to_bytes(2, "big") + content
    return (length | 1 << 31).to_bytes(4, "big") + content


def private_message(
    conversation_id: UUID,
    authenticated_data: bytes,
    *,
    generation: int = 0,
    epoch: int,
    content_type: int = APPLICATION,
    ciphertext: bytes | None = None,
) -> bytes:
    return b"".join(
        (
            b"\x00\x01\x00\x02",
            vector(conversation_id.bytes + generation.to_bytes(4, "big")),
            epoch.to_bytes(8, "big"),
            content_type.to_bytes(1, "big"),
            vector(authenticated_data),
            vector(os.urandom(28)),
            vector(os.urandom(300) if ciphertext is None else ciphertext),
        )
    )


def authenticated_data(
    conversation_id: UUID,
    client_id: UUID,
    *,
    kind: str = "secured",
    generation: int = 0,
    expiry: int = 0,
    commitment: bytes | None = None,
    echo: tuple[int, bytes] = (0, bytes(32)),
    details: bytes = b"",
) -> bytes:
    if commitment is None:
        commitment = b"" if kind == "commit" else os.urandom(32)
    seq, chain = echo
    return fields(
        Label.AUTHENTICATED_DATA, conversation_id, generation, client_id, kind, expiry, commitment, seq, chain, details
    )


def commit_details(
    *,
    added: Iterable[Leaf] = (),
    removed: Iterable[Leaf] = (),
    change: bytes = b"",
    contribution_id: bytes | None = None,
    roster_hash: bytes,
) -> bytes:
    return fields(Label.COMMIT, _leaves(added), _leaves(removed), change, contribution_id or b"", roster_hash)


def room_change(
    policy: Policy | None = None,
    *,
    profile_hash: bytes = b"",
    evidence: Iterable[UUID] = (),
    admissions: Iterable[bytes] = (),
) -> bytes:
    statements: list[Field] = [[device, b"statement", b"signature"] for device in evidence]
    admitted: list[Field] = [[statement, b"signature"] for statement in admissions]
    after = b"" if policy is None else encode_policy(policy)
    return fields(Label.ROOM_CHANGE, after, profile_hash, statements, admitted)


def _leaves(leaves: Iterable[Leaf]) -> list[bytes]:
    return sorted(leaf.user_id.bytes + leaf.device_id.bytes for leaf in leaves)


def message(conversation_id: UUID, client_id: UUID, *, epoch: int = 1, kind: str = "secured", lasts: int = 0) -> bytes:
    data = authenticated_data(conversation_id, client_id, kind=kind, expiry=lasts)
    return private_message(conversation_id, data, epoch=epoch)


def commit(conversation_id: UUID, client_id: UUID, details: bytes, *, epoch: int) -> bytes:
    data = authenticated_data(conversation_id, client_id, kind="commit", details=details)
    return private_message(conversation_id, data, epoch=epoch, content_type=COMMIT)


def welcome(recipients: int = 1) -> bytes:
    secrets = b"".join(
        vector(os.urandom(64)) + vector(os.urandom(1120)) + vector(os.urandom(80)) for _ in range(recipients)
    )
    return b"\x00\x01\x00\x03" + CIPHER_SUITE.to_bytes(2, "big") + vector(secrets) + vector(os.urandom(900))
