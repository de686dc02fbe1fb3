"""Requests, answers, removal and blocks over HTTP; each event by its law: old state + event = state fetched anew."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from app_service.conversations.repository import connected_with
from app_service.models import Block, Connection, Event
from shared.encoding import to_base64url
from tests.factories import Browser, Json, connect
from tests.services import Service, StartService


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


async def ask(asking: Browser, asked: Browser) -> Json:
    answer: Json = await asking.post("/api/connection/request", {"username": asked.username})
    return answer


async def answer(browser: Browser, request_id: str, *, accept: bool) -> httpx.Response:
    return await browser.call("POST", "/api/connection/respond", {"request_id": request_id, "accept": accept})


async def pending(browser: Browser) -> list[Json]:
    items: list[Json] = (await browser.get("/api/connection/pending"))["items"]
    return items


async def connections(browser: Browser) -> list[Json]:
    items: list[Json] = (await browser.get("/api/connections"))["items"]
    return items


class Mirror:
    """What a client knows of its connections, kept up to date by events alone."""

    def __init__(self, service: Service, browser: Browser) -> None:
        self._service, self._browser = service, browser
        self.pending: dict[str, Json] = {}
        self.connections: dict[str, Json] = {}
        self.kinds: list[str] = []
        self._cursor = 0

    async def catch_up(self) -> None:
        query = select(Event).where(Event.user_id == self._browser.user_id, Event.seq > self._cursor)
        for event in await self._service.rows(query.order_by(Event.seq)):
            assert event.seq == self._cursor + 1, "events are numbered without gaps"
            self._cursor = event.seq
            if event.type.startswith("connection_"):
                self.kinds.append(event.type)
                self._apply(event.type, orjson.loads(event.payload))

    def _apply(self, kind: str, payload: Json) -> None:
        if kind == "connection_request":
            self.pending[payload["request"]["id"]] = payload["request"]
            return
        peer, request_id = payload["peer"], payload["request_id"]
        known = self.connections.get(peer["id"])
        self.pending.pop(request_id, None)
        match kind:
            case "connection_accepted":
                self.connections[peer["id"]] = {
                    "id": request_id,
                    "peer": peer,
                    "connected_at": payload["at"],
                    "blocked": False,
                    "own_key_hash": payload["own_key_hash"],
                    "peer_key_hash": payload["peer_key_hash"],
                }
            case "connection_removed" if known is not None and known["id"] == request_id:
                self._set(peer, None, None, blocked=known["blocked"])
            case "connection_blocked":
                self.pending = {key: item for key, item in self.pending.items() if item["peer"] != peer}
                self._set(peer, known and known["id"], known and known["connected_at"], blocked=True)
            case "connection_unblocked" if known is not None:
                self._set(peer, known["id"], known["connected_at"], blocked=False)

    def _set(self, peer: Json, request_id: Any, connected_at: Any, *, blocked: bool) -> None:
        if request_id is None and not blocked:
            self.connections.pop(peer["id"], None)
            return
        nothing = {"own_key_hash": None, "peer_key_hash": None}
        known = self.connections.get(peer["id"], nothing) if request_id is not None else nothing
        self.connections[peer["id"]] = {
            "id": request_id,
            "peer": peer,
            "connected_at": connected_at,
            "blocked": blocked,
            "own_key_hash": known["own_key_hash"],
            "peer_key_hash": known["peer_key_hash"],
        }

    async def check(self) -> None:
        await self.catch_up()
        assert list(self.pending.values()) == await pending(self._browser)
        by_peer = {item["peer"]["id"]: item for item in await connections(self._browser)}
        assert self.connections == by_peer


async def two_with_mirrors(service: Service) -> tuple[Browser, Browser, Mirror, Mirror]:
    alice, bob = await service.person("alice"), await service.person("bob")
    return alice, bob, Mirror(service, alice), Mirror(service, bob)


async def test_a_request_reaches_both_sides(service: Service) -> None:
    alice, bob, hers, his = await two_with_mirrors(service)
    own, peer = to_base64url(b"o" * 32), to_base64url(b"p" * 32)

    made = await alice.post(
        "/api/connection/request", {"user_id": str(bob.user_id), "own_key_hash": own, "peer_key_hash": peer}
    )

    assert (made["state"], made["peer"]) == ("pending", {"id": str(bob.user_id), "username": "bob"})
    assert await pending(bob) == [
        {
            "id": made["id"],
            "direction": "in",
            "peer": {"id": str(alice.user_id), "username": "alice"},
            "created_at": made["created_at"],
            "own_key_hash": peer,
            "peer_key_hash": own,
        }
    ]
    (out,) = await pending(alice)
    assert (out["direction"], out["own_key_hash"], out["peer_key_hash"]) == ("out", own, peer)
    await hers.check()
    await his.check()


async def test_accepting_connects_and_makes_the_session(service: Service) -> None:
    alice, bob, hers, his = await two_with_mirrors(service)
    made = await ask(alice, bob)
    await hers.check()
    await his.check()

    accepted = (await answer(bob, made["id"], accept=True)).json()

    assert (accepted["id"], accepted["state"]) == (made["id"], "connected")
    await hers.check()
    await his.check()
    assert hers.kinds == his.kinds == ["connection_request", "connection_accepted"]
    assert [item["peer"]["username"] for item in await connections(alice)] == ["bob"]
    assert await pending(alice) == await pending(bob) == []


def keys(own: str, peer: str) -> Json:
    """What somebody names when asking or answering: their own key, and the other's as they were shown it."""
    return {"own_key_hash": to_base64url(own.encode() * 32), "peer_key_hash": to_base64url(peer.encode() * 32)}


