"""Accounts, sign-ins and tokens over HTTP (PROTOCOL 2)."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from app_service.accounts.passwords import derive_auth
from app_service.accounts.routes import COOKIE
from app_service.models import SignIn, User, Vault, VaultWrap
from shared.encoding import from_base64url, to_base64url
from tests.factories import Browser, Json
from tests.services import Service, StartService

PASSWORD = "correct horse battery staple"


async def refused(
    browser: Browser, method: str, path: str, body: Any, status: int, code: str, **headers: str
) -> dict[str, str]:
    response = await browser.call(method, path, body, headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code), response.text
    return dict(response.headers)


def raw(name: str, **changes: str) -> Json:
    return {"username": name, "email": f"{name}@example.com", "password": PASSWORD} | changes


# Registration


async def test_p2_2_curl_registers_with_three_fields(service: Service) -> None:
    answer = await service.anonymous().post("/api/register", raw("testuser"))

    assert set(answer) == {
        "user", "access_token", "refresh_token", "token_type", "expires_in", "sign_in_id", "warnings",
    }  # fmt: skip
    assert set(answer["user"]) == {"id", "username", "email", "created_at"}
    assert answer["warnings"] == []
    user = (await service.rows(select(User)))[0]
    assert (user.password_origin, user.identity_public_key) == ("api", None)
    assert PASSWORD not in user.password_hash


async def test_p2_3_a_weak_raw_password_is_a_warning_in_development(service: Service) -> None:
    answer = await service.anonymous().post("/api/register", raw("testuser", password="password123"))

    assert len(answer["warnings"]) == 1


async def test_p2_3_a_weak_raw_password_is_refused_in_production(start: StartService) -> None:
    service = await start(azure_env="production", allowed_origins=("https://chat.example.org",))

    await refused(
        service.anonymous(), "POST", "/api/register", raw("testuser", password="password123"), 422, "weak_password"
    )

    assert await service.rows(select(User)) == []
    await service.anonymous().post("/api/register", raw("testuser"))


@pytest.mark.parametrize("password", ["short77", "x"])
async def test_p2_3_less_than_eight_characters_are_refused_everywhere(service: Service, password: str) -> None:
    await refused(service.anonymous(), "POST", "/api/register", raw("a-name", password=password), 422, "weak_password")


async def test_p2_3_more_than_128_characters_are_malformed(service: Service) -> None:
    await refused(service.anonymous(), "POST", "/api/register", raw("a-name", password="x1" * 65), 422, "malformed")


async def test_p2_5_a_browser_registers_everything_in_one_call(service: Service) -> None:
    alice = service.browser("alice")

    answer = await alice.register()

    assert UUID(answer["user"]["id"]) == alice.user_id
    user = (await service.rows(select(User)))[0]
    assert (user.id, user.password_origin) == (alice.user_id, "browser")
    assert user.identity_public_key == alice.identity.key.public
    assert [row.version for row in await service.rows(select(Vault))] == [1]
    assert sorted(row.kind for row in await service.rows(select(VaultWrap))) == ["password", "recovery"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("auth_secret", to_base64url(bytes(31))),
        ("salt", to_base64url(bytes(17))),
        ("identity_public_key", to_base64url(bytes(961))),
        ("user_id", str(uuid4())),
        ("wraps", {"password": to_base64url(bytes(60))}),
        ("vault", "not base64url!"),
        ("email", "no-address"),
        ("role", "admin"),
    ],
)
async def test_a_malformed_registration_stores_nothing(service: Service, field: str, value: Any) -> None:
    alice = service.browser("alice")
    await alice.prepare_identity()
    before = await service.row_counts()

    await refused(alice, "POST", "/api/register", alice.registration() | {field: value}, 422, "malformed")

    assert await service.row_counts() == before


@pytest.mark.parametrize("name", ["al", "-alice", "a b c", "álice", "alice@home", "x" * 33])
async def test_usernames_are_simple(service: Service, name: str) -> None:
    body = raw("alice", username=name)

    await refused(service.anonymous(), "POST", "/api/register", body, 422, "invalid_username")


async def test_names_and_addresses_are_taken_once_whatever_their_case(service: Service) -> None:
    alice = await service.person("alice")
    before = await service.row_counts()
    nobody = service.anonymous()

    await refused(nobody, "POST", "/api/register", raw("ALICE", email="other@example.com"), 409, "username_taken")
    await refused(nobody, "POST", "/api/register", raw("other", email="Alice@Example.com"), 409, "email_taken")
    other = service.browser("other")
    await other.prepare_identity(alice.user_id)
    await refused(other, "POST", "/api/register", other.registration(), 409, "user_id_taken")

    assert await service.row_counts() == before


async def test_of_two_registrations_at_once_one_wins(service: Service) -> None:
    calls = [service.anonymous().call("POST", "/api/register", raw("racer")) for _ in range(2)]

    statuses = sorted(response.status_code for response in await asyncio.gather(*calls))

    assert statuses == [201, 409]


# Signing in


async def test_p2_2_both_ways_in_lead_to_one_verifier(service: Service) -> None:
    await service.anonymous().post("/api/register", raw("alice"))
    parameters = await service.anonymous().get("/api/login/parameters?username=alice")
    secret = derive_auth(PASSWORD, parameters["server_name"], "alice", from_base64url(parameters["salt"]))

    derived = await service.anonymous().post("/api/login", {"username": "alice", "auth_secret": to_base64url(secret)})
    typed = await service.anonymous().post("/api/login", {"username": "alice@example.com", "password": PASSWORD})

    assert derived["user"] == typed["user"]


async def test_p2_2_an_account_of_a_browser_signs_in_by_curl(service: Service) -> None:
    alice = service.browser("alice")
    await alice.prepare_identity()
    alice.auth_secret = derive_auth(PASSWORD, alice.identity.server_name, "alice", alice.salt)
    await alice.post("/api/register", alice.registration())

    answer = await service.anonymous().post("/api/login", {"username": "alice", "password": PASSWORD})

    assert answer["user"]["id"] == str(alice.user_id)


async def test_one_answer_for_unknown_names_and_wrong_passwords(service: Service) -> None:
    await service.person("alice")
    secret = to_base64url(os.urandom(32))
    nobody = service.anonymous()

    for body in (
        {"username": "alice", "auth_secret": secret},
        {"username": "nobody", "auth_secret": secret},
        {"username": "alice", "password": PASSWORD},
        {"username": "nobody@example.com", "password": PASSWORD},
    ):
        await refused(nobody, "POST", "/api/login", body, 401, "wrong_credentials")


@pytest.mark.parametrize("extra", [{}, {"password": PASSWORD, "auth_secret": to_base64url(bytes(32))}])
async def test_p2_2_a_login_carries_either_secret(service: Service, extra: Json) -> None:
    await refused(service.anonymous(), "POST", "/api/login", {"username": "alice"} | extra, 422, "malformed")


async def test_p2_6_unknown_names_have_parameters_too(service: Service) -> None:
    await service.person("alice")
    nobody = service.anonymous()

    known = await nobody.get("/api/login/parameters?username=Alice")
    unknown = await nobody.get("/api/login/parameters?username=nobody")

    assert known.keys() == unknown.keys()
    assert len(from_base64url(known["salt"])) == len(from_base64url(unknown["salt"])) == 16
    assert unknown == await nobody.get("/api/login/parameters?username=NOBODY")
    assert unknown["salt"] != (await nobody.get("/api/login/parameters?username=nobody2"))["salt"]
    assert (known["algorithm"], known["memory_kib"], known["iterations"]) == ("argon2id", 65_536, 3)


async def test_logins_are_limited_per_account_and_say_when_to_come_back(start: StartService) -> None:
    service = await start(rate_limit_login="3/minute")
    alice = await service.person("alice")
    wrong = {"username": "alice", "auth_secret": to_base64url(bytes(32))}
    for _ in range(3):
        await refused(alice, "POST", "/api/login", wrong, 401, "wrong_credentials")

    headers = await refused(alice, "POST", "/api/login", wrong, 429, "too_many_requests")

    assert 0 < int(headers["retry-after"]) <= 60
    elsewhere = Browser(service.client("192.0.2.7"), "alice")
    elsewhere.auth_secret = alice.auth_secret
    await elsewhere.login()


async def test_logins_are_limited_per_address(start: StartService) -> None:
    service = await start(rate_limit_login="1/minute")
    guesser = service.anonymous()
    statuses = []
    for number in range(7):
        body = {"username": f"name{number}", "auth_secret": to_base64url(bytes(32))}
        statuses.append((await guesser.call("POST", "/api/login", body)).status_code)

    assert statuses == [401] * 5 + [429] * 2


async def test_registrations_are_limited_per_address(start: StartService) -> None:
    service = await start(rate_limit_register="1/hour")
    await service.person("alice")

    await refused(service.anonymous(), "POST", "/api/register", raw("bobby"), 429, "too_many_requests")

    await Browser(service.client("192.0.2.7"), "carol").register()


# Tokens


async def test_p2_7_access_tokens_say_who_and_which_sign_in(service: Service) -> None:
    alice = await service.bound("alice")
    assert alice.token is not None
    claims = jwt.decode(alice.token, options={"verify_signature": False})

    assert claims["sub"] == str(alice.user_id)
    assert claims["did"] == str(alice.device.id)
    assert claims["exp"] - claims["iat"] == 15 * 60
    assert {row.id for row in await service.rows(select(SignIn))} == {UUID(claims["sid"])}


async def test_p2_7_the_lifetime_is_the_configured_one(start: StartService) -> None:
    service = await start(token_expire_minutes=3)

    assert (await service.browser("alice").register())["expires_in"] == 180


@pytest.mark.parametrize(
    ("claims", "code"), [({"exp": 1_000_000_000}, "token_expired"), ({"sid": "x"}, "not_authenticated")]
)
async def test_tokens_that_are_not_good(service: Service, claims: Json, code: str) -> None:
    alice = await service.person("alice")
    assert alice.token is not None
    good = jwt.decode(alice.token, options={"verify_signature": False})
    key = service.app.state.access._tokens._access
    alice.token = jwt.encode(good | claims, key, "HS256")

    await refused(alice, "GET", "/api/users/me", None, 401, code)


async def test_unsigned_and_foreign_tokens_are_refused(service: Service) -> None:
    alice = await service.person("alice")
    assert alice.token is not None
    claims = jwt.decode(alice.token, options={"verify_signature": False})
    for token in (
        jwt.encode(claims, "", "none"),
        jwt.encode(claims, "another secret of thirty-two bytes or so", "HS256"),
        alice.token[:-4] + "AAAA",
        "",
        "nonsense",
    ):
        alice.token = token
        await refused(alice, "GET", "/api/users/me", None, 401, "not_authenticated")


async def test_p2_7_refresh_rotates(service: Service) -> None:
    alice = await service.person("alice")
    first = alice.refresh_token

    answer = await alice.post("/api/token/refresh", {"refresh_token": first})

    assert answer["refresh_token"] != first
    alice.signed_in(answer)
    assert (await alice.get("/api/users/me"))["username"] == "alice"


async def test_p2_7_two_tabs_get_the_same_successor(service: Service) -> None:
    alice = await service.person("alice")
    body = {"refresh_token": alice.refresh_token}

    one, two = await asyncio.gather(alice.post("/api/token/refresh", body), alice.post("/api/token/refresh", body))

    assert one["refresh_token"] == two["refresh_token"]
    assert (await alice.post("/api/token/refresh", {"refresh_token": one["refresh_token"]}))["access_token"]


async def test_p2_7_reuse_after_the_grace_revokes_the_family(service: Service) -> None:
    alice = await service.person("alice")
    old = {"refresh_token": alice.refresh_token}
    new = await alice.post("/api/token/refresh", old)
    async with service.database.write() as unit:
        for row in await unit.session.scalars(select(SignIn)):
            row.rotated_at -= timedelta(seconds=31)

    await refused(alice, "POST", "/api/token/refresh", old, 401, "refresh_reused")

    await refused(alice, "POST", "/api/token/refresh", {"refresh_token": new["refresh_token"]}, 401, "signed_out")
    await refused(alice, "GET", "/api/users/me", None, 401, "signed_out")


async def test_p2_7_a_token_two_steps_old_revokes_at_once(service: Service) -> None:
    alice = await service.person("alice")
    oldest = {"refresh_token": alice.refresh_token}
    for _ in range(2):
        alice.signed_in(await alice.post("/api/token/refresh", {"refresh_token": alice.refresh_token}))

    await refused(alice, "POST", "/api/token/refresh", oldest, 401, "refresh_reused")


async def test_p2_7_a_refresh_token_ends_after_thirty_days(service: Service) -> None:
    alice = await service.person("alice")
    async with service.database.write() as unit:
        for row in await unit.session.scalars(select(SignIn)):
            row.expires_at -= timedelta(days=30, seconds=1)

    await refused(alice, "POST", "/api/token/refresh", {"refresh_token": alice.refresh_token}, 401, "refresh_invalid")


async def test_forged_refresh_tokens_revoke_nothing(service: Service) -> None:
    alice = await service.person("alice")
    assert alice.refresh_token is not None
    good = from_base64url(alice.refresh_token)
    for bad in (
        to_base64url(good[:16] + (7).to_bytes(4, "big") + good[20:]),
        to_base64url(uuid7().bytes + good[16:]),
        to_base64url(good[:-1]),
        "%%%",
    ):
        await refused(alice, "POST", "/api/token/refresh", {"refresh_token": bad}, 401, "refresh_invalid")

    await alice.post("/api/token/refresh", {"refresh_token": alice.refresh_token})


# The cookie

OWN = {"Origin": "http://localhost:8000", "X-QuantumChat": "1"}


async def with_cookie(service: Service, base_url: str = "http://localhost:8000") -> tuple[Browser, str]:
    alice = Browser(service.client(base_url=base_url), "alice")
    await alice.prepare_identity()
    response = await alice.call("POST", "/api/register", alice.registration() | {"token_transport": "cookie"})
    assert response.json()["refresh_token"] is None
    return alice, response.headers["set-cookie"]


async def test_p2_7_the_cookie_is_out_of_reach_of_scripts_and_other_sites(service: Service) -> None:
    _, cookie = await with_cookie(service)

    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "Path=/api/token", "SameSite=strict"} <= set(cookie.split("; "))
    assert "Secure" not in cookie.split("; ")


async def test_p2_7_the_cookie_is_secure_except_on_loopback(service: Service) -> None:
    _, cookie = await with_cookie(service, "https://chat.example.org")

    assert "Secure" in cookie.split("; ")


async def test_p2_7_the_cookie_refreshes_for_its_own_page(service: Service) -> None:
    alice, _ = await with_cookie(service)

    answer = await alice.ok("POST", "/api/token/refresh", headers=OWN)

    assert answer["refresh_token"] is None
    alice.token = answer["access_token"]
    assert (await alice.get("/api/users/me"))["username"] == "alice"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-QuantumChat": "1"},
        {"Origin": "http://localhost:8000"},
        {"X-QuantumChat": "1", "Origin": "http://evil.example"},
        {"X-QuantumChat": "1", "Origin": "http://localhost:8001"},
        {"X-QuantumChat": "1", "Origin": "null"},
    ],
)
async def test_p2_7_the_cookie_demands_origin_and_header(service: Service, headers: dict[str, str]) -> None:
    alice, _ = await with_cookie(service)

    await refused(alice, "POST", "/api/token/refresh", None, 403, "origin_not_allowed", **headers)

    await alice.ok("POST", "/api/token/refresh", headers=OWN)


async def test_p2_7_behind_a_proxy_that_ends_tls_the_page_is_still_ours(service: Service) -> None:
    alice, _ = await with_cookie(service)
    headers = OWN | {"Origin": "https://localhost:8000"}

    assert (await alice.call("POST", "/api/token/refresh", headers=headers)).status_code == 200


async def test_without_a_cookie_there_is_nothing_to_refresh(service: Service) -> None:
    await refused(service.anonymous(), "POST", "/api/token/refresh", None, 401, "refresh_invalid", **OWN)


async def test_signing_out_ends_the_sign_in_and_clears_the_cookie(service: Service) -> None:
    alice, _ = await with_cookie(service)
    await alice.login()
    other = alice.second(service.client())
    await other.login()

    response = await alice.call("POST", "/api/logout")

    assert response.status_code == 204
    assert f'{COOKIE}=""' in response.headers["set-cookie"]
    await refused(alice, "GET", "/api/users/me", None, 401, "signed_out")
    await refused(alice, "POST", "/api/token/refresh", {"refresh_token": alice.refresh_token}, 401, "signed_out")
    assert (await other.get("/api/users/me"))["username"] == "alice"


async def test_another_process_hears_of_a_sign_out_within_seconds(
    start: StartService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app_service.accounts.access.TRUST_SECONDS", 0.05)
    one, two = await start(), await start()
    alice = await one.person("alice")
    there = Browser(two.client(), "alice")
    there.token = alice.token
    await there.get("/api/users/me")

    await alice.post("/api/logout")
    await asyncio.sleep(0.06)

    await refused(there, "GET", "/api/users/me", None, 401, "signed_out")


# One's own data


async def test_me(service: Service) -> None:
    alice, carol = await service.person("alice"), await service.curl_person("carol")

    mine = await alice.get("/api/users/me")
    assert mine == {
        "id": str(alice.user_id),
        "username": "alice",
        "email": "alice@example.com",
        "created_at": mine["created_at"],
        "identity_public_key": to_base64url(alice.identity.key.public),
        "password_origin": "browser",
        "has_vault": True,
        "device_id": None,
    }
    theirs = await carol.get("/api/users/me")
    assert (theirs["password_origin"], theirs["has_vault"], theirs["identity_public_key"]) == ("api", False, None)
    await refused(service.anonymous(), "GET", "/api/users/me", None, 401, "not_authenticated")


def new_address(browser: Browser, email: str) -> Json:
    return {"email": email, "auth_secret": to_base64url(browser.auth_secret)}


async def test_an_address_can_be_changed_to_a_free_one(service: Service) -> None:
    alice, _ = await service.person("alice"), await service.person("bob")
    changed = new_address(alice, "New@Example.com")

    assert (await alice.ok("PATCH", "/api/users/me", changed))["email"] == "new@example.com"
    await alice.ok("PATCH", "/api/users/me", changed)
    await refused(alice, "PATCH", "/api/users/me", new_address(alice, "bob@example.com"), 409, "email_taken")
    await refused(alice, "PATCH", "/api/users/me", {"username": "alicia"}, 422, "malformed")
    await refused(service.anonymous(), "PATCH", "/api/users/me", changed, 401, "not_authenticated")

    assert (await alice.get("/api/users/me"))["email"] == "new@example.com"


async def test_an_address_is_changed_only_with_the_password(service: Service) -> None:
    carol, bob = await service.curl_person("carol"), await service.person("bob")
    body = {"email": "new@example.com"}

    await refused(carol, "PATCH", "/api/users/me", body, 422, "malformed")
    await refused(carol, "PATCH", "/api/users/me", body | {"password": PASSWORD + "!"}, 401, "wrong_credentials")
    await refused(carol, "PATCH", "/api/users/me", new_address(bob, "bob@example.com"), 401, "wrong_credentials")
    assert (await carol.get("/api/users/me"))["email"] == "carol@example.com"

    await carol.ok("PATCH", "/api/users/me", body | {"password": PASSWORD})
    assert (await carol.get("/api/users/me"))["email"] == "new@example.com"


async def test_of_two_who_want_one_address_at_once_one_gets_it(service: Service) -> None:
    alice, bob = await service.person("alice"), await service.person("bob")
    wanted = [each.call("PATCH", "/api/users/me", new_address(each, "new@example.com")) for each in (alice, bob)]

    answers = sorted(await asyncio.gather(*wanted), key=lambda answer: answer.status_code)

    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[1].json()["error"]["code"] == "email_taken"
    assert {(await each.get("/api/users/me"))["email"] for each in (alice, bob)} > {"new@example.com"}


async def test_asking_for_taken_addresses_is_limited_like_registering(start: StartService) -> None:
    service = await start(rate_limit_register="3/hour")
    alice, _ = await service.person("alice"), await service.person("bob")

    await refused(alice, "PATCH", "/api/users/me", new_address(alice, "bob@example.com"), 409, "email_taken")

    await refused(alice, "PATCH", "/api/users/me", new_address(alice, "bob@example.com"), 429, "too_many_requests")
