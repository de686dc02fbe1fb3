"""The vault and the pins over HTTP (PROTOCOL 2.5, 3.2)."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app_service.accounts.passwords import derive_auth
from app_service.models import User, Vault
from shared.encoding import from_base64url, to_base64url
from tests.factories import Browser, Json
from tests.services import Service

PASSWORD = "correct horse battery staple"
FIRST = {"If-None-Match": "*"}


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


async def curl_account_in_a_browser(service: Service, name: str = "carol") -> Browser:
    """An account made by `curl`, at its first sign-in from a browser."""
    carol = await service.curl_person(name)
    parameters = await carol.get(f"/api/login/parameters?username={name}")
    carol.salt = from_base64url(parameters["salt"])
    carol.auth_secret = derive_auth(PASSWORD, parameters["server_name"], name, carol.salt)
    await carol.prepare_identity(carol.user_id)
    return carol


def completion(browser: Browser, **changes: Any) -> Json:
    names = ("auth_secret", "identity_public_key", "recovery_auth_secret", "vault", "wraps")
    return {name: value for name, value in browser.registration().items() if name in names} | changes


async def test_p2_5_the_registered_vault_comes_back(service: Service) -> None:
    alice = service.browser("alice")
    await alice.prepare_identity()
    sent = alice.registration()
    alice.signed_in(await alice.post("/api/register", sent))

    response = await alice.call("GET", "/api/vault")

    assert response.headers["etag"] == '"1"'
    stored = response.json()
    assert (stored["version"], stored["vault"]) == (1, sent["vault"])
    assert stored["wraps"] == {kind: {"version": 1, "sealed": sealed} for kind, sealed in sent["wraps"].items()}


async def test_p2_5_a_curl_account_is_completed_once(service: Service) -> None:
    carol = await curl_account_in_a_browser(service)
    assert code(await carol.call("GET", "/api/vault")) == (404, "no_vault")

    stored = await carol.ok("PUT", "/api/vault", completion(carol), headers=FIRST)

    assert stored == await carol.get("/api/vault")
    me = await carol.get("/api/users/me")
    assert me["identity_public_key"] == to_base64url(carol.identity.key.public)
    assert me["password_origin"] == "api"
    before = await service.row_counts()
    again = await carol.call("PUT", "/api/vault", completion(carol), headers=FIRST)
    assert code(again) == (412, "vault_exists")
    assert await service.row_counts() == before
    assert (await service.rows(select(User)))[0].identity_public_key == carol.identity.key.public


async def test_p2_5_of_two_browsers_at_once_one_completes(service: Service) -> None:
    carol = await curl_account_in_a_browser(service)
    calls = [carol.call("PUT", "/api/vault", completion(carol), headers=FIRST) for _ in range(2)]

    assert sorted(response.status_code for response in await asyncio.gather(*calls)) == [200, 412]


async def test_p2_5_a_new_password_ends_the_other_sign_ins(service: Service) -> None:
    carol = await curl_account_in_a_browser(service)
    old_secret = carol.auth_secret
    script = carol.second(service.client())
    await script.login()
    new_secret, new_salt = os.urandom(32), os.urandom(16)
    body = completion(carol, new_auth_secret=to_base64url(new_secret), salt=to_base64url(new_salt))

    await carol.ok("PUT", "/api/vault", body, headers=FIRST)

    assert (await carol.get("/api/users/me"))["password_origin"] == "browser"
    assert code(await script.call("GET", "/api/users/me")) == (401, "signed_out")
    assert (await carol.get("/api/login/parameters?username=carol"))["salt"] == to_base64url(new_salt)
    old = {"username": "carol", "auth_secret": to_base64url(old_secret)}
    assert code(await carol.call("POST", "/api/login", old)) == (401, "wrong_credentials")
    carol.auth_secret = new_secret
    await carol.login()


@pytest.mark.parametrize("left_out", ["new_auth_secret", "salt"])
async def test_salt_and_new_secret_belong_together(service: Service, left_out: str) -> None:
    carol = await curl_account_in_a_browser(service)
    body = completion(carol, new_auth_secret=to_base64url(bytes(32)), salt=to_base64url(bytes(16)))
    del body[left_out]

    assert code(await carol.call("PUT", "/api/vault", body, headers=FIRST)) == (422, "malformed")


async def test_p2_5_writing_needs_a_fresh_proof(service: Service) -> None:
    carol = await curl_account_in_a_browser(service)
    before = await service.row_counts()
    body = completion(carol, auth_secret=to_base64url(os.urandom(32)))

    assert code(await carol.call("PUT", "/api/vault", body, headers=FIRST)) == (401, "wrong_credentials")

    assert await service.row_counts() == before
    assert (await carol.get("/api/users/me"))["identity_public_key"] is None


@pytest.mark.parametrize("headers", [{}, {"If-Match": "1"}, {"If-Match": '"0"'}, {"If-Match": '"1"', **FIRST}])
async def test_a_writer_says_what_it_has_seen(service: Service, headers: dict[str, str]) -> None:
    alice = await service.person("alice")
    body = {"auth_secret": to_base64url(alice.auth_secret), "vault": to_base64url(bytes(100))}

    assert code(await alice.call("PUT", "/api/vault", body, headers=headers)) == (428, "precondition_required")


async def test_p2_5_the_next_version_on_top_of_the_seen_one(service: Service) -> None:
    alice = await service.person("alice")
    body = {"auth_secret": to_base64url(alice.auth_secret), "vault": to_base64url(os.urandom(100))}

    stored = await alice.ok("PUT", "/api/vault", body, headers={"If-Match": '"1"'})

    assert (stored["version"], stored["vault"], stored["wraps"]["password"]["version"]) == (2, body["vault"], 1)
    late = await alice.call("PUT", "/api/vault", body, headers={"If-Match": '"1"'})
    assert code(late) == (412, "vault_changed")
    wrong = body | {"auth_secret": to_base64url(bytes(32))}
    assert code(await alice.call("PUT", "/api/vault", wrong, headers={"If-Match": '"2"'})) == (401, "wrong_credentials")


async def test_p2_5_five_versions_are_kept(service: Service) -> None:
    alice = await service.person("alice")
    body = {"auth_secret": to_base64url(alice.auth_secret), "vault": to_base64url(bytes(100))}
    for version in range(1, 8):
        await alice.ok("PUT", "/api/vault", body, headers={"If-Match": f'"{version}"'})

    assert sorted(row.version for row in await service.rows(select(Vault))) == [4, 5, 6, 7, 8]


async def test_strangers_and_the_anonymous_see_no_vault(service: Service) -> None:
    alice, bob = await service.person("alice"), await service.person("bob")

    assert (await alice.get("/api/vault"))["vault"] != (await bob.get("/api/vault"))["vault"]
    for method in ("GET", "PUT"):
        for path in ("/api/vault", "/api/pins"):
            body: Json | None = None if method == "GET" else {}
            assert (await service.anonymous().call(method, path, body)).status_code == 401


# Pins


def pins(version: int) -> Json:
    return {"version": version, "sealed": to_base64url(os.urandom(200))}


async def test_p3_2_pins_are_written_by_devices_and_read_by_the_account(service: Service) -> None:
    alice = await service.bound("alice")
    nothing = await alice.call("GET", "/api/pins")
    assert (nothing.status_code, nothing.content) == (204, b"")
    first, second = pins(1), pins(2)

    await alice.ok("PUT", "/api/pins", first, headers=FIRST)
    assert await alice.get("/api/pins") == first
    response = await alice.call("PUT", "/api/pins", second, headers={"If-Match": '"1"'})

    assert (response.status_code, response.headers["etag"]) == (200, '"2"')
    unbound = alice.second(service.client())
    await unbound.login()
    assert await unbound.get("/api/pins") == second
    refusal = await unbound.call("PUT", "/api/pins", pins(3), headers={"If-Match": '"2"'})
    assert code(refusal) == (403, "device_required")


async def test_p3_2_a_late_writer_hears_that_the_pins_changed(service: Service) -> None:
    alice = await service.bound("alice")
    await alice.ok("PUT", "/api/pins", pins(1), headers=FIRST)
    kept = await alice.ok("PUT", "/api/pins", pins(2), headers={"If-Match": '"1"'})

    late = await alice.call("PUT", "/api/pins", pins(2), headers={"If-Match": '"1"'})
    first = await alice.call("PUT", "/api/pins", pins(1), headers=FIRST)
    skipping = await alice.call("PUT", "/api/pins", pins(4), headers={"If-Match": '"2"'})

    assert code(late) == code(first) == (412, "pins_changed")
    assert code(skipping) == (422, "malformed")
    assert await alice.get("/api/pins") == kept


async def test_p3_2_of_two_writers_at_once_one_wins(service: Service) -> None:
    alice = await service.bound("alice")
    calls = [alice.call("PUT", "/api/pins", pins(1), headers=FIRST) for _ in range(3)]

    assert sorted(response.status_code for response in await asyncio.gather(*calls)) == [200, 412, 412]
