"""What each call of the service gives, and what it refuses."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pqcrypto.sign import falcon_512

from quantum_service.entropy.sources import RawBlock, SourceFailed
from quantum_service.main import create_app
from quantum_service.routes import QUICK_BYTES
from shared.encoding import FALCON_SUITE, from_base64url, signature_input, to_base64url
from tests.api.quantum.conftest import API_KEY, MASTER_KEY, OPERATOR_KEY, Caller, settings
from tests.processes import PATIENCE
from tests.unit.quantum.scripted_source import ScriptedSource, block

SIZES = {"ML-KEM-768": (1184, 64), "Falcon-512": (897, 1281), "ECDSA-P256": (65, 32), "hybrid": (962, 1313)}


LARGE_DRAW = f"/api/quantum/random?bytes={QUICK_BYTES + 1}"


def error(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def text(data: bytes) -> str:
    return to_base64url(data)


async def pair(caller: Caller, algorithm: str, usage: str) -> dict[str, str]:
    made: dict[str, str] = await caller.ok("keygen", {"algorithm": algorithm, "usage": usage})
    return made


def item(key: dict[str, str], message: bytes, **changes: str) -> dict[str, str]:
    return {
        "public_key": key["public_key"],
        "wrapped_private_key": key["wrapped_private_key"],
        "usage": "sign:general",
        "message": text(message),
        **changes,
    }


@pytest.mark.parametrize("algorithm", SIZES)
async def test_keygen(operator: Caller, algorithm: str) -> None:
    usage = "kem" if algorithm == "ML-KEM-768" else "sign:general"
    key = await pair(operator, algorithm, usage)
    public, private = SIZES[algorithm]
    assert len(from_base64url(key["public_key"])) == public
    assert len(from_base64url(key["wrapped_private_key"])) == 1 + 8 + 32 + private + 16
    assert (key["algorithm"], key["usage"]) == (algorithm, usage)


@pytest.mark.parametrize(("algorithm", "usage"), [("hybrid", "kem"), ("ML-KEM-768", "sign:general")])
async def test_p11_1_usage_must_fit_the_algorithm(operator: Caller, algorithm: str, usage: str) -> None:
    assert error(await operator.post("keygen", {"algorithm": algorithm, "usage": usage})) == (
        422,
        "usage_not_allowed",
    )


async def test_encapsulate_and_decapsulate_a_batch(operator: Caller, app_service: Caller) -> None:
    keys = [await pair(operator, "ML-KEM-768", "kem") for _ in range(3)]
    made = (await app_service.ok("encapsulate", {"public_keys": [key["public_key"] for key in keys]}))["items"]
    opened = await operator.ok(
        "decapsulate",
        {
            "items": [
                {
                    "public_key": key["public_key"],
                    "wrapped_private_key": key["wrapped_private_key"],
                    "ciphertext": one["ciphertext"],
                }
                for key, one in zip(keys, made, strict=True)
            ]
        },
    )
    assert opened["shared_secrets"] == [one["shared_secret"] for one in made]
    assert len(set(opened["shared_secrets"])) == 3


async def test_a_ciphertext_for_another_key_gives_an_unrelated_secret(operator: Caller) -> None:
    """Implicit rejection: no error that would tell an attacker anything."""
    mine, other = [await pair(operator, "ML-KEM-768", "kem") for _ in range(2)]
    made = (await operator.ok("encapsulate", {"public_keys": [other["public_key"]]}))["items"][0]
    body = {"public_key": mine["public_key"], "wrapped_private_key": mine["wrapped_private_key"]}
    opened = await operator.ok("decapsulate", {"items": [{**body, "ciphertext": made["ciphertext"]}]})
    assert opened["shared_secrets"] != [made["shared_secret"]]


async def test_a_bad_item_refuses_the_batch_and_is_named(operator: Caller) -> None:
    good = (await pair(operator, "ML-KEM-768", "kem"))["public_key"]
    response = await operator.post("encapsulate", {"public_keys": [good, text(b"\xff" * 1184), good]})
    assert error(response) == (422, "malformed_key")
    assert response.json()["error"]["details"] == {"index": 1}


@pytest.mark.parametrize(
    ("signing", "verifying", "algorithm"), [("sign", "verify", "Falcon-512"), ("wrap_sign", "wrap_verify", "hybrid")]
)
async def test_sign_and_verify_a_batch(app_service: Caller, signing: str, verifying: str, algorithm: str) -> None:
    key = await pair(app_service, algorithm, "sign:general")
    messages = [b"one", b"two", b""]
    made = await app_service.ok(signing, {"items": [item(key, message) for message in messages]})
    label = "QuantumChat/sign-general/v1"

    def check(message: bytes, signature: str, **changes: str) -> dict[str, str]:
        fields = {"public_key": key["public_key"], "label": label, "message": text(message), "signature": signature}
        return fields | changes

    items = [check(message, signature) for message, signature in zip(messages, made["signatures"], strict=True)]
    signature = made["signatures"][0]
    items += [
        check(b"three", signature),
        check(b"one", signature, label="QuantumChat/establish/v1"),
        check(b"one", signature, context=text(b"x")),
        check(b"one", text(b"\x00" * 900)),
        check(b"one", signature, public_key=text(b"\x00" * 65)),
    ]
    verdicts = (await app_service.ok(verifying, {"items": items}))["items"]
    assert [verdict["code"] for verdict in verdicts] == [
        *("valid",) * 3,
        *("invalid_signature",) * 3,
        "malformed_signature",
        "malformed_key",
    ]
    assert [verdict["valid"] for verdict in verdicts] == [True] * 3 + [False] * 5


async def test_p11_1_the_service_writes_the_label(app_service: Caller) -> None:
    """What is signed is the labelled input, checked here by PQClean itself."""
    key = await pair(app_service, "Falcon-512", "sign:general")
    signature = (await app_service.ok("sign", {"items": [item(key, b"text")]}))["signatures"][0]
    public_key = from_base64url(key["public_key"])
    data = signature_input("QuantumChat/sign-general/v1", public_key, b"", b"text", suite=FALCON_SUITE)
    assert falcon_512.verify(public_key, data, from_base64url(signature))
    assert not falcon_512.verify(public_key, b"text", from_base64url(signature))


@pytest.mark.parametrize("usage", ["sign:establish", "sign:tree-head", "kem"])
async def test_p11_1_wrap_sign_never_makes_another_purposes_signature(app_service: Caller, usage: str) -> None:
    """Else app_service could sign a contribution whose secret it chose itself."""
    key = await pair(app_service, "hybrid", "sign:establish")
    assert error(await app_service.post("wrap_sign", {"items": [item(key, b"forged", usage=usage)]})) == (
        422,
        "usage_not_allowed",
    )
    assert error(await app_service.post("wrap_sign", {"items": [item(key, b"forged")]})) == (422, "refused")


async def test_p11_1_receipts_are_signed_under_their_own_label(app_service: Caller) -> None:
    key = await pair(app_service, "hybrid", "sign:receipt")
    made = await app_service.ok("wrap_sign", {"items": [item(key, b"digest", usage="sign:receipt")]})
    labels = ("QuantumChat/receipt/v1", "QuantumChat/sign-general/v1", "QuantumChat/establish/v1")
    signed = {"public_key": key["public_key"], "message": text(b"digest"), "signature": made["signatures"][0]}
    verdicts = await app_service.ok("wrap_verify", {"items": [signed | {"label": label} for label in labels]})
    assert [verdict["code"] for verdict in verdicts["items"]] == ["valid", "invalid_signature", "invalid_signature"]
    assert error(await app_service.post("wrap_sign", {"items": [item(key, b"digest")]})) == (422, "refused")


async def test_p11_1_a_key_signs_only_with_its_own_algorithm(app_service: Caller) -> None:
    hybrid = await pair(app_service, "hybrid", "sign:general")
    assert error(await app_service.post("sign", {"items": [item(hybrid, b"x")]})) == (422, "refused")


async def test_another_master_key_is_named(app_service: Caller) -> None:
    key = await pair(app_service, "hybrid", "sign:general")
    blob = bytearray(from_base64url(key["wrapped_private_key"]))
    blob[3] ^= 1
    changed = item(key, b"x", wrapped_private_key=text(bytes(blob)))
    response = await app_service.post("wrap_sign", {"items": [item(key, b"x"), changed]})
    assert error(response) == (409, "other_master_key")
    assert response.json()["error"]["details"] == {"index": 1}


async def test_p11_1_decrypt_does_not_unwrap(operator: Caller) -> None:
    key = await pair(operator, "ML-KEM-768", "kem")
    assert error(await operator.post("decrypt", {"items": [{"sealed": key["wrapped_private_key"]}]})) == (
        422,
        "refused",
    )


async def test_encrypt_and_decrypt_a_batch(operator: Caller) -> None:
    plain = [{"plaintext": text(b"one"), "associated_data": text(b"a")}, {"plaintext": ""}]
    sealed = (await operator.ok("encrypt", {"items": plain}))["sealed"]
    first, second = {"sealed": sealed[0], "associated_data": text(b"a")}, {"sealed": sealed[1]}
    assert (await operator.ok("decrypt", {"items": [first, second]}))["plaintexts"] == [text(b"one"), ""]
    refused = await operator.post("decrypt", {"items": [second, {"sealed": sealed[0]}]})
    assert error(refused) == (422, "refused")
    assert refused.json()["error"]["details"] == {"index": 1}


async def test_random_with_its_receipt(app_service: Caller) -> None:
    first = (await app_service.call("GET", "/api/quantum/random?bytes=65536")).json()
    assert len(from_base64url(first["bytes"])) == 65_536
    assert first["receipt"]["sources"] == ["os"]
    second, third = [(await app_service.call("GET", "/api/quantum/random")).json()["bytes"] for _ in range(2)]
    assert len(from_base64url(second)) == 32
    assert second != third


async def test_raw_samples_are_shown_of_each_source(app_service: Caller, service: FastAPI) -> None:
    pool = service.state.desk.operations.pool
    async with asyncio.timeout(PATIENCE):
        while not pool.samples().items:  # noqa: ASYNC110 - the first block is on its way
            await asyncio.sleep(0.01)
    answer = (await app_service.call("GET", "/api/quantum/samples")).json()
    [sample] = answer["items"]
    assert (sample["source"], sample["simulated"], sample["alarm"]) == ("os", False, None)
    assert len(from_base64url(sample["bits"])) == 512


async def test_what_requires_hardware_is_refused_without_it(app_service: Caller) -> None:
    refused = await app_service.call("GET", "/api/quantum/random?require=hardware")
    assert error(refused) == (503, "hardware_entropy_unavailable")
    assert refused.headers["Retry-After"] == "60"
    assert (await app_service.call("GET", "/api/quantum/random?require=any")).status_code == 200
    assert error(await app_service.call("GET", "/api/quantum/random?require=luck")) == (422, "malformed")


async def test_health_says_what_is_in_use(anonymous: Caller, service: FastAPI) -> None:
    health = (await anonymous.call("GET", "/api/health")).json()
    assert health["status"] == "ok"
    assert health["self_tests"] == "passed"
    assert health["providers"].keys() == {"ML-KEM-768", "Falcon-512", "ECDSA-P256", "AES-256-GCM"}
    assert all(health["providers"].values())
    assert health["entropy"]["mode"] == "os-only"
    assert health["master_key_id"] == service.state.desk.operations.master.id.hex()


async def test_metrics_count_and_hold_no_secret(app_service: Caller, operator: Caller, anonymous: Caller) -> None:
    drawn = (await app_service.call("GET", "/api/quantum/random?bytes=24")).json()["bytes"]
    key = await pair(operator, "ML-KEM-768", "kem")
    exposition = (await anonymous.call("GET", "/metrics")).text
    for name in ("quantum_items_total", "quantum_draws_total", "quantum_entropy_pool_bits", "http_requests_total"):
        assert name in exposition
    for secret in (API_KEY, OPERATOR_KEY, MASTER_KEY, drawn, key["public_key"], key["wrapped_private_key"]):
        assert secret not in exposition


async def test_cpu_bound_work_leaves_the_event_loop_free(
    app_service: Caller, anonymous: Caller, service: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signing batch stands still until health has answered: on the event loop both would hang."""
    started, go = threading.Event(), threading.Event()
    operations = service.state.desk.operations
    signing = operations.wrap_sign

    def held(body: Any) -> Any:
        started.set()
        assert go.wait(PATIENCE)
        return signing(body)

    monkeypatch.setattr(operations, "wrap_sign", held)
    key = await pair(app_service, "hybrid", "sign:general")
    batch = asyncio.create_task(app_service.ok("wrap_sign", {"items": [item(key, b"x")] * 8}))
    await asyncio.to_thread(started.wait)
    assert (await anonymous.call("GET", "/api/health")).status_code == 200
    assert not batch.done()
    go.set()
    assert len((await batch)["signatures"]) == 8


