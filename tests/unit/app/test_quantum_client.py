"""However quantum_service fails, callers hear one thing; the network is played, since a real one fails too rarely."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import structlog

from app_service.quantum_client import QuantumClient, QuantumRefused
from shared.errors import Unavailable
from shared.schemas.bb84 import Bb84Request
from shared.schemas.quantum import KeygenRequest, NotaryKey, VerifyItem

ITEM = VerifyItem(public_key=bytes(962), label="x", message=b"", signature=bytes(100))
NOTARY = NotaryKey(public_key=bytes(962), wrapped_private_key=bytes(58))
VALID = {"items": [{"valid": True, "code": "valid"}]}

Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer) -> tuple[QuantumClient, list[bool]]:
    contacts: list[bool] = []
    made = QuantumClient("http://quantum", "key", transport=httpx.MockTransport(answer))
    made.on_contact = contacts.append
    return made, contacts


def answering(status: int, body: Any) -> Answer:
    return lambda _: httpx.Response(status, json=body)


def failing(error: type[httpx.HTTPError]) -> Answer:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("no", request=request)  # type: ignore[call-arg]  # every transport error takes its request

    return fail


def error(code: str) -> Any:
    return {"error": {"code": code, "message": "", "details": {"index": 3}, "request_id": None}}


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ReadTimeout, httpx.PoolTimeout, httpx.RemoteProtocolError])
async def test_no_answer_is_unavailable(kind: type[httpx.HTTPError]) -> None:
    quantum, contacts = client(failing(kind))

    async with quantum:
        with pytest.raises(Unavailable) as refusal:
            await quantum.verify([ITEM])

    assert (refusal.value.code, refusal.value.status) == ("quantum_service_unavailable", 503)
    assert refusal.value.retry_after
    assert contacts == [False]


@pytest.mark.parametrize("status", [401, 403, 404, 500, 502])
async def test_an_answer_of_no_use_is_unavailable(status: int) -> None:
    quantum, contacts = client(answering(status, {}))

    async with quantum:
        with pytest.raises(Unavailable):
            await quantum.health()

    assert contacts == [False]


async def test_a_busy_service_is_not_away() -> None:
    quantum, contacts = client(answering(503, error("overloaded")))

    async with quantum:
        with pytest.raises(Unavailable) as refusal:
            await quantum.verify([ITEM])

    assert (refusal.value.code, refusal.value.retry_after) == ("overloaded", 5)
    assert contacts == []


async def test_what_a_caller_requires_is_away_the_service_is_not() -> None:
    quantum, contacts = client(answering(503, error("hardware_entropy_unavailable")))

    async with quantum:
        with pytest.raises(Unavailable) as refusal:
            await quantum.verify([ITEM])

    assert (refusal.value.code, refusal.value.retry_after) == ("hardware_entropy_unavailable", 60)
    assert contacts == []


async def test_a_503_of_another_form_is_unavailable() -> None:
    quantum, _ = client(answering(503, []))

    async with quantum:
        with pytest.raises(Unavailable) as refusal:
            await quantum.verify([ITEM])

    assert refusal.value.code == "quantum_service_unavailable"


@pytest.mark.parametrize(
    "body", [{"items": []}, {"items": [{"valid": "maybe", "code": "valid"}]}, [], {"items": [{"valid": True}] * 2}]
)
async def test_an_answer_of_another_form_is_never_taken_for_yes(body: Any) -> None:
    quantum, _ = client(answering(200, body))

    async with quantum:
        with pytest.raises(Unavailable):
            await quantum.verify([ITEM])


async def test_a_refusal_keeps_its_code() -> None:
    quantum, contacts = client(answering(422, error("malformed_key")))

    async with quantum:
        with pytest.raises(QuantumRefused) as refusal:
            await quantum.keygen(KeygenRequest())

    assert (refusal.value.code, refusal.value.status, refusal.value.details) == ("malformed_key", 422, {"index": 3})
    assert contacts == [True]


async def test_another_master_key_is_the_operators_matter_not_the_callers() -> None:
    quantum, _ = client(answering(409, error("other_master_key")))

    async with quantum:
        with pytest.raises(Unavailable):
            await quantum.keygen(KeygenRequest())


async def test_key_and_request_id_are_passed_on() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=VALID)

    quantum, _ = client(answer)
    async with quantum:
        with structlog.contextvars.bound_contextvars(request_id="request-1234"):
            verdicts = await quantum.verify([ITEM])

    assert verdicts[0].valid
    assert seen[0].headers["x-request-id"] == "request-1234"
    assert seen[0].headers["authorization"] == "Bearer key"
    assert seen[0].url.path == "/api/quantum/wrap_verify"


class _BreaksOff(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"event": "progress", "stage": "prepared"}\n'
        raise httpx.ReadError("gone")


async def test_a_run_that_breaks_off_says_so_in_its_last_line() -> None:
    quantum, _ = client(lambda _: httpx.Response(200, stream=_BreaksOff()))

    async with quantum:
        told = b"".join([part async for part in await quantum.bb84(Bb84Request(), NOTARY)])

    assert [json.loads(line) for line in told.splitlines() if line] == [
        {"event": "progress", "stage": "prepared"},
        {"event": "failed", "code": "crashed"},
    ]
