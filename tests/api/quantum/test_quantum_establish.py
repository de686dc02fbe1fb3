"""`establish` (PROTOCOL 7), read and opened by code that shares nothing with the service but the field encoding.

Recipients use PQClean's ML-KEM-768, which no provider of the service is; signatures are checked half by half.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pqcrypto.kem import ml_kem_768
from pqcrypto.sign import falcon_512
from uuid_utils.compat import uuid7

from app_service.conversations.schemas import Contribution
from shared.encoding import Label, Reader, fields, from_base64url, to_base64url
from shared.schemas.quantum import VerifyItem
from tests.api.quantum.conftest import Caller

NONCE = bytes(range(32))
CONVERSATION = uuid7()


@dataclass(frozen=True)
class Device:
    id: UUID
    number: int
    public_key: bytes
    private_key: bytes

    @classmethod
    def new(cls, number: int = 1) -> Device:
        return cls(uuid7(), number, *ml_kem_768.generate_keypair())

    def recipient(self) -> dict[str, Any]:
        return {
            "device_id": str(self.id),
            "number": self.number,
            "encapsulation_key": to_base64url(self.public_key),
        }

    def open(self, ciphertext: bytes, wrapped: bytes, nonce: bytes = NONCE, purpose: str = "found") -> bytes:
        """The secret, by the rules of docs/crypto.md."""
        shared_secret = ml_kem_768.decrypt(self.private_key, ciphertext)
        key_hash = hashlib.sha256(self.public_key).digest()
        context = fields("QuantumChat/establish-wrap/v1", CONVERSATION, 0, 0, nonce, purpose, self.id, key_hash)
        key = HKDF(hashes.SHA256(), 32, salt=nonce, info=context).derive(shared_secret)
        return AESGCM(key).decrypt(bytes(12), wrapped, context)


@dataclass(frozen=True)
class Part:
    device_id: UUID
    number: int
    key_hash: bytes
    ciphertext: bytes
    wrapped: bytes


def request(notary: dict[str, str], devices: list[Device], **changes: Any) -> dict[str, Any]:
    return {
        "notary_public_key": notary["public_key"],
        "notary_wrapped_private_key": notary["wrapped_private_key"],
        "conversation_id": str(CONVERSATION),
        "generation": 0,
        "epoch": 0,
        "nonce": to_base64url(NONCE),
        "purpose": "found",
        "recipients": [device.recipient() for device in devices],
        **changes,
    }


def parts_of(transcript: bytes) -> tuple[list[Part], dict[str, Any], int]:
    """The recipients, the receipt and the time; the context is checked on the way."""
    reader = Reader(transcript)
    reader.label(Label.ESTABLISH)
    assert (reader.uuid(), reader.number(), reader.number()) == (CONVERSATION, 0, 0)
    assert (reader.blob(32), reader.text()) == (NONCE, "found")
    parts, recipients = [], reader.items()
    while recipients.more:
        one = recipients.items()
        parts.append(Part(one.uuid(), one.number(), one.blob(32), one.blob(1088), one.blob(48)))
        one.end()
    receipt, made_at = json.loads(reader.text()), reader.number()
    reader.end()
    return parts, receipt, made_at


def error(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


async def test_p7_1_every_recipient_opens_the_same_secret(app_service: Caller, notary: dict[str, str]) -> None:
    devices = [Device.new(number) for number in (3, 1, 7, 2)]
    answer = await app_service.ok("establish", request(notary, devices[::-1]))
    parts, _, _ = parts_of(from_base64url(answer["transcript"]))
    by_id = {part.device_id: part for part in parts}
    secrets = set()
    for device in devices:
        part = by_id[device.id]
        assert (part.number, part.key_hash) == (device.number, hashlib.sha256(device.public_key).digest())
        secrets.add(device.open(part.ciphertext, part.wrapped))
    assert len(secrets) == 1
    assert len(secrets.pop()) == 32


async def test_p7_1_the_transcript_names_exactly_the_chosen_recipients_in_order(
    app_service: Caller, notary: dict[str, str]
) -> None:
    devices = [Device.new() for _ in range(5)]
    answer = await app_service.ok("establish", request(notary, devices[::-1]))
    parts, receipt, made_at = parts_of(from_base64url(answer["transcript"]))
    assert [part.device_id for part in parts] == sorted([device.id for device in devices])
    assert receipt == answer["receipt"]
    assert abs(made_at - time.time() * 1000) < 60_000


async def test_p7_1_the_transcript_is_signed_by_both_halves_of_the_notary_key(
    app_service: Caller, notary: dict[str, str]
) -> None:
    answer = await app_service.ok("establish", request(notary, [Device.new()]))
    public_key, transcript = from_base64url(notary["public_key"]), from_base64url(answer["transcript"])
    label, suite = b"QuantumChat/establish/v1", b"falcon-r3-512+ecdsa-p256-sha256"
    data = b"".join(
        (
            len(label).to_bytes(2, "big") + label,
            len(suite).to_bytes(2, "big") + suite,
            hashlib.sha256(public_key).digest(),
            (0).to_bytes(4, "big"),
            len(transcript).to_bytes(4, "big") + transcript,
        )
    )
    signature = from_base64url(answer["signature"])
    length = int.from_bytes(signature[:2], "big")
    falcon, ecdsa = signature[2 : 2 + length], signature[2 + length :]
    assert falcon_512.verify(public_key[:897], data, falcon)
    der = utils.encode_dss_signature(int.from_bytes(ecdsa[:32], "big"), int.from_bytes(ecdsa[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key[897:])
    key.verify(der, data, ec.ECDSA(hashes.SHA256()))


async def test_p7_1_a_part_opens_for_its_device_and_context_only(app_service: Caller, notary: dict[str, str]) -> None:
    mine, other = Device.new(), Device.new()
    answer = await app_service.ok("establish", request(notary, [mine, other]))
    parts, _, _ = parts_of(from_base64url(answer["transcript"]))
    part = next(part for part in parts if part.device_id == mine.id)
    renamed = Device(other.id, 1, mine.public_key, mine.private_key)
    attempts: tuple[Callable[[], bytes], ...] = (
        lambda: other.open(part.ciphertext, part.wrapped),
        lambda: renamed.open(part.ciphertext, part.wrapped),
        lambda: mine.open(part.ciphertext, part.wrapped, nonce=bytes(32)),
        lambda: mine.open(part.ciphertext, part.wrapped, purpose="rotate"),
    )
    for attempt in attempts:
        with pytest.raises(InvalidTag):
            attempt()


async def test_p7_2_every_draw_is_fresh(app_service: Caller, notary: dict[str, str]) -> None:
    device, secrets, transcripts = Device.new(), set(), set()
    for _ in range(3):
        transcript = from_base64url((await app_service.ok("establish", request(notary, [device])))["transcript"])
        part = parts_of(transcript)[0][0]
        secrets.add(device.open(part.ciphertext, part.wrapped))
        transcripts.add(hashlib.sha256(transcript).digest())
    assert len(secrets) == len(transcripts) == 3


async def test_the_secret_never_leaves_in_the_clear(app_service: Caller, notary: dict[str, str]) -> None:
    device = Device.new()
    response = await app_service.post("establish", request(notary, [device]))
    part = parts_of(from_base64url(response.json()["transcript"]))[0][0]
    secret = device.open(part.ciphertext, part.wrapped)
    assert response.json().keys() == {"transcript", "signature", "receipt"}
    assert secret not in from_base64url(response.json()["transcript"])
    for form in (to_base64url(secret), secret.hex()):
        assert form not in response.text


async def test_p7_1_a_doubled_device_or_key_is_refused(app_service: Caller, notary: dict[str, str]) -> None:
    device = Device.new()
    same_device = Device(device.id, 2, Device.new().public_key, b"")
    same_key = Device(uuid7(), 1, device.public_key, b"")
    for other in (device, same_device, same_key):
        body = request(notary, [device, Device.new(), other])
        assert error(await app_service.post("establish", body)) == (422, "duplicate_recipient")


async def test_a_key_outside_the_field_is_refused_and_named(app_service: Caller, notary: dict[str, str]) -> None:
    broken = Device(uuid7(), 1, b"\xff" * 1184, b"")
    response = await app_service.post("establish", request(notary, [Device.new(), broken]))
    assert error(response) == (422, "malformed_key")
    assert response.json()["error"]["details"] == {"device_id": str(broken.id)}


@pytest.mark.parametrize("usage", ["sign:general", "sign:receipt", "sign:tree-head"])
async def test_p11_1_only_a_key_of_usage_establish_signs(app_service: Caller, usage: str) -> None:
    other = await app_service.ok("keygen", {"algorithm": "hybrid", "usage": usage})
    assert error(await app_service.post("establish", request(other, [Device.new()]))) == (422, "refused")


async def test_p11_1_the_notary_key_must_be_beside_its_own_public_key(
    app_service: Caller, notary: dict[str, str]
) -> None:
    other = await app_service.ok("keygen", {"algorithm": "hybrid", "usage": "sign:establish"})
    mixed = notary | {"public_key": other["public_key"]}
    assert error(await app_service.post("establish", request(mixed, [Device.new()]))) == (422, "refused")


async def test_p11_2_a_notary_key_of_another_master_key_is_named(app_service: Caller, notary: dict[str, str]) -> None:
    blob = bytearray(from_base64url(notary["wrapped_private_key"]))
    blob[1] ^= 1
    mixed = notary | {"wrapped_private_key": to_base64url(bytes(blob))}
    assert error(await app_service.post("establish", request(mixed, [Device.new()]))) == (409, "other_master_key")


async def test_one_call_for_a_thousand_devices(app_service: Caller, notary: dict[str, str]) -> None:
    devices = [Device.new() for _ in range(1000)]
    answer = await app_service.ok("establish", request(notary, devices))
    parts, _, _ = parts_of(from_base64url(answer["transcript"]))
    assert len(parts) == 1000
    by_id = {part.device_id: part for part in parts}
    first, last = (device.open(by_id[device.id].ciphertext, by_id[device.id].wrapped) for device in devices[::999])
    assert first == last
    # What is given out can come back: with a commit to app_service, and from there to be verified.
    given = Contribution(transcript=answer["transcript"], signature=answer["signature"])
    item = VerifyItem(
        public_key=notary["public_key"], label=Label.ESTABLISH, message=given.transcript, signature=given.signature
    )
    (verdict,) = (await app_service.ok("wrap_verify", {"items": [item.model_dump(mode="json")]}))["items"]
    assert verdict["valid"]