async def test_a_full_queue_answers_503_with_retry_after(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(settings(tmp_path, quantum_threads=1, quantum_queue=1))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://quantum") as http,
    ):
        caller, started, go = Caller(http, API_KEY), threading.Event(), threading.Event()
        operations = app.state.desk.operations
        draw = operations.random

        def slowly(*given: Any) -> Any:
            started.set()
            go.wait(PATIENCE)
            return draw(*given)

        monkeypatch.setattr(operations, "random", slowly)
        waiting = [asyncio.create_task(caller.call("GET", LARGE_DRAW)) for _ in range(2)]
        await asyncio.to_thread(started.wait)
        while app.state.desk._workers.taken < 2:  # noqa: ASYNC110 - the second request is on its way
            await asyncio.sleep(0)
        refused = await caller.call("GET", LARGE_DRAW)
        assert error(refused) == (503, "overloaded")
        assert refused.headers["Retry-After"] == "1"
        assert (await Caller(http, None).call("GET", "/api/health")).status_code == 200
        go.set()
        assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200, 200]


async def test_a_failing_source_degrades_visibly_and_serves_on(tmp_path: Any) -> None:
    stuck = RawBlock((bytes(4096),), backend="test", job_id="")
    source = ScriptedSource([block(streams=1, length=1024), stuck, SourceFailed("away")])
    app = create_app(settings(tmp_path), sources=[source])
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://quantum") as http,
    ):
        anonymous, caller = Caller(http, None), Caller(http, API_KEY)
        async with asyncio.timeout(PATIENCE):
            counted = 'quantum_entropy_blocks_total{outcome="alarm",source="scripted"} 1.0'
            while counted not in (await anonymous.call("GET", "/metrics")).text:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        health = (await anonymous.call("GET", "/api/health")).json()
        assert health["status"] == "degraded"
        assert health["entropy"]["mode"] == "os-only"
        assert health["entropy"]["sources"][0]["alarms"] == 1
        answer = await caller.call("GET", "/api/quantum/random")
        assert answer.status_code == 200
        assert answer.json()["receipt"]["quantum_contributed"] is False
        exposition = (await anonymous.call("GET", "/metrics")).text
        assert "quantum_entropy_os_only 1.0" in exposition
        assert 'quantum_draws_total{mode="os-only"} 1.0' in exposition
