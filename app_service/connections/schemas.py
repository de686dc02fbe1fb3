"""Wire shapes of requests, connections and blocks."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from app_service.accounts.schemas import Name
from shared.schemas.base import Base64Bytes, Time, Wire

KeyHash = Annotated[Base64Bytes, Field(min_length=32, max_length=32)]
"""SHA-256 of an account's identity key as its writer saw it; null for an account that has none yet (P3.2)."""


class Peer(Wire):
    id: UUID
    username: str


class SeenKeys(Wire):
    own_key_hash: KeyHash | None = None
    peer_key_hash: KeyHash | None = None


class ConnectionRequest(SeenKeys):
    username: Name | None = None
    user_id: UUID | None = None

    @model_validator(mode="after")
    def _one_name(self) -> ConnectionRequest:
        if (self.username is None) == (self.user_id is None):
            raise ValueError("either username or user_id")
        return self


class Requested(Wire):
    id: UUID
    state: Literal["pending", "connected"]
    peer: Peer
    created_at: Time


class NamedKeys(Wire):
    """`own_key_hash` is the reader's own key as another side saw it, `peer_key_hash` the other person's."""

    own_key_hash: Base64Bytes | None
    peer_key_hash: Base64Bytes | None


class PendingRequest(NamedKeys):
    """The keys as the asking side named them."""

    id: UUID
    direction: Literal["in", "out"]
    peer: Peer
    created_at: Time


class PendingRequests(Wire):
    items: list[PendingRequest]


class ConnectionResponse(SeenKeys):
    request_id: UUID
    accept: bool


class Answered(Wire):
    id: UUID
    state: Literal["connected", "rejected"]
    session_id: UUID | None


class ConnectionItem(NamedKeys):
    """The keys as the other person named them, asking or answering (P3.2).

    `id`, `connected_at` and the keys are null for a person who is blocked without being connected.
    """

    id: UUID | None
    peer: Peer
    connected_at: Time | None
    blocked: bool


class Connections(Wire):
    items: list[ConnectionItem]


class RequestMade(Wire):
    """Payload of `connection_request`."""

    request: PendingRequest


class ConnectionChange(Wire):
    """Payload of the other connection events; `at` is the moment that the lists show for it."""

    request_id: UUID | None
    peer: Peer
    at: Time


class ConnectionMade(ConnectionChange, NamedKeys):
    """Payload of `connection_accepted`; the keys as the lists show them."""
