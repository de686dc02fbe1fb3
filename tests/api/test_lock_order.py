"""Changes that need the same rows take them in one order: none fails because of another, on either database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import httpx
import pytest

from shared.encoding import to_base64url
from tests.groups import establishing
from tests.services import Service

ROUNDS = 4


async def _together(*calls: Awaitable[httpx.Response]) -> list[int]:
    return [answer.status_code for answer in await asyncio.gather(*calls)]


async def test_two_begin_a_session_at_once(service: Service) -> None:
    for number in range(ROUNDS):
        alice, bob = await service.connected(f"alice{number}", f"bob{number}")
        await alice.post("/api/session/terminate", {})
        pairs = [(alice, bob), (bob, alice)] * 2
        codes = await _together(
            *(one.call("POST", "/api/sessions", {"user_id": str(other.user_id)}) for one, other in pairs)
        )
        assert sorted(codes) == [201, 409, 409, 409]


async def test_one_ends_the_session_while_the_other_removes_the_connection(service: Service) -> None:
    for number in range(ROUNDS):
        alice, bob = await service.connected(f"alice{number}", f"bob{number}")
        ended, removed = await _together(
            alice.call("POST", "/api/session/terminate", {}), bob.call("DELETE", f"/api/connections/{alice.user_id}")
        )
        assert (ended, removed) in {(200, 204), (409, 204), (404, 204)}


async def test_a_sign_in_is_refreshed_while_its_device_is_revoked_or_bound(service: Service) -> None:
    for number in range(ROUNDS):
        alice = await service.bound(f"alice{number}")
        first, identity = alice.device, alice.identity
        other = alice.second(service.client())
        await other.login()
        await other.add_device()
        _, body = identity.signed_list(identity.without_device(first.id))
        token: Any = {"refresh_token": alice.refresh_token}
        binding = identity.challenge_answer(first, await alice.challenge())
        codes = await _together(
            *(alice.http.post("/api/token/refresh", json=token) for _ in range(4)),
            alice.call("POST", f"/api/devices/{first.id}/bind", binding),
            other.call("DELETE", f"/api/devices/{first.id}", body),
        )
        assert codes[-1] == 204
        assert set(codes[:4]) <= {200, 401}
        assert codes[4] in {200, 401, 404}


@pytest.mark.parametrize("count", [0, 3])
async def test_key_packages_are_claimed_while_more_are_uploaded(service: Service, count: int) -> None:
    group = await establishing(service)
    alice, bob = group.members
    claims = f"/api/conversations/{group.session_id}/key-packages"
    for _ in range(ROUNDS):
        codes = await _together(
            bob.call("POST", claims, {}),
            alice.call("POST", claims, {}),
            *(_uploads(each, count) for each in (alice, bob)),
        )
        assert codes == [200] * 4


async def _uploads(browser: Any, count: int) -> httpx.Response:
    packages = [to_base64url(browser.key_package()) for _ in range(count)]
    last = to_base64url(browser.key_package(last_resort=True))
    answer: httpx.Response = await browser.call(
        "POST", "/api/devices/key-packages", {"key_packages": packages, "last_resort": last}
    )
    return answer
