"""The ways into an account: recovery, password change, a new recovery code (PROTOCOL 2.4, 2.5)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import httpx
import jwt
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app_service.accounts.passwords import Passwords
from app_service.accounts.tokens import RECOVERY_LIFETIME
from app_service.api import ROUTERS
from app_service.db import Unit
from app_service.models import SignIn, User, Vault, VaultWrap
from shared.encoding import to_base64url
from tests.factories import Browser, Json
from tests.services import Service, StartService

PASSWORD: Final = "correct horse battery staple"
BETTER: Final = "seven quiet lanterns over harbour"
CHANGE: Final = "/api/users/me/password"
NEW_CODE: Final = "/api/users/me/recovery-code"
UNPROTECTED: Final = {
    "/api/register", "/api/login", "/api/login/parameters", "/api/token/refresh", "/api/recover", "/api/config",
    "/api/health", "/api/health/live", "/api/health/ready",
}  # fmt: skip


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def seen(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


class NewPassword:
    """What a browser sends to change the password, and afterwards signs in with."""

    def __init__(self) -> None:
        self.secret, self.salt = os.urandom(32), os.urandom(16)
        self.sealed: Json = {
            "salt": to_base64url(self.salt),
            "new_auth_secret": to_base64url(self.secret),
            "vault": to_base64url(os.urandom(300)),
            "wrap": to_base64url(os.urandom(60)),
        }

    def proved_by(self, browser: Browser) -> Json:
        return self.sealed | {"auth_secret": to_base64url(browser.auth_secret)}


def new_code(browser: Browser, secret: bytes) -> Json:
    return {
        "auth_secret": to_base64url(browser.auth_secret),
        "recovery_auth_secret": to_base64url(secret),
        "vault": to_base64url(os.urandom(300)),
        "wrap": to_base64url(os.urandom(60)),
    }


async def signs_in(service: Service, name: str, secret: bytes) -> bool:
    body = {"username": name, "auth_secret": to_base64url(secret)}
    return (await service.anonymous().call("POST", "/api/login", body)).is_success


def recovery(browser: Browser, secret: bytes | None = None) -> Json:
    return {"username": browser.username, "recovery_auth_secret": to_base64url(secret or browser.recovery_secret)}


async def recovered(service: Service, browser: Browser) -> Browser:
    """Somebody who typed the recovery code in a browser that knows nothing."""
    fresh = browser.second(service.client())
    fresh.token = (await fresh.post("/api/recover", recovery(browser)))["recovery_token"]
    return fresh


# Recovery


async def test_p2_4_the_code_opens_the_vault(service: Service) -> None:
    alice = await service.person("alice")

    answer = await service.anonymous().post("/api/recover", recovery(alice))

    assert set(answer) == {"recovery_token", "token_type", "expires_in", "user", "identity_public_key"}
    assert (answer["user"]["username"], answer["expires_in"]) == ("alice", 600)
    assert answer["identity_public_key"] == to_base64url(alice.identity.key.public)
    fresh = service.anonymous()
    fresh.token = answer["recovery_token"]
    assert await fresh.get("/api/vault") == await alice.get("/api/vault")
    by_address = recovery(alice) | {"username": alice.email}
    assert (await service.anonymous().post("/api/recover", by_address))["user"] == answer["user"]


async def test_p2_4_one_answer_and_one_work_for_every_name(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, carol = await service.person("alice"), await service.curl_person("carol")
    checked: list[str] = []
    check = Passwords.check

    async def watched(self: Passwords, secret: bytes, verifier: str) -> None:
        checked.append(verifier[:7])
        await check(self, secret, verifier)

    monkeypatch.setattr(Passwords, "check", watched)
    wrong = os.urandom(32)
    bodies = [recovery(alice, wrong), recovery(carol, wrong), recovery(service.browser("nobody"), wrong)]

    answers = [await service.anonymous().call("POST", "/api/recover", body) for body in bodies]

    assert [code(answer) for answer in answers] == [(401, "wrong_recovery_code")] * 3
    shapes = [answer.json()["error"] | {"request_id": ""} for answer in answers]
    assert shapes[0] == shapes[1] == shapes[2]
    assert len(checked) == 3
    assert len(set(checked)) == 1


async def test_p2_4_guessing_is_limited_and_does_not_close_the_other_way_in(start: StartService) -> None:
    service = await start(rate_limit_login="3/minute")
    alice = await service.person("alice")
    for _ in range(3):
        assert code(await alice.call("POST", "/api/recover", recovery(alice, bytes(32))))[0] == 401

    limited = await alice.call("POST", "/api/recover", recovery(alice))

    assert code(limited) == (429, "too_many_requests")
    assert 0 < int(limited.headers["retry-after"]) <= 60
    await alice.login()


def _calls() -> list[tuple[str, str]]:
    """Every documented call that needs to know who asks."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return sorted(
        (method, route.path)
        for route in routes
        for method in route.methods or ()
        if route.path.startswith("/api") and route.path not in UNPROTECTED
    )


