"""Clear fields of key packages (PROTOCOL 3.6)."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app_service.directory.key_package import KeyPackageContents, check_key_package
from app_service.mls import MalformedMls
from tests.factories import key_package

USER = UUID("018f4ad0-8d6f-7c3a-9a52-0123456789ab")
DEVICE = UUID("018f4ad0-8d6f-7c3a-9a52-ba9876543210")
KEY = bytes(range(256)) * 3 + bytes(194)
PACKAGE = key_package(USER, DEVICE, KEY)
NOW = datetime.now(UTC)


def check(message: bytes) -> KeyPackageContents:
    return check_key_package(message, user_id=USER, device_id=DEVICE, signature_key=KEY, at=NOW)


def test_p3_6_a_good_package_passes() -> None:
    contents = check(PACKAGE)

    assert not contents.last_resort
    assert 88 <= (contents.not_after - NOW).days <= 89


def test_p3_6_a_last_resort_says_so() -> None:
    assert check(key_package(USER, DEVICE, KEY, last_resort=True)).last_resort


def test_p3_6_another_device_account_or_key_is_refused() -> None:
    for package in (
        key_package(DEVICE, DEVICE, KEY),
        key_package(USER, USER, KEY),
        key_package(USER, DEVICE, KEY[:-1] + b"\x01"),
    ):
        with pytest.raises(MalformedMls):
            check(package)


@pytest.mark.parametrize("cut", [0, 1, 4, 8, 100, 1300, 3000])
def test_what_is_cut_off_or_goes_on_is_refused(cut: int) -> None:
    with pytest.raises(MalformedMls):
        check(PACKAGE[:cut])
    with pytest.raises(MalformedMls):
        check(PACKAGE + b"\x00")


def test_p3_6_a_lifetime_without_end_is_refused() -> None:
    begin = PACKAGE.index(b"\x01", PACKAGE.index(b"\xf0\xa1\xf0\xa2\xf0\xa3"))
    unlimited = PACKAGE[: begin + 9] + b"\xff" * 8 + PACKAGE[begin + 17 :]

    with pytest.raises(MalformedMls):
        check(unlimited)


@given(st.lists(st.tuples(st.integers(0, len(PACKAGE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=500, deadline=None)
def test_changed_bytes_raise_nothing_else(changes: list[tuple[int, int]]) -> None:
    changed = bytearray(PACKAGE)
    for at, value in changes:
        changed[at] = value

    with contextlib.suppress(MalformedMls):
        check(bytes(changed))
