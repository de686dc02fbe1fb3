"""The signed receipt of a draw (PROTOCOL 11.1, docs/crypto.md "Draws"): whose key, which label, what it holds."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import httpx
import pytest

from quantum_service.qkd.seeds import Seeds
from quantum_service.routes import QUICK_BYTES
from shared.encoding import Label, Reader, fields, from_base64url, to_base64url
from shared.schemas.quantum import NOTARY_BLOB_HEADER, NOTARY_KEY_HEADER
from tests.api.quantum.conftest import Caller

PATH = "/api/quantum/random"


def error(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def headers(key: dict[str, str]) -> dict[str, str]:
    return {NOTARY_KEY_HEADER: key["public_key"], NOTARY_BLOB_HEADER: key["wrapped_private_key"]}


def read(statement: str) -> tuple[bytes, Any]:
    """SHA-512 of what was drawn, and the receipt."""
    reader = Reader(from_base64url(statement))
    reader.label("QuantumChat/draw/v1")
    found = reader.blob(64), json.loads(reader.text())
    reader.end()
    return found


async def verdict(caller: Caller, key: dict[str, str], signed: dict[str, str], label: str = Label.DRAW) -> str:
    item = {
        "public_key": key["public_key"],
        "label": label,
        "message": signed["statement"],
        "signature": signed["signature"],
    }
    [found] = (await caller.ok("wrap_verify", {"items": [item]}))["items"]
    return str(found["code"])


@pytest.fixture(scope="session")
async def receipt_notary(app_service: Caller) -> dict[str, str]:
    pair: dict[str, str] = await app_service.ok("keygen", {"algorithm": "hybrid", "usage": "sign:receipt"})
    return pair


@pytest.mark.parametrize("length", [1, 32, QUICK_BYTES + 1])
async def test_p11_1_the_receipt_of_a_draw_is_signed_with_the_notary_key_of_its_purpose(
    app_service: Caller, receipt_notary: dict[str, str], length: int
) -> None:
    answer = (await app_service.call("GET", f"{PATH}?bytes={length}", **headers(receipt_notary))).json()
    digest, receipt = read(answer["signed"]["statement"])
    assert digest == hashlib.sha512(from_base64url(answer["bytes"])).digest()
    assert receipt == answer["receipt"]
    assert await verdict(app_service, receipt_notary, answer["signed"]) == "valid"
    assert await verdict(app_service, receipt_notary, answer["signed"], Label.RECEIPT) == "invalid_signature"


async def test_a_changed_receipt_is_noticed(app_service: Caller, receipt_notary: dict[str, str]) -> None:
    signed = (await app_service.call("GET", PATH, **headers(receipt_notary))).json()["signed"]
    digest, receipt = read(signed["statement"])
    better = fields("QuantumChat/draw/v1", digest, json.dumps(receipt | {"credited_bits": 512}))
    assert await verdict(app_service, receipt_notary, signed | {"statement": to_base64url(better)}) == (
        "invalid_signature"
    )


async def test_p11_1_wrap_sign_cannot_make_the_receipt_of_a_draw(
    app_service: Caller, receipt_notary: dict[str, str]
) -> None:
    statement = (await app_service.call("GET", PATH, **headers(receipt_notary))).json()["signed"]["statement"]
    item = {name: receipt_notary[name] for name in ("public_key", "wrapped_private_key")}
    answer = await app_service.ok("wrap_sign", {"items": [item | {"usage": "sign:receipt", "message": statement}]})
    forged = {"statement": statement, "signature": answer["signatures"][0]}
    assert await verdict(app_service, receipt_notary, forged) == "invalid_signature"
    assert await verdict(app_service, receipt_notary, forged, Label.RECEIPT) == "valid"


async def test_p11_2_without_a_notary_key_there_is_no_signature(app_service: Caller) -> None:
    assert (await app_service.call("GET", PATH)).json()["signed"] is None


@pytest.mark.parametrize("usage", ["sign:establish", "sign:general", "sign:tree-head"])
async def test_p11_1_a_notary_key_of_another_purpose_signs_no_draw(app_service: Caller, usage: str) -> None:
    other = await app_service.ok("keygen", {"algorithm": "hybrid", "usage": usage})
    assert error(await app_service.call("GET", PATH, **headers(other))) == (422, "refused")
    assert error(await app_service.call("POST", "/api/quantum/bb84", {}, **headers(other))) == (422, "refused")


async def test_a_notary_key_comes_whole(app_service: Caller, receipt_notary: dict[str, str]) -> None:
    both = headers(receipt_notary)
    for name in both:
        assert error(await app_service.call("GET", PATH, **{name: both[name]})) == (422, "malformed")
    assert error(await app_service.call("GET", PATH, **both | {NOTARY_KEY_HEADER: "AAAA"})) == (422, "malformed")
    blob = bytearray(from_base64url(receipt_notary["wrapped_private_key"]))
    blob[1] ^= 1
    changed = both | {NOTARY_BLOB_HEADER: to_base64url(bytes(blob))}
    assert error(await app_service.call("GET", PATH, **changed)) == (409, "other_master_key")


async def test_the_draw_of_a_bb84_run_is_signed_too(app_service: Caller, receipt_notary: dict[str, str]) -> None:
    answer = await app_service.call("POST", "/api/quantum/bb84", {"pulses": 64}, **headers(receipt_notary))
    started = json.loads(answer.text.splitlines()[0])
    _, receipt = read(started["signed"]["statement"])
    assert receipt == started["receipt"]
    assert await verdict(app_service, receipt_notary, started["signed"]) == "valid"
    assert Seeds.BYTES > 64, "too many for their hash to tell them"
