from __future__ import annotations

import os
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app_service.conversations.mls_header import (
    APPLICATION,
    COMMIT,
    parse_private_message,
    parse_welcome,
)
from app_service.mls import MalformedMls
from tests import factories_mls as mls

CONVERSATION = UUID("018f4ad0-8d6f-7c3a-9a52-0123456789ab")
MESSAGE = mls.private_message(CONVERSATION, b"clear", generation=7, epoch=9, content_type=COMMIT)
WELCOME = mls.welcome(2)


def test_p1_3_header_of_a_private_message() -> None:
    header = parse_private_message(MESSAGE)

    assert header == (CONVERSATION, 7, 9, COMMIT, b"clear")


def test_p1_3_content_type_at_33_and_authenticated_data_from_34() -> None:
    assert MESSAGE[33] == COMMIT
    assert MESSAGE[34] == len(b"clear")
    assert MESSAGE[35:40] == b"clear"


def test_every_vector_width_is_read() -> None:
    for size in (0, 63, 64, 16_383, 16_384, 70_000):
        data = os.urandom(size)
        message = mls.private_message(CONVERSATION, data, epoch=2**63, ciphertext=os.urandom(size))
        assert parse_private_message(message).authenticated_data == data


def test_references_of_a_welcome() -> None:
    references = parse_welcome(WELCOME)

    assert len(references) == 2
    assert references[0] == WELCOME[10 : 10 + 64]


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"hello",
        WELCOME,
        MESSAGE + b"\x00",
        MESSAGE[:-1],
        MESSAGE.replace(b"\x00\x01\x00\x02", b"\x00\x02\x00\x02", 1),
        MESSAGE.replace(b"\x00\x01\x00\x02", b"\x00\x01\x00\x01", 1),
        # 20 as a two-byte length is no minimal encoding
        MESSAGE[:4] + b"\x40\x14" + MESSAGE[5:],
        MESSAGE[:4] + b"\xd4" + MESSAGE[5:],
        MESSAGE[:4] + mls.vector(CONVERSATION.bytes) + MESSAGE[25:],
    ],
)
def test_other_bytes_are_no_private_message(wrong: bytes) -> None:
    with pytest.raises(MalformedMls):
        parse_private_message(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        MESSAGE,
        WELCOME[:-1],
        WELCOME + b"\x00",
        WELCOME.replace(b"\x00\x53", b"\x00\x01", 1),
        b"\x00\x01\x00\x03\x00\x53" + mls.vector(b"") + mls.vector(b"info"),
        b"\x00\x01\x00\x03\x00\x53" + mls.vector(mls.vector(b"short") * 3) + mls.vector(b"info"),
    ],
)
def test_other_bytes_are_no_welcome(wrong: bytes) -> None:
    with pytest.raises(MalformedMls):
        parse_welcome(wrong)


@settings(max_examples=400, deadline=None)
@given(
    original=st.sampled_from([MESSAGE, WELCOME]),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6),
    cut=st.integers(0, 3000),
    tail=st.binary(max_size=8),
)
def test_mutated_bytes_are_read_or_named(
    original: bytes, changes: list[tuple[int, int]], cut: int, tail: bytes
) -> None:
    mutated = bytearray(original[:cut] + tail)
    for at, value in changes:
        if mutated:
            mutated[at % len(mutated)] = value
    for parse in (parse_private_message, parse_welcome):
        try:
            parse(bytes(mutated))
        except MalformedMls:
            continue


@given(st.binary(max_size=300))
def test_noise_is_read_or_named(data: bytes) -> None:
    for prefix in (b"", MESSAGE[:4], MESSAGE[:25], WELCOME[:6]):
        for parse in (parse_private_message, parse_welcome):
            try:
                parse(prefix + data)
            except MalformedMls:
                continue


@given(
    generation=st.integers(0, 2**32 - 1),
    epoch=st.integers(0, 2**64 - 1),
    data=st.binary(max_size=200),
    content_type=st.integers(0, 255),
)
def test_what_is_packed_is_read(generation: int, epoch: int, data: bytes, content_type: int) -> None:
    conversation = uuid4()
    packed = mls.private_message(conversation, data, generation=generation, epoch=epoch, content_type=content_type)

    assert parse_private_message(packed) == (conversation, generation, epoch, content_type, data)


def test_a_message_is_no_commit() -> None:
    assert parse_private_message(mls.message(CONVERSATION, uuid4())).content_type == APPLICATION