async def test_p3_2_each_side_is_told_the_keys_that_the_other_named(service: Service) -> None:
    alice, bob, hers, his = await two_with_mirrors(service)
    made = await alice.post("/api/connection/request", {"user_id": str(bob.user_id), **keys("a", "b")})
    await bob.post("/api/connection/respond", {"request_id": made["id"], "accept": True, **keys("B", "A")})

    await hers.check()
    await his.check()
    (to_alice,), (to_bob,) = await connections(alice), await connections(bob)
    assert {name: to_alice[name] for name in keys("a", "b")} == keys("A", "B"), "own: alice's, as bob saw it"
    assert {name: to_bob[name] for name in keys("a", "b")} == keys("b", "a")


async def test_p3_2_requests_that_cross_name_keys_both_ways(service: Service) -> None:
    alice, bob, hers, his = await two_with_mirrors(service)
    await alice.post("/api/connection/request", {"user_id": str(bob.user_id), **keys("a", "b")})
    crossing = await bob.post("/api/connection/request", {"user_id": str(alice.user_id), **keys("B", "A")})

    assert crossing["state"] == "connected"
    await hers.check()
    await his.check()
    (to_alice,), (to_bob,) = await connections(alice), await connections(bob)
    assert {name: to_alice[name] for name in keys("a", "b")} == keys("A", "B")
    assert {name: to_bob[name] for name in keys("a", "b")} == keys("b", "a")


async def test_rejecting_leaves_no_connection_and_lets_one_ask_again(service: Service) -> None:
    alice, bob, hers, his = await two_with_mirrors(service)
    made = await ask(alice, bob)

    rejected = (await answer(bob, made["id"], accept=False)).json()

    assert (rejected["state"], rejected["session_id"]) == ("rejected", None)
    await hers.check()
    await his.check()
    assert await connections(alice) == await connections(bob) == []
    assert (await ask(alice, bob))["state"] == "pending"


