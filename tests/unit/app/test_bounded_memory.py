"""What waits for a slow reader is bounded in bytes, not only in number."""

from __future__ import annotations

from collections import deque
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from app_service.conversations import pages, publishing
from app_service.conversations.entries import Row
from app_service.conversations.publishing import Publisher
from app_service.models.base import now
from app_service.socket.outbox import MAX_CHARACTERS, MAX_TOGETHER, Outbox, taken

LARGE = bytes(131_072)


def _row(log_id: UUID, seq: int, content: bytes | None) -> Row:
    return Row(
        log_id,
        seq,
        0,
        1,
        "message",
        log_id,
        log_id,
        bytes(16),
        uuid7(),
        now(),
        bytes(32),
        bytes(32),
        bytes(32),
        content,
    )


def _rows(count: int, content: bytes | None) -> list[Row]:
    log_id = uuid7()
    return [_row(log_id, seq, content) for seq in range(1, count + 1)]


def test_a_page_ends_at_its_bytes_but_holds_a_row() -> None:
    rows = _rows(10, LARGE)
    assert [row.seq for row in pages._fitting(rows)] == [1, 2, 3, 4]
    assert pages._fitting(_rows(1, bytes(pages.MAX_PAGE_BYTES + 1)))[0].seq == 1
    assert len(pages._fitting(_rows(200, None))) == 200
    assert pages._fitting([]) == []


def test_large_frames_are_read_later() -> None:
    outbox, log_id = Outbox(), uuid7()
    outbox.cursors[log_id] = 0
    outbox.in_group.add(log_id)
    frame = "x" * 200_000
    for seq in range(1, 51):
        outbox.offer(log_id, seq, seq, lambda: frame)
    assert sum(map(len, outbox.frames)) < MAX_CHARACTERS + len(frame)
    assert outbox.cursors[log_id] == len(outbox.frames) == 3
    assert log_id in outbox.behind


class _Hub:
    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []

    def appended(self, log: UUID, first: int, last: int, frame: Any) -> None:
        self.calls.append(("pushed", last))

    def changed(self, log: UUID) -> None:
        self.calls.append(("read", None))


@pytest.mark.parametrize(("count", "how"), [(1, "pushed"), (publishing.MAX_PUSHED_BYTES // len(LARGE) + 1, "read")])
def test_a_large_batch_is_read_instead_of_pushed(count: int, how: str) -> None:
    hub = _Hub()
    Publisher(hub).appended(_rows(count, LARGE))  # type: ignore[arg-type]  # only what it calls
    assert [call[0] for call in hub.calls] == [how]


def test_what_goes_out_together_is_small_or_a_single_frame() -> None:
    large, small = "x" * (MAX_TOGETHER + 1), "x" * (MAX_TOGETHER // 4)
    waiting = deque([large, *[small] * 6])
    assert [len(taken(waiting)) for _ in range(3)] == [1, 4, 2]
    assert not waiting