async def test_p2_4_nothing_but_vault_and_password_takes_a_recovery_token(service: Service) -> None:
    alice = await service.bound("alice")
    fresh = await recovered(service, alice)
    before = await service.row_counts()
    calls = _calls()
    assert {path.split("/")[2] for _, path in calls} >= {"users", "devices", "sessions", "messages", "connections"}

    accepted = set()
    for method, path in calls:
        here = path.format_map(dict.fromkeys(_names(path), str(alice.device.id)))
        response = await fresh.call(method, here, None if method == "GET" else {})
        if response.status_code != 401:
            accepted.add((method, path))
        else:
            assert code(response) == (401, "not_authenticated"), (method, path)

    assert accepted == {("GET", "/api/vault"), ("PUT", CHANGE)}
    assert await service.row_counts() == before


def _names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


async def test_p2_4_a_recovery_token_neither_refreshes_nor_is_forged(service: Service) -> None:
    alice = await service.person("alice")
    fresh = await recovered(service, alice)
    assert fresh.token is not None
    assert alice.token is not None
    assert not (await fresh.call("POST", "/api/token/refresh", {"refresh_token": fresh.token})).is_success
    claims = jwt.decode(fresh.token, options={"verify_signature": False})
    key = service.app.state.access._tokens._access
    for forged in (
        jwt.encode(claims, key, "HS256", headers={"typ": "recovery"}),
        jwt.encode(claims, "", "none", headers={"typ": "recovery"}),
        fresh.token[:-4] + "AAAA",
    ):
        fresh.token = forged
        assert code(await fresh.call("GET", "/api/vault")) == (401, "not_authenticated")
    # And the other way round: nothing but an access token opens what access tokens open.
    fresh.token = alice.token
    assert (await fresh.get("/api/vault"))["version"] == 1


async def test_p2_4_a_recovery_token_ends_after_ten_minutes(service: Service) -> None:
    alice = await service.person("alice")
    fresh = await recovered(service, alice)
    assert fresh.token is not None
    claims = jwt.decode(fresh.token, options={"verify_signature": False})
    key = service.app.state.access._tokens._recovery
    past = {"exp": claims["exp"] - int(RECOVERY_LIFETIME.total_seconds()) - 1}
    fresh.token = jwt.encode(claims | past, key, "HS256", headers={"typ": "recovery"})

    assert code(await fresh.call("GET", "/api/vault")) == (401, "recovery_expired")


# Changing the password


async def test_p2_5_a_change_is_one_transaction(service: Service) -> None:
    alice = await service.bound("alice")
    other = alice.second(service.client())
    await other.login()
    change = NewPassword()
    recovery_wrap = (await alice.get("/api/vault"))["wraps"]["recovery"]

    assert await alice.ok("PUT", CHANGE, change.proved_by(alice), headers=seen(1)) == {
        "vault_version": 2,
        "warnings": [],
    }

    stored = await alice.get("/api/vault")
    assert (stored["version"], stored["vault"]) == (2, change.sealed["vault"])
    assert stored["wraps"] == {"password": {"version": 2, "sealed": change.sealed["wrap"]}, "recovery": recovery_wrap}
    assert (await alice.get("/api/login/parameters?username=alice"))["salt"] == change.sealed["salt"]
    assert await signs_in(service, "alice", change.secret)
    assert not await signs_in(service, "alice", alice.auth_secret)
    gone = await other.call("GET", "/api/users/me")
    assert code(gone) == (401, "signed_out")
    assert gone.json()["error"]["details"] == {"reason": "password_changed"}
    refreshing = await other.call("POST", "/api/token/refresh", {"refresh_token": other.refresh_token})
    assert (code(refreshing), refreshing.json()["error"]["details"]["reason"]) == (
        (401, "signed_out"),
        "password_changed",
    )
    await alice.post("/api/token/refresh", {"refresh_token": alice.refresh_token})


