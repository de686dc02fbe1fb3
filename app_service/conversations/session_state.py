"""What the two people of a session agree, beside the keys (PROTOCOL.md 10.3; docs/crypto.md, *Disappearing*).

Promises: `MalformedEncoding`, and never another exception, for bytes that no client of ours makes. Does not: know
whether a group has this state. Its members check that.

    | bytes | what                                             |
    |-------|--------------------------------------------------|
    | label | `session-state/v1`                               |
    | u64   | seconds after which messages disappear; 0: never |
"""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

from app_service.conversations.room_policy import MAX_TIMER
from shared.encoding import Label, MalformedEncoding, Reader, fields

_LABEL: Final = fields(Label.SESSION_STATE)


class SessionState(NamedTuple):
    timer: int


def is_session_state(data: bytes) -> bool:
    """Whether these bytes are to be read as one, and not as the change of a room."""
    return data.startswith(_LABEL)


def encode_session_state(state: SessionState) -> bytes:
    return fields(Label.SESSION_STATE, state.timer)


def read_session_state(data: bytes) -> SessionState:
    reader = Reader(data)
    reader.label(Label.SESSION_STATE)
    state = SessionState(reader.number())
    reader.end()
    if state.timer >= MAX_TIMER:
        raise MalformedEncoding("not a time after which messages disappear")
    return state


def session_hash(state: SessionState | None) -> bytes | None:
    """What the statement of a later generation says of the session that it continues; None: of one without a state."""
    return None if state is None else hashlib.sha256(encode_session_state(state)).digest()
