"""Statements about devices (PROTOCOL 3.1, 3.3, 3.5): what does not fit is refused by name."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from app_service.directory.statements import (
    BadStatement,
    Issuer,
    certified_key,
    check_added,
    check_revoked,
    check_succession,
    encapsulation_key,
    read_list,
)
from tests.factories import Device, Identity, ListEntry

USER = uuid7()
ISSUER = Issuer("chat", USER)
IDENTITY = Identity("chat", USER)
ONE, TWO = Device(), Device()
FIRST_ENTRIES = IDENTITY.with_device(ONE)
FIRST = IDENTITY.list_statement(FIRST_ENTRIES, 1, bytes(32))
IDENTITY.accept(FIRST_ENTRIES, FIRST)
CERTIFICATE = IDENTITY.certificate(ONE, 1)


def second(entries: list[ListEntry], *, version: int = 2, previous: bytes | None = None) -> bytes:
    return IDENTITY.list_statement(entries, version, IDENTITY.list_hash if previous is None else previous)


def test_p3_1_a_certificate_binds_server_account_device_keys_suite_and_version() -> None:
    assert certified_key(CERTIFICATE, ISSUER, ONE.id, 1) == ONE.key.public
    for issuer, device, version in (
        (Issuer("other", USER), ONE.id, 1),
        (Issuer("chat", uuid7()), ONE.id, 1),
        (ISSUER, TWO.id, 1),
        (ISSUER, ONE.id, 2),
    ):
        with pytest.raises(BadStatement):
            certified_key(CERTIFICATE, issuer, device, version)
    with pytest.raises(BadStatement):
        certified_key(CERTIFICATE.replace(b"falcon-r3-512", b"falcon-r3-513"), ISSUER, ONE.id, 1)
    with pytest.raises(BadStatement):
        certified_key(FIRST, ISSUER, ONE.id, 1)


def test_p3_1_the_next_list_adds_one_device() -> None:
    statement = second(IDENTITY.with_device(TWO))
    after = read_list(statement, ISSUER)

    check_succession(FIRST, after, ISSUER)
    check_added(FIRST, after, ISSUER, TWO.id, TWO.key.public)


NEW = ListEntry(TWO.id, TWO.key.hash, 2)
OLD = FIRST_ENTRIES[0]


@pytest.mark.parametrize(
    "statement",
    [
        second([NEW]),
        second([OLD]),
        second([OLD, NEW], version=3),
        second([OLD, NEW], previous=bytes(32)),
        second([ListEntry(ONE.id, ONE.key.hash, 1, 2), NEW]),
        second([ListEntry(ONE.id, TWO.key.hash, 1), NEW]),
        second([OLD, ListEntry(TWO.id, TWO.key.hash, 1)]),
        second([OLD, ListEntry(TWO.id, TWO.key.hash, 2, 2)]),
        second([OLD, ListEntry(TWO.id, ONE.key.hash, 2)]),
        second([OLD, NEW, ListEntry(uuid7(), bytes(32), 2)]),
        second([OLD, OLD, NEW]),
    ],
    ids=[
        "forgets the old one", "adds nobody", "skips a version", "another list before it", "revokes another",
        "changes a key", "added before it was", "revoked at once", "one key for two", "adds two", "doubled entry",
    ],
)  # fmt: skip
def test_p3_1_anything_else_is_refused(statement: bytes) -> None:
    def take() -> None:
        after = read_list(statement, ISSUER)
        check_succession(FIRST, after, ISSUER)
        check_added(FIRST, after, ISSUER, TWO.id, TWO.key.public)

    with pytest.raises(BadStatement):
        take()


def test_p3_1_entries_are_sorted() -> None:
    entries = sorted([OLD, NEW], key=lambda entry: entry.device_id.bytes)
    good = second(entries)
    one, two = (entry.device_id.bytes for entry in entries)
    swapped = good.replace(one, b"#" * 16).replace(two, one).replace(b"#" * 16, two)

    with pytest.raises(BadStatement):
        read_list(swapped, ISSUER)


def test_p3_1_a_revoked_device_stays_revoked() -> None:
    revoked = second(IDENTITY.without_device(ONE.id))
    after = read_list(revoked, ISSUER)
    check_revoked(FIRST, after, ISSUER, ONE.id)

    with pytest.raises(BadStatement):
        check_revoked(revoked, after, ISSUER, ONE.id)
    with pytest.raises(BadStatement):
        check_revoked(FIRST, after, ISSUER, TWO.id)


def test_p3_5_an_ml_kem_key_names_device_and_number() -> None:
    statement = IDENTITY.ml_kem_statement(ONE, 1)

    assert encapsulation_key(statement, ISSUER, ONE.id, 1) == ONE.ml_kem.public_key().public_bytes_raw()
    with pytest.raises(BadStatement):
        encapsulation_key(statement, ISSUER, ONE.id, 2)
    with pytest.raises(BadStatement):
        encapsulation_key(statement, ISSUER, TWO.id, 1)


@given(st.binary(max_size=200), st.integers(0, len(FIRST) - 1))
@settings(max_examples=300, deadline=None)
def test_changed_statements_raise_nothing_else(noise: bytes, at: int) -> None:
    for statement in (FIRST[:at] + noise, FIRST[:at] + noise + FIRST[at:], CERTIFICATE[:at] + noise):
        with contextlib.suppress(BadStatement):
            read_list(statement, ISSUER)
        with contextlib.suppress(BadStatement):
            certified_key(statement, ISSUER, ONE.id, 1)
        with contextlib.suppress(BadStatement):
            encapsulation_key(statement, ISSUER, ONE.id, 1)