async def test_a_request_is_answered_once_and_only_by_the_one_asked(service: Service) -> None:
    alice, bob, _, _ = await two_with_mirrors(service)
    carol = await service.person("carol")
    made = await ask(alice, bob)
    before = await service.row_counts()

    assert code(await answer(alice, made["id"], accept=True)) == (404, "not_found")
    assert code(await answer(carol, made["id"], accept=True)) == (404, "not_found")
    assert code(await answer(bob, str(uuid7()), accept=True)) == (404, "not_found")
    assert (await answer(service.anonymous(), made["id"], accept=True)).status_code == 401
    assert await service.row_counts() == before
    await answer(bob, made["id"], accept=True)
    assert code(await answer(bob, made["id"], accept=False)) == (409, "already_answered")


async def test_a_crossing_request_accepts(service: Service) -> None:
    alice, bob, hers, his = await two_with_mirrors(service)
    first = await ask(alice, bob)

    crossing = await ask(bob, alice)

    assert (crossing["id"], crossing["state"]) == (first["id"], "connected")
    await hers.check()
    await his.check()


async def test_two_requests_at_once_connect(service: Service) -> None:
    alice, bob, hers, his = await two_with_mirrors(service)

    states = await asyncio.gather(ask(alice, bob), ask(bob, alice))

    assert sorted(made["state"] for made in states) == ["connected", "pending"]
    assert len(await service.rows(select(Connection))) == 1
    await hers.check()
    await his.check()


async def test_what_cannot_be_asked(service: Service) -> None:
    alice, bob, _, _ = await two_with_mirrors(service)
    await ask(alice, bob)
    before = await service.row_counts()

    for body, expected in (
        ({"username": "bob"}, (409, "already_requested")),
        ({"username": "alice"}, (422, "not_yourself")),
        ({"username": "nobody"}, (404, "not_found")),
        ({"user_id": str(uuid7())}, (404, "not_found")),
        ({}, (422, "malformed")),
        ({"username": "bob", "user_id": str(bob.user_id)}, (422, "malformed")),
        ({"username": "bob", "own_key_hash": to_base64url(bytes(31))}, (422, "malformed")),
    ):
        assert code(await alice.call("POST", "/api/connection/request", body)) == expected
    assert (await service.anonymous().call("POST", "/api/connection/request", {"username": "bob"})).status_code == 401

    assert await service.row_counts() == before
    await connect_by_crossing(bob, alice)
    assert code(await alice.call("POST", "/api/connection/request", {"username": "bob"})) == (409, "already_connected")


async def connect_by_crossing(asking: Browser, other: Browser) -> None:
    assert (await ask(asking, other))["state"] == "connected"


async def test_requests_are_limited_per_account(start: StartService) -> None:
    service = await start(rate_limit_requests="2/minute")
    alice = await service.person("alice")
    statuses = [
        (await alice.call("POST", "/api/connection/request", {"username": f"name{number}"})).status_code
        for number in range(3)
    ]

    assert statuses == [404, 404, 429]


async def test_removing_ends_it_for_both(service: Service) -> None:
    alice, bob, hers, his = await two_with_mirrors(service)
    await connect(alice, bob)
    await hers.check()

    assert (await bob.call("DELETE", f"/api/connections/{alice.user_id}")).status_code == 204

    await hers.check()
    await his.check()
    assert await connections(alice) == []
    assert code(await alice.call("DELETE", f"/api/connections/{bob.user_id}")) == (404, "not_found")
    assert (await ask(alice, bob))["state"] == "pending"


async def test_one_withdraws_ones_own_request_and_no_other(service: Service) -> None:
    alice, bob, hers, his = await two_with_mirrors(service)
    made = await ask(alice, bob)

    assert code(await bob.call("DELETE", f"/api/connections/{alice.user_id}")) == (404, "not_found")
    await alice.ok("DELETE", f"/api/connections/{bob.user_id}")

    await hers.check()
    await his.check()
    assert await pending(bob) == []
    assert code(await answer(bob, made["id"], accept=True)) == (409, "already_answered")


