"""Moments that seldom come together: a sign-in that ends during the handshake, a hub or a database that fails once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from app_service.accounts.tokens import Caller
from shared.errors import Unavailable
from tests.groups import active
from tests.realtime.wire import Wire
from tests.services import Service


async def test_a_sign_in_that_ends_during_the_handshake_opens_no_socket(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await wire.service.bound("alice")
    access = wire.service.app.state.access
    authenticate = access.authenticate
    ended = False

    async def slowly(token: str) -> Caller:
        nonlocal ended
        caller: Caller = await authenticate(token)
        if not ended:
            ended = True
            await alice.post("/api/logout")
        return caller

    client = await wire.connect()
    monkeypatch.setattr(access, "authenticate", slowly)
    await client.say("hello", token=alice.token, cursors={}, event_cursor=None)
    assert await client.closed() == 4403
    assert [frame["type"] for frame in client.frames] == ["signed_out"]


async def test_presence_that_is_told_late_is_told_as_it_is(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = await wire.service.connected("alice", "bob")
    watching = await wire.open(alice)
    presence = wire.service.app.state.sockets.presence
    other = await wire.open(bob)
    await watching.until("presence", lambda frame: bool(frame["online"]))
    visible = presence.visible
    waiting, go = asyncio.Event(), asyncio.Event()

    async def slowly(user_id: Any) -> Any:
        found = await visible(user_id)
        if not waiting.is_set():
            waiting.set()
            await go.wait()
        return found

    monkeypatch.setattr(type(presence), "visible", lambda _, user_id: slowly(user_id))
    await other.connection.close()
    await waiting.wait()
    monkeypatch.undo()
    await wire.open(bob)
    go.set()
    await asyncio.sleep(0.1)
    await watching.settled()
    last = [frame for frame in watching.frames if frame["type"] == "presence"][-1]
    assert last["online"] is True


async def test_a_hub_that_fails_once_does_not_stop_the_writer(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await active(service)
    alice = group.members[0]
    writer = service.app.state.messages.writer
    monkeypatch.setattr(writer, "_appended", lambda _: 1 / 0)
    first = await group.send(alice)
    monkeypatch.undo()
    assert (await group.send(alice))["seq"] == first["seq"] + 1


async def test_receipts_outlive_a_database_that_is_away_for_a_moment(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app_service.conversations.receipts.AWAY_SECONDS", 0.01)
    group = await active(wire.service)
    alice, bob = group.members
    client = await wire.open(bob)
    ack = await group.send(alice)
    await client.rows(group, ack["seq"])
    database = wire.service.database
    write, failed = database.write_in_thread, 0

    async def fails_once(work: Any) -> Any:
        nonlocal failed
        if not failed:
            failed += 1
            raise OperationalError("", {}, ConnectionError())
        return await write(work)

    monkeypatch.setattr(database, "write_in_thread", fails_once)
    await client.say("message_ack", conversation_id=group.session_id, seq=ack["seq"])
    told = await client.until("receipt", lambda frame: frame["user_id"] == str(bob.user_id))
    assert (failed, told["seq"]) == (1, ack["seq"])


async def test_a_database_that_is_away_at_hello_is_no_failure(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = await wire.service.bound("alice")

    def away() -> Any:
        raise Unavailable("database_unavailable", "Away.", retry_after=2)

    client = await wire.connect()
    monkeypatch.setattr(wire.service.database, "read", away)
    await client.say("hello", token=alice.token, cursors={}, event_cursor=None)
    assert await client.closed() == 1013
    assert [frame["code"] for frame in client.frames] == ["database_unavailable"]
