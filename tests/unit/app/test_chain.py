from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app_service.conversations import chain
from shared.encoding import SUITE, Label, fields

CONVERSATION, CREATOR, CLIENT = UUID(int=1), UUID(int=2), UUID(int=3)
STEP: dict[str, Any] = {
    "seq": 1,
    "generation": 0,
    "epoch": 1,
    "kind": "message",
    "sender_tag": b"t" * 16,
    "client_id": CLIENT,
    "time": 1_700_000_000_123,
    "body_hash": b"h" * 32,
}


def test_p5_1_first_link() -> None:
    expected = hashlib.sha256(fields(Label.CHAIN, SUITE, CONVERSATION, CREATOR, "server")).digest()

    assert chain.first_link(CONVERSATION, CREATOR, "server") == expected


def test_p5_1_next_link_covers_exactly_the_chain_fields() -> None:
    expected = hashlib.sha256(
        fields(Label.CHAIN, b"p" * 32, 1, 0, 1, "message", b"t" * 16, CLIENT, 1_700_000_000_123, b"h" * 32)
    ).digest()

    assert chain.next_link(b"p" * 32, **STEP) == expected


def test_p5_1_body_is_message_and_no_signature() -> None:
    assert chain.body_hash(b"mls") == hashlib.sha256(b"\x00\x00\x00\x03mls\x00\x00\x00\x00").digest()


@given(
    change=st.fixed_dictionaries(
        {},
        optional={
            "seq": st.integers(2, 2**62),
            "generation": st.integers(1, 2**32),
            "epoch": st.integers(2, 2**62),
            "kind": st.sampled_from(["commit", "terminate"]),
            "sender_tag": st.binary(min_size=16, max_size=16).filter(lambda tag: tag != b"t" * 16),
            "client_id": st.uuids().filter(lambda value: value != CLIENT),
            "time": st.integers(0, 2**50),
            "body_hash": st.binary(min_size=32, max_size=32).filter(lambda value: value != b"h" * 32),
        },
    ).filter(bool)
)
def test_p5_1_any_other_field_gives_another_chain(change: dict[str, Any]) -> None:
    assert chain.next_link(b"p" * 32, **{**STEP, **change}) != chain.next_link(b"p" * 32, **STEP)
