"""Every route as app_service, the operator, a wrong key and nobody (PROTOCOL 11.3)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.quantum.conftest import API_KEY, MASTER_KEY, OPERATOR_KEY, Caller

KEY, BLOB, ONE = "AAAA", "A" * 80, "AA"
SIGN = {"items": [{"public_key": KEY, "wrapped_private_key": BLOB, "usage": "sign:general", "message": ONE}]}
VERIFY = {"items": [{"public_key": KEY, "label": "x", "message": ONE, "signature": ONE}]}
ESTABLISH: dict[str, Any] = {
    "notary_public_key": "A" * 1283,
    "notary_wrapped_private_key": BLOB,
    "conversation_id": "01900000-0000-7000-8000-000000000000",
    "generation": 0,
    "epoch": 0,
    "nonce": "A" * 43,
    "purpose": "found",
    "recipients": [{"device_id": "01900000-0000-7000-8000-000000000001", "number": 1, "encapsulation_key": "A" * 1579}],
}
DECAPSULATE = {"items": [{"public_key": KEY, "wrapped_private_key": BLOB, "ciphertext": "A" * 1451}]}

OPEN = [("GET", path, None) for path in ("/", "/api/health", "/metrics", "/docs", "/openapi.json")]
FOR_BOTH: list[tuple[str, str, Any]] = [
    ("POST", "/api/quantum/keygen", {"algorithm": "ECDSA-P256", "usage": "sign:general"}),
    ("POST", "/api/quantum/encapsulate", {"public_keys": [KEY]}),
    ("POST", "/api/quantum/sign", SIGN),
    ("POST", "/api/quantum/verify", VERIFY),
    ("POST", "/api/quantum/wrap_sign", SIGN),
    ("POST", "/api/quantum/wrap_verify", VERIFY),
    ("POST", "/api/quantum/establish", ESTABLISH),
    ("GET", "/api/quantum/random", None),
    ("GET", "/api/quantum/samples", None),
    ("POST", "/api/quantum/bb84", {"pulses": 64}),
]
FOR_OPERATOR: list[tuple[str, str, Any]] = [
    ("POST", "/api/quantum/keygen", {}),
    ("POST", "/api/quantum/decapsulate", DECAPSULATE),
    ("POST", "/api/quantum/encrypt", {"items": [{"plaintext": ONE}]}),
    ("POST", "/api/quantum/decrypt", {"items": [{"sealed": BLOB}]}),
]


def code(response: httpx.Response) -> str:
    error = response.json()["error"]
    assert error.keys() == {"code", "message", "details", "request_id"}
    assert error["request_id"] == response.headers["X-Request-ID"]
    return str(error["code"])


@pytest.mark.parametrize(("method", "path", "body"), OPEN)
async def test_open_routes(anonymous: Caller, method: str, path: str, body: Any) -> None:
    response = await anonymous.call(method, path, body)
    assert response.status_code == 200
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("method", "path", "body"), FOR_BOTH + FOR_OPERATOR)
@pytest.mark.parametrize("key", [None, "", "wrong", API_KEY + "x", MASTER_KEY, "é"])
async def test_p11_3_without_a_key_nothing_opens(
    http: httpx.AsyncClient, method: str, path: str, body: Any, key: str | None
) -> None:
    headers = None if key is None else {b"Authorization": f"Bearer {key}".encode()}
    response = await http.request(method, path, json=body, headers=headers)
    assert (response.status_code, code(response)) == (401, "not_authenticated")
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
async def test_p11_3_another_scheme_does_not_open(http: httpx.AsyncClient, scheme: str) -> None:
    response = await http.get("/api/quantum/random", headers={"Authorization": f"{scheme} {API_KEY}".strip()})
    assert response.status_code == 401


@pytest.mark.parametrize(("method", "path", "body"), FOR_BOTH)
async def test_p11_3_both_keys_open(app_service: Caller, operator: Caller, method: str, path: str, body: Any) -> None:
    for caller in (app_service, operator):
        response = await caller.call(method, path, body)
        assert response.status_code in {200, 409, 422}, response.text


@pytest.mark.parametrize(("method", "path", "body"), FOR_OPERATOR)
async def test_p11_3_operator_routes_refuse_app_service(
    app_service: Caller, operator: Caller, method: str, path: str, body: Any
) -> None:
    refused = await app_service.call(method, path, body)
    assert (refused.status_code, code(refused)) == (403, "operator_key_required")
    taken = await operator.call(method, path, body)
    assert taken.status_code in {200, 409, 422}, taken.text


async def test_every_route_is_in_this_table(service: Any) -> None:
    """A new route must choose who may call it."""
    known = {(method, path) for method, path, _ in OPEN + FOR_BOTH + FOR_OPERATOR}
    documented = {(method.upper(), path) for path, methods in service.openapi()["paths"].items() for method in methods}
    assert documented <= known


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("keygen", {"algorithm": "RSA"}),
        ("keygen", {"algorithm": "hybrid", "usage": "sign:anything"}),
        ("keygen", {"algorithm": "hybrid", "usage": "sign:general", "label": "QuantumChat/establish/v1"}),
        ("encapsulate", {"public_keys": []}),
        ("encapsulate", {"public_keys": [KEY] * 257}),
        ("encapsulate", {"public_keys": ["not base64!"]}),
        ("encapsulate", {"public_keys": ["AAA="]}),
        ("encapsulate", {"public_keys": [None]}),
        ("sign", {"items": [{**SIGN["items"][0], "label": "QuantumChat/establish/v1"}]}),
        ("wrap_sign", {"items": [{**SIGN["items"][0], "usage": "sign:anything"}]}),
        ("wrap_sign", {"items": SIGN["items"] * 257}),
        ("verify", {"items": [{**VERIFY["items"][0], "label": ""}]}),
        ("wrap_verify", {"items": "x"}),
        ("establish", {**ESTABLISH, "recipients": []}),
        ("establish", {**ESTABLISH, "recipients": ESTABLISH["recipients"] * 1001}),
        ("establish", {**ESTABLISH, "nonce": "AAAA"}),
        ("establish", {**ESTABLISH, "purpose": "other"}),
        ("establish", {**ESTABLISH, "generation": -1}),
        ("establish", {**ESTABLISH, "epoch": 2**63}),
        ("establish", {**ESTABLISH, "conversation_id": "x"}),
        ("decapsulate", {"items": [{**DECAPSULATE["items"][0], "ciphertext": "AAAA"}]}),
        ("encrypt", {"items": [{"plaintext": ONE}] * 257}),
        ("encrypt", {"items": [{"plaintext": "A" * 87_384}]}),
        ("decrypt", {"items": [{"sealed": "AAAA"}]}),
        ("decrypt", []),
    ],
)
async def test_malformed_input(operator: Caller, call: str, body: Any) -> None:
    response = await operator.post(call, body)
    assert (response.status_code, code(response)) == (422, "malformed")
    assert "not base64!" not in response.text, "the rejected value is never echoed"


@pytest.mark.parametrize("length", ["0", "-1", "65537", "x", ""])
async def test_malformed_lengths(app_service: Caller, length: str) -> None:
    response = await app_service.call("GET", f"/api/quantum/random?bytes={length}")
    assert (response.status_code, code(response)) == (422, "malformed")


async def test_json_that_is_none(http: httpx.AsyncClient) -> None:
    response = await http.post("/api/quantum/keygen", content=b"{", headers={"Authorization": f"Bearer {OPERATOR_KEY}"})
    assert (response.status_code, code(response)) == (422, "malformed")


async def test_a_body_without_end_is_cut_off(http: httpx.AsyncClient) -> None:
    async def endless() -> Any:
        for _ in range(80):
            yield b" " * 65_536

    response = await http.post(
        "/api/quantum/encrypt", content=endless(), headers={"Authorization": f"Bearer {OPERATOR_KEY}"}
    )
    assert (response.status_code, code(response)) == (413, "too_large")


async def test_unknown_paths_and_methods(anonymous: Caller) -> None:
    assert code(await anonymous.call("GET", "/api/quantum/nothing")) == "not_found"
    assert code(await anonymous.call("GET", "/api/quantum/sign")) == "method_not_allowed"


async def test_the_callers_request_id_comes_back(app_service: Caller) -> None:
    response = await app_service.call("GET", "/api/quantum/random", **{"X-Request-ID": "01900000-request-of-app"})
    assert response.headers["X-Request-ID"] == "01900000-request-of-app"
    refused = await app_service.call("GET", "/api/quantum/random?bytes=0", **{"X-Request-ID": "with spaces in it"})
    assert refused.headers["X-Request-ID"] != "with spaces in it"
