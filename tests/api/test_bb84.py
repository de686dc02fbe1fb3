"""`POST /api/quantum/bb84` of app_service: who may watch a run, and how often."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from quantum_service.primitives.signatures import wrap_verify
from shared.encoding import Label, from_base64url
from tests.services import Service, StartService


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_signed_in_person_watches_a_run(service: Service) -> None:
    anna = await service.person("anna")
    before = await service.row_counts()
    answer = await anna.call("POST", "/api/quantum/bb84", {"pulses": 64})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    events = [json.loads(line) for line in answer.text.splitlines()]
    pinned = (await anna.call("GET", "/api/config")).json()["notary_keys"]["receipt"]["public_key"]
    signed = {name: from_base64url(value) for name, value in events[0]["signed"].items()}
    wrap_verify(from_base64url(pinned), Label.DRAW, b"", signed["statement"], signed["signature"])
    assert [event["event"] for event in events] == ["started", "progress", "progress", "finished"]
    assert events[-1]["result"]["abort"] == "too_few_sifted"
    assert await service.row_counts() == before


async def test_nobody_else_does(service: Service) -> None:
    assert code(await service.anonymous().call("POST", "/api/quantum/bb84", {})) == (401, "not_authenticated")
    assert "/api/quantum/bb84" not in service.quantum.calls


@pytest.mark.parametrize("body", [{"pulses": 10**7}, {"noise": 1}, {"eavesdropper": -1}, {"seed": 1}, None])
async def test_bad_input_never_reaches_quantum_service(service: Service, body: Any) -> None:
    anna = await service.person("anna")
    assert code(await anna.call("POST", "/api/quantum/bb84", body)) == (422, "malformed")
    assert "/api/quantum/bb84" not in service.quantum.calls


async def test_while_quantum_service_is_away_there_is_no_run(service: Service) -> None:
    anna = await service.person("anna")
    service.quantum.away = True
    answer = await anna.call("POST", "/api/quantum/bb84", {})
    assert code(answer) == (503, "quantum_service_unavailable")
    assert answer.headers["Retry-After"]


async def test_runs_are_limited_for_each_account(start: StartService) -> None:
    service = await start(rate_limit_requests="1/day")
    anna, bert = await service.person("anna"), await service.person("bert")
    assert (await anna.call("POST", "/api/quantum/bb84", {"pulses": 64})).status_code == 200
    assert code(await anna.call("POST", "/api/quantum/bb84", {"pulses": 64})) == (429, "too_many_requests")
    service.quantum.away = True
    assert (await bert.call("POST", "/api/quantum/bb84", {"pulses": 64})).status_code == 503, "not limited"


async def test_while_enough_runs_are_going_on_the_service_is_busy_and_not_away(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await service.person("anna")
    await service.seen_quantum_service()
    monkeypatch.setattr(service.quantum.app.state.bb84, "_places", asyncio.Semaphore(0))
    answer = await anna.call("POST", "/api/quantum/bb84", {})
    assert code(answer) == (503, "overloaded")
    assert answer.headers["Retry-After"]
    assert service.app.state.monitor.available
