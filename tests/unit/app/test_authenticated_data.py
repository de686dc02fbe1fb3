from __future__ import annotations

import hashlib
import os
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app_service.conversations.authenticated_data import Leaf, RoomChange, decode, decode_commit, roster_hash
from app_service.conversations.room_policy import Policy
from shared.encoding import Label, MalformedEncoding, fields
from tests import factories_mls as mls

CONVERSATION, CLIENT = uuid4(), uuid4()
ROSTER = os.urandom(32)
ADDED = (Leaf(UUID(int=1), UUID(int=9)), Leaf(UUID(int=2), UUID(int=3)))
DETAILS = mls.commit_details(added=ADDED, contribution_id=b"c" * 32, roster_hash=ROSTER)


def test_p5_3_authenticated_data_of_a_message() -> None:
    data = mls.authenticated_data(CONVERSATION, CLIENT, generation=2, commitment=b"k" * 32, echo=(8, b"e" * 32))

    assert decode(data) == (CONVERSATION, 2, CLIENT, "secured", 0, b"k" * 32, 8, b"e" * 32, b"")


def test_p6_5_authenticated_data_of_a_commit() -> None:
    data = decode(mls.authenticated_data(CONVERSATION, CLIENT, kind="commit", details=DETAILS))

    assert data.type == "commit"
    assert decode_commit(data.details) == (ADDED, (), None, None, b"c" * 32, ROSTER)


def test_p6_5_a_commit_without_contribution_says_none() -> None:
    details = decode_commit(mls.commit_details(removed=ADDED, roster_hash=ROSTER))

    assert details.contribution_id is None
    assert details.removed == ADDED


def test_p6_5_a_commit_says_what_it_changes_of_a_room() -> None:
    policy = Policy(UUID(int=1), moderators=frozenset({UUID(int=2)}))
    change = mls.room_change(policy, profile_hash=b"p" * 32, evidence=[UUID(int=9)])

    details = decode_commit(mls.commit_details(change=change, roster_hash=ROSTER))

    assert details.room == RoomChange(policy, b"p" * 32, frozenset({UUID(int=9)}), ())


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        mls.authenticated_data(CONVERSATION, CLIENT) + b"\x00",
        mls.authenticated_data(CONVERSATION, CLIENT, kind="other"),
        mls.authenticated_data(CONVERSATION, CLIENT, commitment=b""),
        mls.authenticated_data(CONVERSATION, CLIENT, commitment=b"k" * 31),
        mls.authenticated_data(CONVERSATION, CLIENT, kind="commit"),
        mls.authenticated_data(CONVERSATION, CLIENT, kind="commit", details=DETAILS, commitment=b"k" * 32),
        mls.authenticated_data(CONVERSATION, CLIENT, details=DETAILS),
        mls.authenticated_data(CONVERSATION, CLIENT, echo=(1, b"short")),
        mls.authenticated_data(CONVERSATION, CLIENT).replace(b"message/v1", b"message/v2"),
    ],
)
def test_p5_3_other_authenticated_data_is_refused(wrong: bytes) -> None:
    with pytest.raises(MalformedEncoding):
        decode(wrong)


def _details(added: list[bytes], removed: list[bytes], roles: bytes, contribution: bytes, roster: bytes) -> bytes:
    return fields(Label.COMMIT, added, removed, roles, contribution, roster)


@pytest.mark.parametrize(
    "wrong",
    [
        _details([b"b" * 32, b"a" * 32], [], b"", b"", ROSTER),
        _details([b"a" * 32, b"a" * 32], [], b"", b"", ROSTER),
        _details([b"a" * 31], [], b"", b"", ROSTER),
        _details([], [], b"owner", b"", ROSTER),
        _details([], [], b"", b"short", ROSTER),
        _details([], [], b"", b"", b"short"),
        DETAILS + b"\x00",
    ],
)
def test_p6_5_other_details_are_refused(wrong: bytes) -> None:
    with pytest.raises(MalformedEncoding):
        decode_commit(wrong)


def test_p6_5_roster_hash_is_over_accounts_devices_and_key_hashes_sorted_by_device() -> None:
    first, second = Leaf(UUID(int=7), UUID(int=1)), Leaf(UUID(int=5), UUID(int=2))
    expected = fields(
        Label.ROSTER,
        [
            [first.user_id, first.device_id, hashlib.sha256(b"one").digest()],
            [second.user_id, second.device_id, hashlib.sha256(b"two").digest()],
        ],
    )

    assert roster_hash([(second, b"two"), (first, b"one")]) == hashlib.sha256(expected).digest()


@settings(max_examples=300, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6), cut=st.integers(0, 600))
def test_mutated_bytes_are_read_or_named(changes: list[tuple[int, int]], cut: int) -> None:
    mutated = bytearray(mls.authenticated_data(CONVERSATION, CLIENT, kind="commit", details=DETAILS)[:cut])
    for at, value in changes:
        if mutated:
            mutated[at % len(mutated)] = value
    try:
        decode_commit(decode(bytes(mutated)).details)
    except MalformedEncoding:
        return