@pytest.mark.parametrize(
    ("change", "status", "refusal"),
    [
        ({"auth_secret": to_base64url(bytes(32))}, 401, "wrong_credentials"),
        ({"auth_secret": None}, 422, "malformed"),
        ({"wrap": to_base64url(bytes(59))}, 422, "malformed"),
        ({"salt": None}, 422, "malformed"),
        ({"new_auth_secret": "x"}, 422, "malformed"),
        ({"role": "owner"}, 422, "malformed"),
    ],
)
async def test_p2_5_a_refused_change_changes_nothing(service: Service, change: Json, status: int, refusal: str) -> None:
    alice = await service.person("alice")
    before, vault = await service.row_counts(), await alice.get("/api/vault")
    body = NewPassword().proved_by(alice) | change

    assert code(await alice.call("PUT", CHANGE, body, headers=seen(1))) == (status, refusal)

    assert await service.row_counts() == before
    assert await alice.get("/api/vault") == vault
    assert await signs_in(service, "alice", alice.auth_secret)


async def test_p2_5_a_change_says_which_vault_it_has_seen(service: Service) -> None:
    alice = await service.person("alice")
    body = NewPassword().proved_by(alice)

    assert code(await alice.call("PUT", CHANGE, body)) == (428, "precondition_required")
    assert code(await alice.call("PUT", CHANGE, body, headers=seen(2))) == (412, "vault_changed")
    assert code(await service.anonymous().call("PUT", CHANGE, body, headers=seen(1))) == (401, "not_authenticated")


async def test_p2_5_anothers_proof_changes_nobodys_password(service: Service) -> None:
    alice, mallory = await service.person("alice"), await service.person("mallory")
    change = NewPassword()

    assert code(await mallory.call("PUT", CHANGE, change.proved_by(alice), headers=seen(1))) == (
        401,
        "wrong_credentials",
    )
    fresh = await recovered(service, mallory)
    await fresh.ok("PUT", CHANGE, change.sealed, headers=seen(1))

    assert await signs_in(service, "alice", alice.auth_secret)
    assert await signs_in(service, "mallory", change.secret)


async def test_p2_5_of_two_changes_at_once_one_wins(service: Service) -> None:
    alice = await service.person("alice")
    changes = [NewPassword() for _ in range(3)]

    answers = await asyncio.gather(
        *(alice.call("PUT", CHANGE, change.proved_by(alice), headers=seen(1)) for change in changes)
    )

    assert sorted(answer.status_code for answer in answers) == [200, 401, 401]
    winner = changes[[answer.status_code for answer in answers].index(200)]
    assert (await alice.get("/api/vault"))["wraps"]["password"]["sealed"] == winner.sealed["wrap"]
    assert [await signs_in(service, "alice", change.secret) for change in changes].count(True) == 1
    assert await signs_in(service, "alice", winner.secret)


async def test_p2_5_a_change_that_is_sent_again_is_answered_as_done(service: Service) -> None:
    alice = await service.person("alice")
    change = NewPassword()
    body = change.proved_by(alice)

    answers = await asyncio.gather(*(alice.call("PUT", CHANGE, body, headers=seen(1)) for _ in range(3)))
    answers.append(await alice.call("PUT", CHANGE, body, headers=seen(1)))

    assert [(answer.status_code, answer.json()["vault_version"]) for answer in answers] == [(200, 2)] * 4
    assert (await alice.get("/api/vault"))["version"] == 2
    assert await signs_in(service, "alice", change.secret)


async def test_p2_4_recovery_changes_the_password_and_ends_every_sign_in(service: Service) -> None:
    alice = await service.bound("alice")
    fresh = await recovered(service, alice)
    change = NewPassword()

    assert (await fresh.ok("PUT", CHANGE, change.sealed, headers=seen(1)))["vault_version"] == 2
    # The answer got lost: the token is still good to ask again.
    assert (await fresh.ok("PUT", CHANGE, change.sealed, headers=seen(1)))["vault_version"] == 2

    assert code(await alice.call("GET", "/api/users/me")) == (401, "signed_out")
    assert not await signs_in(service, "alice", alice.auth_secret)
    fresh.auth_secret = change.secret
    await fresh.login()
    await fresh.post("/api/recover", recovery(alice))


@pytest.mark.parametrize("again", [False, True])
async def test_p2_4_recovery_takes_no_password_beside_it(service: Service, again: bool) -> None:
    alice = await service.person("alice")
    fresh = await recovered(service, alice)

    body = NewPassword().proved_by(alice)
    assert code(await fresh.call("PUT", CHANGE, body, headers=seen(1))) == (422, "malformed")
    if again:
        raw = {"password": PASSWORD, "new_password": BETTER}
        assert code(await fresh.call("PUT", CHANGE, raw)) == (409, "has_vault")


