"""The account's sign-ins: seen, and ended (PROTOCOL 2.7)."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from app_service.models import SignIn
from tests.factories import Browser
from tests.services import Service


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def reason(response: httpx.Response) -> str:
    return str(response.json()["error"]["details"]["reason"])


async def three(service: Service) -> tuple[Browser, Browser, Browser]:
    """alice on a device, on another one, and in a script."""
    alice = await service.bound("alice")
    other, script = alice.second(service.client()), alice.second(service.client())
    await other.login()
    await other.add_device()
    await script.login()
    return alice, other, script


async def test_one_sees_ones_own_sign_ins(service: Service) -> None:
    alice, other, _ = await three(service)
    await service.bound("bob")

    items = (await alice.get("/api/sign-ins"))["items"]

    assert [set(item) for item in items] == [{"id", "created_at", "last_used_at", "device_id", "current"}] * 3
    assert [item["device_id"] for item in items] == [None, str(other.device.id), str(alice.device.id)]
    assert [item["current"] for item in items] == [False, False, True]
    assert code(await service.anonymous().call("GET", "/api/sign-ins")) == (401, "not_authenticated")


async def test_one_of_them_is_ended(service: Service) -> None:
    alice, other, script = await three(service)
    item = (await alice.get("/api/sign-ins"))["items"][1]

    await alice.ok("DELETE", f"/api/sign-ins/{item['id']}")

    gone = await other.call("GET", "/api/users/me")
    assert (code(gone), reason(gone)) == ((401, "signed_out"), "ended_elsewhere")
    late = await other.call("POST", "/api/token/refresh", {"refresh_token": other.refresh_token})
    assert (code(late), reason(late)) == ((401, "signed_out"), "ended_elsewhere")
    assert len((await script.get("/api/sign-ins"))["items"]) == 2
    assert code(await alice.call("DELETE", f"/api/sign-ins/{item['id']}")) == (404, "not_found")


async def test_ones_own_may_be_ended_too(service: Service) -> None:
    alice = await service.person("alice")
    [item] = (await alice.get("/api/sign-ins"))["items"]

    await alice.ok("DELETE", f"/api/sign-ins/{item['id']}")

    assert code(await alice.call("GET", "/api/sign-ins")) == (401, "signed_out")


async def test_all_others_at_once(service: Service) -> None:
    alice, other, script = await three(service)
    bob = await service.bound("bob")

    assert await alice.ok("DELETE", "/api/sign-ins") == {"ended": 2}

    for each in (other, script):
        assert code(await each.call("GET", "/api/users/me")) == (401, "signed_out")
    assert [item["current"] for item in (await alice.get("/api/sign-ins"))["items"]] == [True]
    assert await alice.ok("DELETE", "/api/sign-ins") == {"ended": 0}
    await bob.get("/api/users/me")


@pytest.mark.parametrize("who", ["stranger", "anonymous"])
async def test_nobody_else_ends_them(service: Service, who: str) -> None:
    alice = await service.person("alice")
    [sign_in] = await service.rows(select(SignIn))
    asking = await service.person("bob") if who == "stranger" else service.anonymous()

    response = await asking.call("DELETE", f"/api/sign-ins/{sign_in.id}")

    assert code(response) == ((404, "not_found") if who == "stranger" else (401, "not_authenticated"))
    if who == "anonymous":
        assert code(await asking.call("DELETE", "/api/sign-ins")) == (401, "not_authenticated")
    await alice.get("/api/users/me")


async def test_malformed_and_unknown_ids(service: Service) -> None:
    alice = await service.person("alice")

    assert code(await alice.call("DELETE", "/api/sign-ins/nonsense")) == (422, "malformed")
    assert code(await alice.call("DELETE", f"/api/sign-ins/{UUID(int=7)}")) == (404, "not_found")
