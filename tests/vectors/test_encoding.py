"""The encoding against `encoding.json`, which the client's tests read too: both make and refuse the same bytes."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app_service.conversations import chain
from app_service.conversations.critical import critical_digest, receipt_digest, receipt_statement
from app_service.conversations.entries import Author, Entry, Signature
from shared.encoding import (
    HYBRID_PUBLIC_KEY_BYTES,
    SUITE,
    Field,
    Label,
    MalformedEncoding,
    Reader,
    fields,
    from_base64url,
    pack_signature,
    signature_input,
    to_base64url,
    unpack_signature,
)

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("encoding.json").read_text(encoding="utf-8"))


def _value(item: dict[str, Any]) -> Field:
    ((kind, value),) = item.items()
    match kind:
        case "bytes":
            return bytes.fromhex(value)
        case "text":
            return str(value)
        case "number":
            return int(value)
        case "uuid":
            return UUID(value)
        case "list":
            return [_value(entry) for entry in value]
    raise AssertionError(kind)


def _read(reader: Reader, kind: str) -> Field:
    name, _, argument = kind.partition(":")
    match name:
        case "bytes":
            return reader.blob(int(argument) if argument else None)
        case "text":
            return reader.text()
        case "number":
            return reader.number()
        case "uuid":
            return reader.uuid()
        case "label":
            reader.label(argument)
            return argument
        case "list":
            inner, found = reader.items(), []
            while inner.more:
                found.append(_read(inner, argument))
            return found
    raise AssertionError(kind)


def _read_back(reader: Reader, item: dict[str, Any]) -> Field:
    ((kind, value),) = item.items()
    if kind != "list":
        return _read(reader, kind)
    inner = reader.items()
    found = [_read_back(inner, entry) for entry in value]
    inner.end()
    return found


@pytest.mark.parametrize("case", VECTORS["fields"], ids=lambda case: case["name"])
def test_p1_1_fields_are_the_same_bytes_and_read_back(case: dict[str, Any]) -> None:
    values = [_value(item) for item in case["items"]]
    assert fields(*values).hex() == case["hex"]
    reader = Reader(bytes.fromhex(case["hex"]))
    assert [_read_back(reader, item) for item in case["items"]] == values
    reader.end()


@pytest.mark.parametrize("case", VECTORS["malformed_fields"], ids=lambda case: case["name"])
def test_p1_1_malformed_fields_are_refused(case: dict[str, Any]) -> None:
    reader = Reader(bytes.fromhex(case["hex"]))
    with pytest.raises(MalformedEncoding):  # noqa: PT012  (which field fails is the vector's business)
        for kind in case["schema"]:
            _read(reader, kind)
        reader.end()


def test_p1_3_base64url_is_strict() -> None:
    for case in VECTORS["base64url"]:
        assert to_base64url(bytes.fromhex(case["hex"])) == case["text"]
        assert from_base64url(case["text"]).hex() == case["hex"]
    for text in VECTORS["malformed_base64url"]:
        with pytest.raises(MalformedEncoding):
            from_base64url(text)


def test_p1_1_signature_input() -> None:
    for case in VECTORS["signature_input"]:
        public_key = bytes.fromhex(case["public_key_byte"]) * HYBRID_PUBLIC_KEY_BYTES
        made = signature_input(
            case["label"], public_key, bytes.fromhex(case["context"]), bytes.fromhex(case["message"])
        )
        assert made.hex() == case["hex"]


def test_p1_1_hybrid_signatures_are_packed_alike() -> None:
    for case in VECTORS["signatures"]:
        falcon, ecdsa = bytes.fromhex(case["falcon"]), bytes.fromhex(case["ecdsa"])
        assert pack_signature(falcon, ecdsa).hex() == case["hex"]
        assert unpack_signature(bytes.fromhex(case["hex"])) == (falcon, ecdsa)
    for case in VECTORS["malformed_signatures"]:
        with pytest.raises(MalformedEncoding):
            unpack_signature(bytes.fromhex(case["hex"]))


def _hkdf(secret: bytes, label: str) -> str:
    return HKDF(hashes.SHA512(), 32, None, label.encode()).derive(secret).hex()


def test_p2_1_password_and_recovery_branches() -> None:
    case = VECTORS["password"]
    salt = fields(Label.PASSWORD, case["server_name"], case["username"], bytes.fromhex(case["salt"]))
    argon2 = Argon2id(salt=hashlib.sha256(salt).digest(), length=32, iterations=3, lanes=1, memory_cost=65536)
    root = argon2.derive(unicodedata.normalize("NFKC", case["password"]).encode())
    assert _hkdf(root, Label.PASSWORD_AUTH) == case["auth"]
    assert _hkdf(root, Label.PASSWORD_WRAP) == case["wrap"]
    recovery = VECTORS["recovery"]
    assert _hkdf(bytes.fromhex(recovery["bits"]), Label.RECOVERY_AUTH) == recovery["auth"]
    assert _hkdf(bytes.fromhex(recovery["bits"]), Label.RECOVERY_WRAP) == recovery["wrap"]


def test_p5_1_chain() -> None:
    case = VECTORS["chain"]
    start = fields(Label.CHAIN, SUITE, UUID(case["conversation"]), UUID(case["creator"]), case["server_name"])
    assert hashlib.sha256(start).hexdigest() == case["chain_0"]
    row = case["row"]
    body_hash = hashlib.sha256(fields(bytes.fromhex(row["message"]), b"")).digest()
    assert body_hash.hex() == case["body_hash"]
    step = fields(
        Label.CHAIN,
        bytes.fromhex(case["chain_0"]),
        row["seq"],
        row["generation"],
        row["epoch"],
        row["kind"],
        bytes.fromhex(row["sender_tag"]),
        UUID(row["client_id"]),
        round(datetime.fromisoformat(row["time"]).timestamp() * 1000),
        body_hash,
    )
    assert hashlib.sha256(step).hexdigest() == case["chain_1"]


def test_p8_2_critical_messages_and_their_receipts() -> None:
    """The service's own makers of statements, on the bytes that the client's tests make too."""
    case = VECTORS["critical"]
    message = bytes.fromhex(case["message"])
    signature = Signature(bytes.fromhex(case["falcon"]), bytes.fromhex(case["ecdsa"]))
    entry = Entry(
        Author(UUID(int=0), UUID(case["device"])),
        UUID(case["conversation"]),
        UUID(case["client_id"]),
        "message",
        case["generation"],
        case["epoch"],
        0,
        message,
        chain.body_hash(message, signature.packed),
        bytes.fromhex(case["commitment"]),
        b"",
        signature,
    )
    statement = receipt_statement(entry, round(datetime.fromisoformat(case["time"]).timestamp() * 1000))
    assert (
        critical_digest(entry).hex() == case["signed"] == hashlib.sha512(bytes.fromhex(case["statement"])).hexdigest()
    )
    assert (statement.hex(), receipt_digest(statement).hex()) == (case["receipt"], case["receipt_signed"])
    assert entry.body_hash.hex() == case["body_hash"]
