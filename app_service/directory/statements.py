"""Statements about devices, read and compared (docs/crypto.md "Statements"; PROTOCOL 3.1, 3.3, 3.5).

Promises: `BadStatement` for any bytes that are not the wanted statement of this server, account and device.
Does not: verify a signature; `service.py` does, with quantum_service.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey

from shared.encoding import (
    ECDSA_PUBLIC_KEY_BYTES,
    FALCON_PUBLIC_KEY_BYTES,
    SUITE,
    Label,
    MalformedEncoding,
    Reader,
    fields,
)

ML_KEM_KEY_BYTES: Final = 1184
_HASH_BYTES: Final = 32
_NO_LIST_BEFORE: Final = bytes(_HASH_BYTES)


class BadStatement(ValueError):
    """Not what this account may say; the text says which field does not fit."""


@dataclass(frozen=True)
class Issuer:
    """Whose statement it must be."""

    server_name: str
    user_id: UUID


class ListedDevice(NamedTuple):
    device_id: UUID
    key_hash: bytes
    added: int
    revoked: int


@dataclass(frozen=True)
class ListStatement:
    version: int
    previous_hash: bytes
    devices: tuple[ListedDevice, ...]


def statement_hash(statement: bytes | None) -> bytes:
    """How a list names the one before it."""
    return _NO_LIST_BEFORE if statement is None else hashlib.sha256(statement).digest()


def key_hash(signature_key: bytes) -> bytes:
    return hashlib.sha256(signature_key).digest()


def certified_key(statement: bytes, issuer: Issuer, device_id: UUID, list_version: int) -> bytes:
    """The 962-byte hybrid key that a device certificate binds to `device_id`."""
    try:
        reader = _open(statement, Label.DEVICE_CERTIFICATE, issuer)
        device, falcon, ecdsa = (
            reader.uuid(),
            reader.blob(FALCON_PUBLIC_KEY_BYTES),
            reader.blob(ECDSA_PUBLIC_KEY_BYTES),
        )
        suite, version = reader.text(), reader.number()
        reader.number()  # time
        reader.end()
    except MalformedEncoding as error:
        raise BadStatement("not a device certificate") from error
    _demand(device == device_id, "the certificate of another device")
    _demand(suite == SUITE, "another suite")
    _demand(version == list_version, "another list version")
    return falcon + ecdsa


def read_list(statement: bytes, issuer: Issuer) -> ListStatement:
    """A device list whose entries are sorted, unique, and added and revoked at versions up to its own."""
    try:
        reader = _open(statement, Label.DEVICE_LIST, issuer)
        version, previous = reader.number(), reader.blob(_HASH_BYTES)
        reader.number()  # time
        devices = _listed(reader.items())
        reader.end()
    except MalformedEncoding as error:
        raise BadStatement("not a device list") from error
    ids = [device.device_id.bytes for device in devices]
    _demand(ids == sorted(set(ids)), "entries that are not sorted or not unique")
    _demand(len({device.key_hash for device in devices}) == len(devices), "one key for two devices")
    for device in devices:
        _demand(1 <= device.added <= version and device.revoked <= version, "an entry of a later version")
    return ListStatement(version, previous, devices)


def check_succession(before: bytes | None, after: ListStatement, issuer: Issuer) -> None:
    """The list must follow the one before it: number, hash, and nothing forgotten or changed."""
    old = read_list(before, issuer) if before is not None else ListStatement(0, b"", ())
    _demand(after.version == old.version + 1, "another version than the next one")
    _demand(after.previous_hash == statement_hash(before), "the hash of another list before it")


def check_added(before: bytes | None, after: ListStatement, issuer: Issuer, device_id: UUID, key: bytes) -> None:
    """The only change is that `device_id` came, with this key."""
    entry = ListedDevice(device_id, key_hash(key), after.version, 0)
    kept = tuple(device for device in after.devices if device != entry)
    _demand(len(kept) == len(after.devices) - 1, "the new device is missing")
    _demand(kept == _devices(before, issuer), "a change of other devices")


def check_revoked(before: bytes, after: ListStatement, issuer: Issuer, device_id: UUID) -> None:
    """The only change is that `device_id` is revoked from this version on."""
    expected = tuple(
        device._replace(revoked=after.version) if device.device_id == device_id and not device.revoked else device
        for device in _devices(before, issuer)
    )
    _demand(expected != _devices(before, issuer), "the device is not there or revoked before")
    _demand(after.devices == expected, "a change of other devices")


def encapsulation_key(statement: bytes, issuer: Issuer, device_id: UUID, number: int) -> bytes:
    """The ML-KEM-768 key of a device, well-formed as FIPS 203 section 7.2 demands of who encapsulates to it."""
    try:
        reader = _open(statement, Label.ML_KEM_KEY, issuer)
        device, its_number, key = reader.uuid(), reader.number(), reader.blob(ML_KEM_KEY_BYTES)
        reader.number()  # time
        reader.end()
    except MalformedEncoding as error:
        raise BadStatement("not an ML-KEM key statement") from error
    _demand(device == device_id, "the ML-KEM key of another device")
    _demand(its_number == number, "another key number")
    try:
        MLKEM768PublicKey.from_public_bytes(key)
    except ValueError as error:
        raise BadStatement("not an ML-KEM-768 key") from error
    return key


def challenge_statement(issuer: Issuer, device_id: UUID, challenge: str) -> bytes:
    """What a device signs to bind a sign-in (P3.3)."""
    return fields(Label.AUTH, issuer.server_name, issuer.user_id, device_id, challenge)


def _open(statement: bytes, label: str, issuer: Issuer) -> Reader:
    reader = Reader(statement)
    reader.label(label)
    _demand(reader.text() == issuer.server_name, "a statement for another server")
    _demand(reader.uuid() == issuer.user_id, "a statement of another account")
    return reader


def _listed(reader: Reader) -> tuple[ListedDevice, ...]:
    devices = []
    while reader.more:
        entry = reader.items()
        devices.append(ListedDevice(entry.uuid(), entry.blob(_HASH_BYTES), entry.number(), entry.number()))
        entry.end()
    return tuple(devices)


def _devices(statement: bytes | None, issuer: Issuer) -> tuple[ListedDevice, ...]:
    return () if statement is None else read_list(statement, issuer).devices


def _demand(fits: bool, otherwise: str) -> None:
    if not fits:
        raise BadStatement(otherwise)
