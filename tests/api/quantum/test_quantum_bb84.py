"""`POST /api/quantum/bb84` of quantum_service."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.api.quantum.conftest import Caller


def lines(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in response.text.splitlines()]


async def test_a_run_is_told_line_by_line_and_never_its_key(app_service: Caller) -> None:
    answer = await app_service.post("bb84", {"pulses": 16_384, "noise": 0.01})
    assert answer.status_code == 200
    started, *progress, finished = lines(answer)
    assert started["receipt"]["sources"] == ["os"]
    assert [line["stage"] for line in progress][-1] == "authenticated"
    result = finished["result"]
    assert (result["simulated"], result["purpose"], result["abort"]) == (True, "demonstration", None)
    assert 7_000 < result["sifted"] < 9_400, "about half"
    assert result["error_rate"]["low"] <= result["error_rate"]["rate"] <= result["error_rate"]["high"]
    assert result["final_bits"] > 256
    assert result["efficiency"] > 1
    assert len(result["photons"]) == 64
    shown = [photon for photon in result["photons"] if photon["compared"]]
    assert all(photon["agree"] for photon in shown)
    assert not any("key" in name for name in result)


async def test_the_eavesdropper_makes_the_key_vanish(app_service: Caller) -> None:
    answer = await app_service.post("bb84", {"eavesdropper": 1})
    result = lines(answer)[-1]["result"]
    assert (result["abort"], result["final_bits"]) == ("too_many_errors", 0)
    assert result["error_rate"]["low"] > result["max_error_rate"]
    assert all(photon["eve_basis"] in {"Z", "X"} for photon in result["photons"])


@pytest.mark.parametrize(
    "body",
    [
        {"pulses": 63},
        {"pulses": 1_000_001},
        {"pulses": 1.5},
        {"noise": -0.01},
        {"noise": 0.3},
        {"noise": "NaN"},
        {"eavesdropper": 1.1},
        {"seed": "AAAA"},
        [],
    ],
)
async def test_bb84_refuses_what_it_cannot_run(app_service: Caller, body: Any) -> None:
    refused = await app_service.post("bb84", body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "malformed")
