"""The statement with which somebody asks to come into a room by a link (PROTOCOL.md 10.2; docs/crypto.md, *Links*).

Promises: `MalformedEncoding`, and never another exception, for other bytes. Does not: check the signature.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from shared.encoding import Label, MalformedEncoding, Reader

GROUP_ID_BYTES = 20
NONCE_BYTES = 32


class JoinStatement(NamedTuple):
    """`account_hash`: the account key that the joiner has; `package_hash`: what their device is to be added with."""

    server_name: str
    group_id: bytes
    link_id: UUID
    user_id: UUID
    device_id: UUID
    account_hash: bytes
    package_hash: bytes


def read_join_statement(statement: bytes) -> JoinStatement:
    reader = Reader(statement)
    reader.label(Label.ROOM_JOIN)
    asks = JoinStatement(
        reader.text(),
        reader.blob(),
        reader.uuid(),
        reader.uuid(),
        reader.uuid(),
        reader.blob(32),
        reader.blob(32),
    )
    reader.number()  # time
    nonce = reader.blob()
    reader.end()
    if len(asks.group_id) != GROUP_ID_BYTES or len(nonce) != NONCE_BYTES:
        raise MalformedEncoding("not a group id or a nonce")
    return asks
