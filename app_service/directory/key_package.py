"""What is clear in an MLS key package (RFC 9420 section 10), checked before it is given to anybody (PROTOCOL 3.6).

Promises: a package that passes is one of our suite for exactly this device, can join our groups, and is valid now.
Does not: check its signature; whoever adds the device does.

    | field         | layout (big endian; vec = variable-length vector)                                             |
    |---------------|------------------------------------------------------------------------------------------------|
    | message       | version u16 = 1, wire format u16 = 5                                                            |
    | key package   | version u16 = 1, cipher suite u16, init key vec, leaf node, extensions vec, signature vec        |
    | leaf node     | encryption key vec, signature key vec, credential, capabilities, source u8 = 1, lifetime,        |
    |               | extensions vec, signature vec                                                                    |
    | credential    | type u16 = 1 (basic), identity vec = user id ‖ device id                                         |
    | capabilities  | vecs of u16: versions, cipher suites, extensions, proposals, credentials                         |
    | lifetime      | not before u64, not after u64, in seconds since 1970-01-01 UTC                                   |
    | extension     | type u16, data vec                                                                               |
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from app_service.mls import CIPHER_SUITE, MalformedMls, MlsReader

MIN_REMAINING: Final = timedelta(days=1)
MAX_LIFETIME: Final = timedelta(days=91)
"""90 days and the hour before (docs/crypto.md), with some room for clocks."""
_CLOCK_SKEW: Final = timedelta(hours=1)

_MLS10: Final = 1
_KEY_PACKAGE_MESSAGE: Final = 5
_BASIC: Final = 1
_FROM_KEY_PACKAGE: Final = 1
_LAST_RESORT: Final = 0x000A
_OUR_EXTENSIONS: Final = frozenset({0xF0A1, 0xF0A2, 0xF0A3})


class KeyPackageContents(NamedTuple):
    """`not_after` ends the time in which the package may be used."""

    not_after: datetime
    last_resort: bool


class _Capabilities(NamedTuple):
    versions: frozenset[int]
    suites: frozenset[int]
    extensions: frozenset[int]
    credentials: frozenset[int]


def check_key_package(
    message: bytes, *, user_id: UUID, device_id: UUID, signature_key: bytes, at: datetime
) -> KeyPackageContents:
    """Read an `MLSMessage` with a key package; `MalformedMls` says in its text what does not fit this device."""
    reader = MlsReader(message)
    _demand(reader.number(2) == _MLS10 and reader.number(2) == _KEY_PACKAGE_MESSAGE, "not a key package")
    _demand(reader.number(2) == _MLS10 and reader.number(2) == CIPHER_SUITE, "another cipher suite")
    reader.vector()  # init key
    reader.vector()  # encryption key
    _demand(reader.vector() == signature_key, "another signature key than the certified one")
    _demand(reader.number(2) == _BASIC, "another credential type")
    _demand(reader.vector() == user_id.bytes + device_id.bytes, "the credential of another device")
    _check_capabilities(_capabilities(reader))
    _demand(reader.number(1) == _FROM_KEY_PACKAGE, "another leaf node source")
    not_after = _check_lifetime(reader.number(8), reader.number(8), at)
    _extension_types(reader.vector())
    reader.vector()  # signature of the leaf node
    extensions = _extension_types(reader.vector())
    reader.vector()  # signature of the key package
    reader.end()
    return KeyPackageContents(not_after, _LAST_RESORT in extensions)


def _demand(fits: bool, otherwise: str) -> None:
    if not fits:
        raise MalformedMls(otherwise)


def _check_lifetime(not_before: int, not_after: int, at: datetime) -> datetime:
    try:
        begin, end = datetime.fromtimestamp(not_before, UTC), datetime.fromtimestamp(not_after, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise MalformedMls("a lifetime beyond the calendar") from error
    _demand(begin <= at + _CLOCK_SKEW, "not valid yet")
    _demand(end >= at + MIN_REMAINING, "valid for less than a day")
    _demand(end - begin <= MAX_LIFETIME, "valid for too long")
    return end


def _check_capabilities(capabilities: _Capabilities) -> None:
    complete = (
        _MLS10 in capabilities.versions
        and CIPHER_SUITE in capabilities.suites
        and _BASIC in capabilities.credentials
        and capabilities.extensions >= _OUR_EXTENSIONS
    )
    _demand(complete, "capabilities that cannot join our groups")


def _capabilities(reader: MlsReader) -> _Capabilities:
    versions, suites, extensions, _proposals, credentials = (_numbers(reader.vector()) for _ in range(5))
    return _Capabilities(versions, suites, extensions, credentials)


def _numbers(content: bytes) -> frozenset[int]:
    reader = MlsReader(content)
    numbers = set()
    while reader.more:
        numbers.add(reader.number(2))
    return frozenset(numbers)


def _extension_types(content: bytes) -> frozenset[int]:
    reader = MlsReader(content)
    types = set()
    while reader.more:
        types.add(reader.number(2))
        reader.vector()
    return frozenset(types)