# The same by curl


async def test_p2_2_a_raw_change_for_an_account_without_a_vault(service: Service) -> None:
    carol = await service.curl_person("carol")
    script = service.browser("carol")
    script.signed_in(await script.post("/api/login", {"username": "carol", "password": PASSWORD}))
    body = {"password": PASSWORD, "new_password": BETTER}

    assert await carol.ok("PUT", CHANGE, body) == {"vault_version": None, "warnings": []}
    assert await carol.ok("PUT", CHANGE, body) == {"vault_version": None, "warnings": []}

    assert code(await script.call("GET", "/api/users/me")) == (401, "signed_out")
    login = {"username": "carol", "password": PASSWORD}
    assert code(await script.call("POST", "/api/login", login)) == (401, "wrong_credentials")
    await script.post("/api/login", login | {"password": BETTER})
    assert (await service.rows(select(User)))[0].password_origin == "api"


@pytest.mark.parametrize(
    ("change", "status", "refusal"),
    [
        ({"password": PASSWORD + "!"}, 401, "wrong_credentials"),
        ({"new_password": "short77"}, 422, "weak_password"),
        ({"new_password": "x1" * 65}, 422, "malformed"),
        ({"auth_secret": to_base64url(bytes(32))}, 422, "malformed"),
    ],
)
async def test_p2_2_a_refused_raw_change_changes_nothing(
    service: Service, change: Json, status: int, refusal: str
) -> None:
    carol = await service.curl_person("carol")
    body = {"password": PASSWORD, "new_password": BETTER} | change

    assert code(await carol.call("PUT", CHANGE, body)) == (status, refusal)
    assert code(await service.anonymous().call("PUT", CHANGE, {"password": PASSWORD, "new_password": BETTER}))[0] == 401

    await carol.post("/api/login", {"username": "carol", "password": PASSWORD})


async def test_p2_3_a_weak_raw_change_is_refused_in_production_and_a_warning_elsewhere(start: StartService) -> None:
    body = {"password": PASSWORD, "new_password": "password123"}
    strict = await start(azure_env="production", allowed_origins=("https://chat.example.org",))
    carol = await strict.curl_person("carol")
    assert code(await carol.call("PUT", CHANGE, body)) == (422, "weak_password")

    here = (await start()).browser("carol")
    here.token = carol.token
    assert len((await here.ok("PUT", CHANGE, body))["warnings"]) == 1


async def test_p2_5_a_raw_change_cannot_wrap_a_vault(service: Service) -> None:
    alice = await service.person("alice")
    before = await alice.get("/api/vault")

    assert code(await alice.call("PUT", CHANGE, {"password": PASSWORD, "new_password": BETTER})) == (409, "has_vault")

    assert await alice.get("/api/vault") == before
    assert await signs_in(service, "alice", alice.auth_secret)


# A new recovery code


async def test_p2_4_a_new_code_ends_the_old_one(service: Service) -> None:
    alice = await service.person("alice")
    fresh = await recovered(service, alice)
    secret = os.urandom(32)
    body = new_code(alice, secret)
    password_wrap = (await alice.get("/api/vault"))["wraps"]["password"]

    for _ in range(2):
        assert (await alice.ok("PUT", NEW_CODE, body, headers=seen(1)))["vault_version"] == 2

    wraps = (await alice.get("/api/vault"))["wraps"]
    assert wraps == {"password": password_wrap, "recovery": {"version": 2, "sealed": body["wrap"]}}
    assert code(await fresh.call("GET", "/api/vault")) == (401, "recovery_expired")
    late = await fresh.call("PUT", CHANGE, NewPassword().sealed, headers=seen(2))
    assert code(late) == (401, "recovery_expired")
    assert code(await fresh.call("POST", "/api/recover", recovery(alice))) == (401, "wrong_recovery_code")
    await fresh.post("/api/recover", recovery(alice, secret))
    await alice.get("/api/users/me")


async def test_p2_4_a_new_code_needs_the_password_and_the_seen_vault(service: Service) -> None:
    alice, mallory = await service.person("alice"), await service.person("mallory")
    body = new_code(alice, os.urandom(32))

    assert code(await mallory.call("PUT", NEW_CODE, body, headers=seen(1))) == (401, "wrong_credentials")
    assert code(await alice.call("PUT", NEW_CODE, body)) == (428, "precondition_required")
    assert code(await alice.call("PUT", NEW_CODE, body, headers=seen(3))) == (412, "vault_changed")
    assert code(await service.anonymous().call("PUT", NEW_CODE, body, headers=seen(1)))[0] == 401

    await alice.post("/api/recover", recovery(alice))


