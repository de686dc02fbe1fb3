"""What happens to accounts: the closed set of event types, recorded with the change that they tell of.

Promises: an event is a row written in the same transaction as its change; an account's events are numbered without
gaps in commit order; sockets are woken only after the commit.
Does not: know any noun, or how an event reaches a browser (`hub.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar, get_args
from uuid import UUID

import orjson
from sqlalchemy import insert, select, update

from app_service.db import Unit
from app_service.models.accounts import Event, User
from app_service.models.base import now

EventType = Literal[
    "connection_request",
    "connection_accepted",
    "connection_rejected",
    "connection_removed",
    "connection_blocked",
    "connection_unblocked",
    "session_created",
    "session_updated",
    "session_terminated",
    "rotate_requested",
    "room_created",
    "room_updated",
    "room_terminated",
    "join_updated",
    "key_change",
    "read",
    "pins_changed",
]
EVENT_TYPES: Final = frozenset(get_args(EventType))


@dataclass(frozen=True)
class DomainEvent:
    """Something a lower noun did that a higher one must act on within the same transaction."""


@dataclass(frozen=True)
class ConnectionAccepted(DomainEvent):
    requester_id: UUID
    accepter_id: UUID


@dataclass(frozen=True)
class ConnectionRemoved(DomainEvent):
    user_id: UUID
    peer_id: UUID


@dataclass(frozen=True)
class DeviceAdded(DomainEvent):
    user_id: UUID
    device_id: UUID


@dataclass(frozen=True)
class DeviceRevoked(DomainEvent):
    user_id: UUID
    device_id: UUID


@dataclass(frozen=True)
class SignInsEnded(DomainEvent):
    """Published inside the unit; sockets of these sign-ins are closed by a hook after its commit."""

    sign_in_ids: tuple[UUID, ...]
    because: str


D = TypeVar("D", bound=DomainEvent)
Subscriber = Callable[[Unit, Any], Awaitable[None]]
Waker = Callable[[frozenset[UUID]], None]


class Events:
    """One per process: records account events and passes domain events on to their subscribers."""

    def __init__(self) -> None:
        self._subscribers: defaultdict[type[DomainEvent], list[Subscriber]] = defaultdict(list)
        self._wakers: list[Waker] = []

    def subscribe(self, kind: type[D], subscriber: Callable[[Unit, D], Awaitable[None]]) -> None:
        self._subscribers[kind].append(subscriber)

    def on_wake(self, waker: Waker) -> None:
        """`waker` is called with the accounts that have new events, after the commit."""
        self._wakers.append(waker)

    async def publish(self, unit: Unit, event: DomainEvent) -> None:
        """Run the subscribers in the caller's transaction: a change and its consequences stand or fall together."""
        for subscriber in self._subscribers[type(event)]:
            await subscriber(unit, event)

    async def record(self, unit: Unit, kind: EventType, payloads: Mapping[UUID, Mapping[str, Any]]) -> None:
        """Record one event per account, each with the payload that this account may see (JSON values)."""
        if not payloads:
            return
        ids = sorted(payloads)
        # Locking in one order keeps two such changes from waiting for each other.
        await unit.session.execute(select(User.id).where(User.id.in_(ids)).order_by(User.id).with_for_update())
        numbered = await unit.session.execute(
            update(User)
            .where(User.id.in_(ids))
            .values(event_seq=User.event_seq + 1)
            .returning(User.id, User.event_seq)
            .execution_options(synchronize_session=False)
        )
        moment = now()
        rows = [
            {
                "user_id": user_id,
                "seq": seq,
                "type": kind,
                "payload": orjson.dumps(payloads[user_id]).decode(),
                "created_at": moment,
            }
            for user_id, seq in numbered
        ]
        await unit.session.execute(insert(Event), rows)
        accounts = frozenset(payloads)
        unit.after_commit(lambda: self._wake(accounts))

    def _wake(self, accounts: frozenset[UUID]) -> None:
        for waker in self._wakers:
            waker(accounts)
