"""`GET /api/quantum/samples` of app_service: raw bits that are shown, to whoever is signed in."""

from __future__ import annotations

import asyncio

from shared.encoding import from_base64url
from tests.processes import PATIENCE
from tests.services import Service

PATH = "/api/quantum/samples"


async def test_a_signed_in_person_sees_what_was_set_aside(service: Service) -> None:
    anna, without_device = await service.bound("anna"), await service.curl_person("bert")
    pool = service.quantum.app.state.desk.operations.pool
    async with asyncio.timeout(PATIENCE):
        while not pool.samples().items:  # noqa: ASYNC110 - the first block is on its way
            await asyncio.sleep(0.01)
    for somebody in (anna, without_device):
        answer = await somebody.call("GET", PATH)
        assert answer.status_code == 200
        [sample] = answer.json()["items"]
        assert (sample["source"], sample["emitters"]) == ("os", 1)
        assert len(from_base64url(sample["bits"])) == 512


async def test_nobody_else_does(service: Service) -> None:
    answer = await service.anonymous().call("GET", PATH)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_authenticated")
    assert PATH not in service.quantum.calls


async def test_while_quantum_service_is_away_there_are_none(service: Service) -> None:
    anna = await service.person("anna")
    service.quantum.away = True
    answer = await anna.call("GET", PATH)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "quantum_service_unavailable")
