from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from typing import Any

import pytest
from uuid_utils.compat import uuid7
from websockets.exceptions import InvalidStatus

from app_service.rate_limits import RateLimits
from app_service.socket import socket as socket_module
from app_service.socket.socket import Socket
from shared.encoding import to_base64url
from tests.groups import active, establishing
from tests.processes import PATIENCE
from tests.realtime.wire import Wire
from tests.rooms import room_of
from tests.services import Service


async def test_only_allowed_pages_may_open_a_socket(wire: Wire) -> None:
    for origin in (None, "https://evil.example", "null"):
        with pytest.raises(InvalidStatus) as refused:
            await wire.connect(origin=origin)
        assert refused.value.response.status_code == 403


async def test_a_page_of_allowed_origins_may(wire: Wire) -> None:
    browser = await wire.service.bound("alice")
    client = await wire.connect(origin=wire.service.settings.origins[0])

    answer = await client.hello(browser.token)

    assert answer["user_id"] == str(browser.user_id)
    assert answer["device_id"] == str(browser.device.id)
    assert answer["heartbeat_seconds"] == 25
    assert answer["resync"] is True


@pytest.mark.parametrize(
    "first",
    [
        "no json",
        "{}",
        "[]",
        json.dumps({"type": "ping"}),
        json.dumps({"type": "hello", "token": "x", "cursors": {}, "event_cursor": None}),
        json.dumps({"type": "hello", "token": "x", "cursors": {"a": 1}, "event_cursor": None}),
        json.dumps({"type": "hello", "token": "x", "cursors": {}, "event_cursor": None, "more": 1}),
        b"\x00\x01",
    ],
)
async def test_anything_but_a_valid_hello_closes_4401(wire: Wire, first: Any) -> None:
    client = await wire.connect()
    await client.connection.send(first)

    assert await client.closed() == 4401
    assert client.frames == []