async def test_p2_4_a_code_that_is_changed_during_a_recovery_ends_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await service.person("alice")
    fresh = await recovered(service, alice)
    verifier = Passwords.verifier

    async def meanwhile(self: Passwords, secret: bytes) -> str:
        monkeypatch.undo()
        await alice.ok("PUT", NEW_CODE, new_code(alice, os.urandom(32)), headers=seen(1))
        return await verifier(self, secret)

    monkeypatch.setattr(Passwords, "verifier", meanwhile)

    late = await fresh.call("PUT", CHANGE, NewPassword().sealed, headers=seen(1))

    assert code(late) == (401, "recovery_expired")
    assert await signs_in(service, "alice", alice.auth_secret)


# Crashes


async def _by_password(service: Service, alice: Browser, change: NewPassword) -> httpx.Response:
    return await alice.call("PUT", CHANGE, change.proved_by(alice), headers=seen(1))


async def _by_recovery(service: Service, alice: Browser, change: NewPassword) -> httpx.Response:
    return await (await recovered(service, alice)).call("PUT", CHANGE, change.sealed, headers=seen(1))


Change = Callable[[Service, Browser, NewPassword], Awaitable[httpx.Response]]


@pytest.mark.parametrize("way", [_by_password, _by_recovery])
@pytest.mark.parametrize("committed", [False, True])
async def test_p2_5_one_password_is_good_after_a_crash_at_the_commit(
    service: Service, monkeypatch: pytest.MonkeyPatch, way: Change, committed: bool
) -> None:
    alice = await service.person("alice")
    change = NewPassword()
    commit = Unit.commit

    async def crash(self: Unit) -> None:
        if committed:
            await commit(self)
        raise OperationalError("COMMIT", {}, Exception("the process was killed"))

    with monkeypatch.context() as patch:
        patch.setattr(Unit, "commit", crash)
        assert (await way(service, alice, change)).status_code == 503

    good, bad = (change.secret, alice.auth_secret) if committed else (alice.auth_secret, change.secret)
    assert await signs_in(service, "alice", good)
    assert not await signs_in(service, "alice", bad)
    wraps = {row.kind: row for row in await service.rows(select(VaultWrap))}
    assert (to_base64url(wraps["password"].sealed) == change.sealed["wrap"]) == committed
    # Whoever sends it again ends with the new password, whichever side of the commit it was.
    assert (await way(service, alice, change)).status_code == 200
    assert await signs_in(service, "alice", change.secret)
    await service.anonymous().post("/api/recover", recovery(alice))


# Versions of the vault


async def aged(service: Service, days: int) -> None:
    """Everything that is in the vaults now becomes older."""
    async with service.database.write() as unit:
        for row in await unit.session.scalars(select(Vault)):
            row.created_at -= timedelta(days=days)


async def test_p2_5_a_replaced_version_is_kept_for_thirty_days(service: Service) -> None:
    alice, bob = await service.person("alice"), await service.person("bob")
    await aged(service, 400)
    change = NewPassword()
    await alice.ok("PUT", CHANGE, change.proved_by(alice), headers=seen(1))

    await aged(service, 29)
    await service.housekeeping()
    assert sorted(row.version for row in await service.rows(select(Vault))) == [1, 1, 2]

    await aged(service, 2)
    await service.housekeeping()
    kept: Any = await service.rows(select(Vault))
    assert sorted((row.user_id, row.version) for row in kept) == sorted([(alice.user_id, 2), (bob.user_id, 1)])


async def test_sign_ins_are_forgotten_when_their_refresh_token_would_have_ended(service: Service) -> None:
    alice = await service.person("alice")
    other = alice.second(service.client())
    await other.login()
    await other.post("/api/logout")
    async with service.database.write() as unit:
        for row in await unit.session.scalars(select(SignIn).where(SignIn.revoked_at.is_not(None))):
            row.expires_at -= timedelta(days=29)

    await service.housekeeping()
    assert len(await service.rows(select(SignIn))) == 2

    async with service.database.write() as unit:
        for row in await unit.session.scalars(select(SignIn).where(SignIn.revoked_at.is_not(None))):
            row.expires_at -= timedelta(days=2)
    await service.housekeeping()
    assert len(await service.rows(select(SignIn))) == 1
    forgotten = await other.call("GET", "/api/users/me")
    assert (code(forgotten), forgotten.json()["error"]["details"]) == ((401, "signed_out"), {"reason": None})
    await alice.get("/api/users/me")
