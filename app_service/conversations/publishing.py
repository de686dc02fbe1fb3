"""From committed rows to the sockets that wait for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app_service.conversations.entries import Row
from app_service.conversations.rows import frame, message_rows
from app_service.realtime.hub import Hub

MAX_PUSHED_BYTES: Final = 262_144


class Publisher:
    """Messages are pushed as they are, written once for all; rows that each device reads in its own form are pulled.

    So is more than a socket should keep for a slow client at once.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def appended(self, rows: Sequence[Row]) -> None:
        by_log: defaultdict[UUID, list[Row]] = defaultdict(list)
        for row in rows:
            by_log[row.conversation_id].append(row)
        for log_id, new in by_log.items():
            if all(row.kind == "message" for row in new) and _size(new) <= MAX_PUSHED_BYTES:
                self._push(log_id, new)
            else:
                self._hub.changed(log_id)

    def _push(self, log_id: UUID, rows: list[Row]) -> None:
        first, last = rows[0].seq, rows[-1].seq

        def received() -> str:
            fields = {"conversation_id": log_id, "rows": message_rows(rows), "head_seq": last}
            return frame("message_receive", fields)

        self._hub.appended(log_id, first, last, received)


def _size(rows: Sequence[Row]) -> int:
    return sum(len(row.content or b"") for row in rows)
