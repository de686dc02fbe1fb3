"""Frames that cost the server more than their sender are refused fast."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from app_service.socket.frames import Hello, read_frame

LIMIT_SECONDS = 1.0  # one error for each entry took longer


def _hello(cursors: Any) -> str:
    return json.dumps({"type": "hello", "token": "t", "cursors": cursors, "event_cursor": None})


def test_cursors_are_read() -> None:
    log_id = str(uuid7())
    hello = read_frame(_hello({log_id: 2**63 - 1}))
    assert isinstance(hello, Hello)
    assert hello.cursors == {UUID(log_id): 2**63 - 1}


@pytest.mark.parametrize("seq", [-1, 2**63, 1.5, "1", True, None])
def test_a_cursor_is_a_position(seq: Any) -> None:
    with pytest.raises(ValueError, match="cursor"):
        read_frame(_hello({str(uuid7()): seq}))


def test_at_most_ten_thousand_cursors() -> None:
    assert isinstance(read_frame(_hello({str(uuid7()): 1 for _ in range(10_000)})), Hello)
    with pytest.raises(ValueError, match="cursors"):
        read_frame(_hello({str(uuid7()): 1 for _ in range(10_001)}))


@pytest.mark.parametrize(
    "text",
    [
        _hello({str(number): "x" for number in range(80_000)}),
        json.dumps({"type": "ping", **{str(number): 1 for number in range(80_000)}}),
        "[" * 1_000_000,
        '{"type": "ping", "more": ' + "[" * 1000 + "]" * 1000 + "}",
        '{"type": "nonsense"}',
        '{"type": "ping", "more": "\\ud800"}',
        "ping",
        "",
    ],
    ids=["bad cursors", "unknown fields", "deep", "nested", "unknown type", "surrogate", "no JSON", "empty"],
)
def test_nonsense_is_refused_fast(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ValueError):  # noqa: PT011 - from whichever reader is first
        read_frame(text)
    assert time.process_time() - started < LIMIT_SECONDS
