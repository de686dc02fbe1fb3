"""Close codes of docs/events.md, and the exception that carries one."""

from __future__ import annotations

from enum import IntEnum


class CloseCode(IntEnum):
    TOO_BIG = 1009
    TRY_AGAIN = 1013
    MALFORMED = 4400
    NOT_AUTHENTICATED = 4401
    SIGNED_OUT = 4403
    NO_SOCKETS = 4406
    TOO_SLOW = 4408
    REPLACED = 4409
    TOO_MANY = 4429


class Ended(Exception):
    """This socket is over; `frame` goes out first."""

    def __init__(self, code: CloseCode, frame: str | None = None) -> None:
        super().__init__(code.name)
        self.code = code
        self.frame = frame
