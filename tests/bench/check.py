"""Is everything that was acknowledged in the database, exactly once, in a correct chain?

The chain is computed from docs/crypto.md, *The log*, and not by the code under test.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, create_engine, select

from app_service.db import database_url
from app_service.models import Conversation, LogEntry
from app_service.models.base import to_milliseconds
from shared.encoding import Label, fields, to_base64url

Acknowledged = tuple[str, int, str]
"""Client id, seq, chain value."""


class NotKept(AssertionError):
    """The database does not hold what was promised."""


def check(url: str, acknowledged: Mapping[str, Sequence[Acknowledged]]) -> int:
    """How many rows there are; `NotKept` names the first conversation that is not as it must be."""
    engine = create_engine(synchronous(url))
    try:
        with engine.connect() as connection:
            stored = {head.id: head for head in connection.execute(select(Conversation.__table__))}
            if {str(each) for each in stored} != set(acknowledged):
                raise NotKept("not the conversations that were used")
            for head in stored.values():
                _check_log(connection, head, acknowledged[str(head.id)])
            return sum(head.seq for head in stored.values())
    finally:
        engine.dispose()


def synchronous(url: str) -> str:
    """The same database with a driver that needs no event loop."""
    made = database_url(url)
    return made.set(drivername=made.drivername.removesuffix("+aiosqlite")).render_as_string(hide_password=False)


def _check_log(connection: Connection, head: Row[Any], acknowledged: Sequence[Acknowledged]) -> None:
    found = list(_rows(connection, head))
    held = Counter(client_id for client_id, _, _ in found)
    for ack in acknowledged:
        if held[ack[0]] != 1:
            raise NotKept(f"{head.id}: message {ack[0]} is there {held[ack[0]]} times")
        if found[ack[1] - 1] != tuple(ack):
            raise NotKept(f"{head.id}: row {ack[1]} is not what was acknowledged")


def _rows(connection: Connection, head: Row[Any]) -> Iterator[Acknowledged]:
    """The rows, each checked against the one before."""
    entries = LogEntry.__table__
    query = select(entries).where(entries.c.conversation_id == head.id).order_by(entries.c.seq)
    seq, chain = 0, head.chain_0
    for row in connection.execute(query):
        seq += 1
        body_hash = hashlib.sha256(fields(row.content, b"")).digest()
        step = (row.generation, row.epoch, row.kind, row.sender_tag, row.client_id, to_milliseconds(row.timestamp))
        chain = hashlib.sha256(fields(Label.CHAIN, chain, seq, *step, body_hash)).digest()
        if (row.seq, row.body_hash, row.chain) != (seq, body_hash, chain):
            raise NotKept(f"{head.id}: the chain breaks at row {seq}")
        yield str(row.client_id), seq, to_base64url(chain)
    if (head.seq, head.chain) != (seq, chain):
        raise NotKept(f"{head.id}: the head is not the last row")