async def test_blocking_keeps_the_connection_for_later(service: Service) -> None:
    alice, bob, hers, his = await two_with_mirrors(service)
    await connect(alice, bob)

    for _ in range(2):
        assert (await alice.call("POST", f"/api/connections/{bob.user_id}/block")).status_code == 204

    await hers.check()
    await his.check()
    assert his.kinds == ["connection_request", "connection_accepted"], "the other one is not told"
    assert [item["blocked"] for item in await connections(alice)] == [True]
    assert [item["blocked"] for item in await connections(bob)] == [False]
    async with service.database.read() as session:
        assert await connected_with(session, alice.user_id) == set()
        assert await connected_with(session, bob.user_id) == set()
    for _ in range(2):
        await alice.ok("DELETE", f"/api/connections/{bob.user_id}/block")
    await hers.check()
    assert hers.kinds[-2:] == ["connection_blocked", "connection_unblocked"]
    async with service.database.read() as session:
        assert await connected_with(session, bob.user_id) == {alice.user_id}


async def test_a_blocked_person_cannot_tell(service: Service) -> None:
    alice, bob, hers, his = await two_with_mirrors(service)
    carol = await service.person("carol")
    await alice.post(f"/api/connections/{bob.user_id}/block")

    made = await ask(bob, alice)
    to_somebody_else = await ask(bob, carol)

    assert made.keys() == to_somebody_else.keys()
    assert made["state"] == "pending"
    assert code(await bob.call("POST", "/api/connection/request", {"username": "alice"})) == (409, "already_requested")
    assert [item["peer"]["username"] for item in await pending(bob)] == ["alice", "carol"]
    await hers.check()
    await his.check()
    assert await pending(alice) == []
    assert hers.kinds == ["connection_blocked"]
    assert code(await answer(alice, made["id"], accept=True)) == (404, "not_found")
    assert code(await alice.call("POST", "/api/connection/request", {"username": "bob"})) == (403, "blocked")


async def test_blocking_hides_what_was_asked_and_withdraws_what_one_asked(service: Service) -> None:
    alice, bob, hers, his = await two_with_mirrors(service)
    carol = await service.person("carol")
    await ask(bob, alice)
    asked = await ask(alice, carol)

    await alice.post(f"/api/connections/{bob.user_id}/block")
    await alice.post(f"/api/connections/{carol.user_id}/block")

    await hers.check()
    await his.check()
    assert await pending(alice) == []
    assert [item["peer"]["username"] for item in await pending(bob)] == ["alice"]
    assert await pending(carol) == []
    assert code(await answer(carol, asked["id"], accept=True)) == (409, "already_answered")


async def test_removing_somebody_who_is_blocked_leaves_the_block(service: Service) -> None:
    alice, bob, hers, _ = await two_with_mirrors(service)
    await connect(alice, bob)
    await alice.post(f"/api/connections/{bob.user_id}/block")

    await alice.ok("DELETE", f"/api/connections/{bob.user_id}")

    await hers.check()
    assert [(item["id"], item["blocked"]) for item in await connections(alice)] == [(None, True)]
    assert len(await service.rows(select(Block))) == 1


async def test_after_unblocking_a_request_finds_the_hidden_one(service: Service) -> None:
    alice, bob, hers, his = await two_with_mirrors(service)
    await alice.post(f"/api/connections/{bob.user_id}/block")
    await ask(bob, alice)
    await alice.ok("DELETE", f"/api/connections/{bob.user_id}/block")
    assert await pending(alice) == []

    assert (await ask(alice, bob))["state"] == "connected"

    await hers.check()
    await his.check()


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_who_can_be_blocked(service: Service, method: str) -> None:
    alice = await service.person("alice")

    assert code(await alice.call(method, f"/api/connections/{alice.user_id}/block")) == (422, "not_yourself")
    assert code(await alice.call(method, f"/api/connections/{uuid7()}/block")) == (404, "not_found")
    assert (await service.anonymous().call(method, f"/api/connections/{alice.user_id}/block")).status_code == 401
    assert await service.rows(select(Event)) == []


async def test_the_anonymous_see_nothing(service: Service) -> None:
    for path in ("/api/connections", "/api/connection/pending", "/api/users/available"):
        assert (await service.anonymous().call("GET", path)).status_code == 401