async def test_no_hello_at_all_closes_4401(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app_service.socket.routes.HELLO_SECONDS", 0.05)
    client = await wire.connect()

    assert await client.closed() == 4401


async def test_a_socket_belongs_to_a_device(wire: Wire) -> None:
    browser = await wire.service.person("alice")
    client = await wire.connect()
    await client.say("hello", token=browser.token, cursors={}, event_cursor=None)

    assert await client.closed() == 4401


@pytest.mark.parametrize(
    "malformed",
    [
        "text",
        '{"type": "unknown"}',
        '{"type": "ping", "extra": 1}',
        '{"type": "message_ack", "conversation_id": "x", "seq": 1}',
        '{"type": "message_ack", "conversation_id": "018f4ad0-8d6f-7c3a-9a52-0123456789ab", "seq": -1}',
        '{"type": "hello", "token": "x", "cursors": {}, "event_cursor": null}',
        "[" * 100_000,
        '{"type": "message_ack", "conversation_id": "018f4ad0-8d6f-7c3a-9a52-0123456789ab", "seq": 1e999}',
        b"\xff\xfe",
    ],
)
async def test_malformed_frames_close_4400(wire: Wire, malformed: Any) -> None:
    client = await wire.open(await wire.service.bound("alice"))
    await client.connection.send(malformed)

    assert await client.closed() == 4400


async def test_a_frame_over_one_mebibyte_closes_1009(wire: Wire) -> None:
    client = await wire.open(await wire.service.bound("alice"))
    await client.connection.send(json.dumps({"type": "ping", "padding": "x" * (1 << 20)}))

    assert await client.closed() == 1009


async def test_too_many_frames_close_4429(wire: Wire) -> None:
    _limit(wire, rate_limit_frames="1/day")
    client = await wire.open(await wire.service.bound("alice"))
    for _ in range(40):
        await client.say("ping")

    assert await client.closed() == 4429
    assert client.frames[-1]["code"] == "too_many_requests"
    assert 1 <= client.frames[-1]["retry_after"] <= 86_400


async def test_too_many_messages_of_a_device_are_refused_one_by_one(wire: Wire) -> None:
    group = await active(wire.service)
    _limit(wire, rate_limit_messages="2/day")
    client = await wire.open(group.members[0])
    bodies = [group.message() for _ in range(3)]
    for body in bodies:
        await client.send(group, body)

    refused = await client.until("error")
    assert (refused["code"], refused["client_id"]) == ("too_many_requests", bodies[2]["client_id"])
    assert 1 <= refused["retry_after"] <= 86_400
    # The refusal touches no database: it may overtake what was accepted before it.
    while len(accepted := [frame["seq"] for frame in client.frames if frame["type"] == "message_ack"]) < 2:
        await client.until("message_ack")
    await client.send(group, bodies[0])
    await client.until("error")
    await client.settled()
    assert accepted == [2, 3]


async def test_sockets_of_one_address_are_counted_as_calls(wire: Wire) -> None:
    _limit(wire, rate_limit_calls="1/day")
    for _ in range(5):
        await wire.connect()
    with pytest.raises(InvalidStatus) as refused:
        await wire.connect()
    assert refused.value.response.status_code == 429
    assert 1 <= int(refused.value.response.headers["Retry-After"]) <= 86_400


def _limit(wire: Wire, **limits: str) -> None:
    """Change the rate limits of the running service."""
    state = wire.service.app.state
    state.limits = RateLimits(wire.service.settings.model_copy(update=limits))
    state.messages = replace(state.messages, limits=state.limits)
    state.sockets = replace(state.sockets, limits=state.limits, messages=state.messages)


async def test_the_same_device_again_closes_the_older_one(wire: Wire) -> None:
    browser = await wire.service.bound("alice")
    older = await wire.open(browser)
    newer = await wire.open(browser)

    assert await older.closed() == 4409
    await newer.settled()


async def test_signing_out_closes_4403(wire: Wire) -> None:
    browser = await wire.service.bound("alice")
    client = await wire.open(browser)
    other = browser.second(wire.service.client())
    await other.login()

    await browser.ok("POST", "/api/logout")

    assert await client.closed() == 4403
    assert client.frames[-1] == {"type": "signed_out", "reason": "signed_out"}
    late = await wire.connect()
    await late.say("hello", token=browser.token, cursors={}, event_cursor=None)
    assert await late.closed() == 4403
    await other.add_device()
    await (await wire.open(other)).settled()


@pytest.mark.parametrize("how", ["password_changed", "ended_elsewhere"])
async def test_a_sign_in_that_is_ended_from_another_one_closes_4403_and_says_why(wire: Wire, how: str) -> None:
    browser = await wire.service.bound("alice")
    client = await wire.open(browser)
    other = browser.second(wire.service.client())
    await other.login()
    await other.add_device()
    staying = await wire.open(other)
    if how == "ended_elsewhere":
        await other.ok("DELETE", "/api/sign-ins")
    else:
        change = {
            "auth_secret": to_base64url(other.auth_secret),
            "salt": to_base64url(os.urandom(16)),
            "new_auth_secret": to_base64url(os.urandom(32)),
            "vault": to_base64url(os.urandom(300)),
            "wrap": to_base64url(os.urandom(60)),
        }
        await other.ok("PUT", "/api/users/me/password", change, headers={"If-Match": '"1"'})

    assert await client.closed() == 4403
    assert client.frames[-1] == {"type": "signed_out", "reason": how}
    late = await wire.connect()
    await late.say("hello", token=browser.token, cursors={}, event_cursor=None)
    assert await late.closed() == 4403
    assert late.frames == [{"type": "signed_out", "reason": how}]
    await staying.settled()


async def test_p2_4_a_recovery_token_opens_no_socket(wire: Wire) -> None:
    browser = await wire.service.bound("alice")
    body = {"username": "alice", "recovery_auth_secret": to_base64url(browser.recovery_secret)}
    answer = await wire.service.anonymous().post("/api/recover", body)
    client = await wire.connect()

    await client.say("hello", token=answer["recovery_token"], cursors={}, event_cursor=None)

    assert await client.closed() == 4401


async def test_revoking_the_device_closes_4403(wire: Wire) -> None:
    browser = await wire.service.bound("alice")
    lost = browser.second(wire.service.client())
    await lost.login()
    await lost.add_device()
    client = await wire.open(lost)
    _, body = browser.identity.signed_list(browser.identity.without_device(lost.device.id))

    await browser.ok("DELETE", f"/api/devices/{lost.device.id}", body)

    assert await client.closed() == 4403


async def test_a_fresh_token_keeps_the_socket(wire: Wire) -> None:
    browser = await wire.service.bound("alice")
    client = await wire.open(browser)
    fresh = await browser.post("/api/token/refresh", {"refresh_token": browser.refresh_token})
    await client.say("token", token=fresh["access_token"])
    await client.until("token_ok")

    other = await wire.service.bound("bob")
    await client.say("token", token=other.token)
    assert await client.closed() == 4401


async def test_an_expired_token_closes_4401(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await wire.open(await wire.service.bound("alice"))
    (open_socket,) = _sockets(wire.service)
    open_socket.check()
    await client.settled()
    monkeypatch.setattr(open_socket, "_expires_at", 0)
    open_socket.check()

    assert await client.closed() == 4401


async def test_a_silent_socket_closes_4408(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await wire.open(await wire.service.bound("alice"))
    (open_socket,) = _sockets(wire.service)
    monkeypatch.setattr(socket_module, "IDLE_SECONDS", -1.0)
    open_socket.check()

    assert await client.closed() == 4408


def _sockets(service: Service) -> list[Socket]:
    return [each for each in service.app.state.hub.sockets() if isinstance(each, Socket)]


async def test_nothing_is_kept_of_closed_sockets(wire: Wire) -> None:
    group = await active(wire.service)
    client = await wire.open(group.members[0])
    await client.rows(group, 1)
    await client.connection.close()
    hub = wire.service.app.state.hub
    async with asyncio.timeout(PATIENCE):
        while hub.sockets():  # noqa: ASYNC110 - the hub tells nobody
            await asyncio.sleep(0.01)

    assert (hub._by_user, hub._by_log, hub._by_device) == ({}, {}, {})


async def test_quantum_status_is_told_to_everybody(wire: Wire) -> None:
    await wire.service.seen_quantum_service()
    group = await establishing(wire.service)
    clients = [await wire.open(member) for member in group.members]
    monitor = wire.service.app.state.monitor

    wire.service.quantum.away = True
    await monitor.check()
    for client in clients:
        assert await client.until("quantum_status") == {"type": "quantum_status", "available": False}
    wire.service.quantum.away = False
    await monitor.check()
    for client in clients:
        assert await client.until("quantum_status") == {"type": "quantum_status", "available": True}


async def test_quantum_status_that_finds_no_room_is_told_when_there_is_some(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wire.service.seen_quantum_service()
    client = await wire.open(await wire.service.bound("alice"))
    monkeypatch.setattr("app_service.socket.outbox.MAX_FRAMES", 0)

    wire.service.quantum.away = True
    await wire.service.app.state.monitor.check()

    assert await client.until("quantum_status") == {"type": "quantum_status", "available": False}


async def test_presence_is_told_to_connected_people_only(wire: Wire) -> None:
    service = wire.service
    alice, bob = await service.connected("alice", "bob")
    mallory = await service.bound("mallory")
    watching, stranger = await wire.open(alice), await wire.open(mallory)

    client = await wire.open(bob)
    assert await watching.until("presence") == {"type": "presence", "user_id": str(bob.user_id), "online": True}
    assert str(alice.user_id) in client.frames[0]["online"]
    await client.connection.close()
    assert await watching.until("presence") == {"type": "presence", "user_id": str(bob.user_id), "online": False}
    await stranger.settled()
    assert [frame["type"] for frame in stranger.frames] == ["hello_ok", "pong"]


async def test_blocking_hides_presence_both_ways(wire: Wire) -> None:
    alice, bob = await wire.service.connected("alice", "bob")
    one, other = await wire.open(alice), await wire.open(bob)
    await one.until("presence")

    await alice.ok("POST", f"/api/connections/{bob.user_id}/block")
    await one.until("presence", lambda presence: not presence["online"])
    gone = await other.until("presence", lambda presence: not presence["online"])
    assert gone["user_id"] == str(alice.user_id)
    again = await wire.open(bob)
    assert again.frames[0]["online"] == []
    await alice.ok("DELETE", f"/api/connections/{bob.user_id}/block")
    assert (await again.until("presence"))["online"] is True


async def test_rotation_asks_the_accounts_online_clients(wire: Wire) -> None:
    group = await active(wire.service)
    alice, bob = group.members
    mine, theirs = await wire.open(alice), await wire.open(bob)

    answer = await alice.post("/api/session/rotate", {})

    assert answer == {"asked": 1}
    assert (await mine.until("rotate_requested"))["session_id"] == group.session_id
    await theirs.settled()
    assert "rotate_requested" not in {frame["type"] for frame in theirs.frames}


async def test_p5_4_a_message_over_the_socket(wire: Wire) -> None:
    group = await active(wire.service)
    alice, bob = group.members
    sender, receiver = await wire.open(alice), await wire.open(bob)
    body = group.message()

    await sender.send(group, body)
    ack = await sender.until("message_ack")
    (row,) = [row for row in await receiver.rows(group, 2) if row["seq"] == 2]

    assert ack["client_id"] == body["client_id"]
    assert (ack["seq"], ack["chain"], ack["previous_chain"]) == (2, row["chain"], row["previous_chain"])
    assert row["content"] == body["content"]
    await sender.send(group, body)
    assert await sender.until("message_ack") == ack
    # What is pushed is what is pulled.
    assert row == (await group.log(bob))[-1]


async def test_p5_2_to_its_sender_the_ack_of_a_message_is_its_row(wire: Wire) -> None:
    group = await active(wire.service)
    alice, bob = group.members
    sender, receiver = await wire.open(alice), await wire.open(bob)
    await sender.rows(group, 1)
    for _ in range(3):
        await sender.send(group)
        await sender.until("message_ack")
    # All of them first: its own row would come along in a frame with what still waits.
    theirs = await receiver.rows(group, 4)
    await receiver.send(group)
    mine = await sender.rows(group, 5)

    assert [row["seq"] for row in mine] == [1, 5]
    assert [row["seq"] for row in theirs] == [1, 2, 3, 4]


async def test_p5_2_rows_come_in_turn_also_when_an_ack_runs_ahead_of_them(wire: Wire) -> None:
    """Written together, they come in one frame: with the sender's own row, rather than with a gap."""
    group = await active(wire.service)
    alice, bob = group.members
    sender, receiver = await wire.open(alice), await wire.open(bob)
    for _ in range(10):
        await asyncio.gather(sender.send(group), receiver.send(group))
    last = 21
    for client in (sender, receiver):
        seen = 0
        while seen < last:
            frame = await client.hear()
            if frame["type"] == "message_ack":
                seen = frame["seq"] if frame["seq"] == seen + 1 else seen
            elif frame["type"] == "message_receive":
                assert frame["rows"][0]["seq"] <= seen + 1
                seen = max(seen, frame["rows"][-1]["seq"])


async def test_refusals_over_the_socket_name_the_message(wire: Wire) -> None:
    group = await active(wire.service)
    client = await wire.open(group.members[0])
    body = group.message()
    for wrong, expected in (
        (body | {"content": "hello"}, "not_encrypted"),
        (body | {"client_id": str(uuid7())}, "bad_message"),
        (body | {"conversation_id": str(uuid7())}, "bad_message"),
        (group.message(epoch=0), "epoch_stale"),
    ):
        await client.send(group, wrong)
        error = await client.until("error")
        assert (error["code"], error["client_id"]) == (expected, wrong["client_id"])
    await client.send(group, body)
    assert (await client.until("message_ack"))["seq"] == 2


async def test_p5_6_receipts_are_told_and_only_move_forward(wire: Wire) -> None:
    group = await active(wire.service)
    alice, bob = group.members
    sender, receiver = await wire.open(alice), await wire.open(bob)
    for _ in range(3):
        await sender.send(group)
    await receiver.rows(group, 4)

    for seq in (2, 4, 3):
        await receiver.say("message_ack", conversation_id=group.session_id, seq=seq)
    receipt = await sender.until("receipt")
    assert receipt == {
        "type": "receipt",
        "conversation_id": group.session_id,
        "user_id": str(bob.user_id),
        "seq": 4,
    }
    await receiver.say("message_ack", conversation_id=group.session_id, seq=10_000)
    await receiver.say("message_ack", conversation_id=str(uuid7()), seq=1)
    assert (await receiver.until("error"))["code"] == "not_found"
    # Who was away hears where the others stand.
    again = await wire.open(alice, {group.session_id: 4})
    assert (await again.until("receipt"))["seq"] == 4


async def test_p7_4_ciphertexts_go_when_all_recipients_have_passed_them(wire: Wire) -> None:
    group = await active(wire.service)
    alice, bob = group.members
    one, other = await wire.open(alice), await wire.open(bob)
    for client in (one, other):
        await client.rows(group, 1)
    await one.say("message_ack", conversation_id=group.session_id, seq=1)
    await other.until("receipt", lambda receipt: receipt["user_id"] == str(alice.user_id))
    assert (await group.log(bob))[0]["contribution"] is not None
    await other.say("message_ack", conversation_id=group.session_id, seq=1)
    await one.until("receipt", lambda receipt: receipt["user_id"] == str(bob.user_id))

    assert (await group.log(bob))[0]["contribution"] is None
    assert len((await group.session(bob))["ml_kem_keys"]) == 1


async def test_p7_4_who_was_taken_out_while_away_still_gets_what_it_has_yet_to_read(wire: Wire) -> None:
    room = await room_of(wire.service, "anna", "ben")
    olga, anna, ben = room.members
    body = room.commit_body(uuid7(), contribution=await room.contribution(olga, "rotate"))
    renewed = (await olga.post(room.commits, body))["seq"]
    room.epoch += 1
    rest = await room.contribution(olga, "rotate", [olga, anna])
    removed = (await olga.post(room.commits, room.commit_body(uuid7(), removed=[ben], contribution=rest)))["seq"]
    one, other = await wire.open(olga), await wire.open(anna)
    for client in (one, other):
        await client.rows(room, removed)
    await one.say("message_ack", conversation_id=room.session_id, seq=removed)
    await other.until("receipt", lambda receipt: receipt["user_id"] == str(olga.user_id))
    await other.say("message_ack", conversation_id=room.session_id, seq=removed)
    await one.until("receipt", lambda receipt: receipt["user_id"] == str(anna.user_id))

    left_to_read = await room.log(ben)
    assert left_to_read[renewed - 1]["contribution"] is not None
    # The commit names it: without it whoever is put out would have to believe that the server tampered with it.
    assert left_to_read[removed - 1]["contribution"] is not None
