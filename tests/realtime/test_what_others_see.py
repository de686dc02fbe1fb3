"""What others are told of somebody, if they let it: that they are there, that they type, how far they have read."""

from __future__ import annotations

import pytest
from uuid_utils.compat import uuid7

from app_service.db import Database
from tests.factories import Browser
from tests.groups import active
from tests.realtime.wire import Client, Wire
from tests.rooms import founded, friend


def heard(client: Client, *kinds: str) -> list[str]:
    return [frame["type"] for frame in client.frames if frame["type"] in kinds]


async def test_typing_is_passed_on_to_the_others_in_the_group_and_never_touches_the_database(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await active(wire.service)
    alice, bob = group.members
    writing, reading = await wire.open(alice), await wire.open(bob)
    stranger = await wire.open(await wire.service.bound("mallory"))

    def never(_: Database) -> None:
        raise AssertionError("typing asked the database")

    monkeypatch.setattr(Database, "read", never)
    monkeypatch.setattr(Database, "write", never)
    await writing.say("typing_start", conversation_id=group.session_id)
    told = {"type": "typing_start", "conversation_id": group.session_id, "user_id": str(alice.user_id)}
    assert await reading.until("typing_start") == told
    await writing.say("typing_stop", conversation_id=group.session_id)
    assert await reading.until("typing_stop") == told | {"type": "typing_stop"}
    for client in (writing, stranger):
        await client.settled()
        assert heard(client, "typing_start", "typing_stop") == []


async def test_typing_is_passed_on_so_often_only_and_from_nobody_else(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app_service.socket.socket.TYPING_SECONDS", 3600.0)
    group = await active(wire.service)
    alice, bob = group.members
    writing, reading = await wire.open(alice), await wire.open(bob)
    stranger = await wire.open(await wire.service.bound("mallory"))
    for _ in range(5):
        await writing.say("typing_start", conversation_id=group.session_id)
        await stranger.say("typing_start", conversation_id=group.session_id)
        await stranger.say("typing_start", conversation_id=str(uuid7()))
    for client in (writing, stranger, reading):
        await client.settled()
    assert heard(reading, "typing_start") == ["typing_start"]


async def test_who_left_a_room_neither_types_nor_is_told(wire: Wire) -> None:
    room = await founded(wire.service)
    (olga,) = room.members
    ben = await friend(wire.service, olga, "ben")
    await room.invite(olga, ben)
    inside, outside = await wire.open(olga), await wire.open(ben)
    left = await ben.post(f"{room.path}/leave", room.last_word("leave"))
    await outside.rows(room, left["seq"])

    await outside.say("typing_start", conversation_id=room.session_id)
    await inside.say("typing_start", conversation_id=room.session_id)
    for client in (outside, inside):
        await client.settled()
        assert heard(client, "typing_start") == []


async def test_a_person_who_is_not_to_be_seen_is_not(wire: Wire) -> None:
    alice, bob = await wire.service.connected("alice", "bob")
    watching = await wire.open(alice)
    hidden = await wire.connect()
    await hidden.say("hello", token=bob.token, cursors={}, event_cursor=None, visible=False)
    await hidden.until("hello_ok")
    assert hidden.frames[0]["online"] == [str(alice.user_id)]

    await watching.settled()
    assert heard(watching, "presence") == []
    assert (await wire.open(alice)).frames[0]["online"] == []
    found = await alice.get("/api/users/available")
    assert [each["online"] for each in found["items"] if each["id"] == str(bob.user_id)] == [False]


async def test_who_hides_is_told_to_go_and_who_shows_to_come(wire: Wire) -> None:
    alice, bob = await wire.service.connected("alice", "bob")
    watching, _ = await wire.open(alice), await wire.open(bob)
    assert (await watching.until("presence"))["online"] is True
    for visible in (False, True):
        again = await wire.connect()
        await again.say("hello", token=bob.token, cursors={}, event_cursor=None, visible=visible)
        assert (await watching.until("presence"))["online"] is visible


async def test_a_line_that_polls_may_hide_too(wire: Wire) -> None:
    alice, bob = await wire.service.connected("alice", "bob")
    question = {"line": str(uuid7()), "opening": True, "cursors": {}, "event_cursor": None, "delivered": {}}
    await bob.post("/api/poll", question | {"visible": False})
    assert (await wire.open(alice)).frames[0]["online"] == []
    await bob.post("/api/poll", question | {"line": str(uuid7()), "visible": True})
    assert (await wire.open(alice)).frames[0]["online"] == [str(bob.user_id)]


async def test_how_far_somebody_read_is_told_if_they_say_so_and_never_back(wire: Wire) -> None:
    group = await active(wire.service)
    alice, bob = group.members
    for _ in range(3):
        await group.send(alice)
    watching, path = await wire.open(alice), f"/api/conversations/{group.session_id}/read"

    await bob.ok("POST", path, {"seq": 3})
    await watching.settled()
    assert heard(watching, "seen") == []
    assert (await group.session(alice))["seen"] == []

    await bob.ok("POST", path, {"seq": 3, "shown": True})
    seen = {"type": "seen", "conversation_id": group.session_id, "user_id": str(bob.user_id), "seq": 3}
    assert await watching.until("seen") == seen
    await bob.ok("POST", path, {"seq": 2, "shown": True})
    await bob.ok("POST", path, {"seq": 4})
    await watching.settled()
    assert heard(watching, "seen") == ["seen"]
    assert (await group.session(alice))["seen"] == [{"user_id": str(bob.user_id), "seq": 3}]
    assert (await group.session(bob))["my_read_seq"] == 4
    assert seen in (await _settled(wire, alice)).frames


async def test_who_left_a_room_shows_nothing_of_what_they_read(wire: Wire) -> None:
    room = await founded(wire.service)
    (olga,) = room.members
    ben = await friend(wire.service, olga, "ben")
    await room.invite(olga, ben)
    path = f"/api/conversations/{room.session_id}/read"
    await ben.ok("POST", path, {"seq": 1, "shown": True})
    await ben.post(f"{room.path}/leave", room.last_word("leave"))
    watching = await wire.open(olga)

    await ben.ok("POST", path, {"seq": 2, "shown": True})
    await watching.settled()
    assert heard(watching, "seen") == []
    assert (await room.session(olga))["seen"] == []


async def test_p3_2_the_other_browsers_hear_that_the_pins_were_written(wire: Wire) -> None:
    alice = await wire.service.bound("alice")
    listening = await wire.open(alice)
    await alice.ok("PUT", "/api/pins", {"version": 1, "sealed": "AAAA" * 20}, headers={"If-None-Match": "*"})
    assert (await listening.until("pins_changed"))["version"] == 1


async def _settled(wire: Wire, browser: Browser) -> Client:
    client = await wire.open(browser)
    await client.settled()
    return client
