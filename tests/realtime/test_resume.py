"""Resuming after a cursor loses nothing and repeats nothing; a slow reader slows only itself."""

from __future__ import annotations

import asyncio
import random
import socket as sockets
import time
from datetime import timedelta

from sqlalchemy import update
from uuid_utils.compat import uuid7

from app_service.models import Event
from app_service.models.base import now
from app_service.realtime import stored
from app_service.socket import outbox as outbox_module
from shared.encoding import to_base64url
from tests import factories_mls as mls
from tests.factories import connect
from tests.groups import Group, active
from tests.realtime.wire import Wire


async def test_resuming_after_a_cursor_loses_and_repeats_nothing(wire: Wire) -> None:
    group = await active(wire.service)
    alice, bob = group.members
    sender = await wire.open(alice)
    chance = random.Random(7)  # noqa: S311 - a test that can be repeated
    seqs: list[int] = []
    sent = 1
    for _ in range(12):
        reader = await wire.open(bob, {group.session_id: len(seqs)})
        for _ in range(chance.randrange(1, 12)):
            await sender.send(group)
            sent += 1
        await reader.rows(group, chance.randrange(len(seqs) + 1, sent + 1))
        await reader.connection.close()
        seqs += [row["seq"] for row in reader.received(group)]

    last = await wire.open(bob, {group.session_id: len(seqs)})
    if len(seqs) < sent:
        await last.rows(group, sent)
    seqs += [row["seq"] for row in last.received(group)]
    assert seqs == list(range(1, sent + 1))


async def test_a_long_history_comes_in_pages(wire: Wire) -> None:
    group = await active(wire.service)
    alice, bob = group.members
    sender = await wire.open(alice)
    for _ in range(130):
        await sender.send(group)
    await sender.until("message_ack", lambda ack: ack["seq"] == 131)

    reader = await wire.open(bob)
    rows = await reader.rows(group, 131)

    assert [row["seq"] for row in rows] == list(range(1, 132))
    assert len([frame for frame in reader.frames if frame["type"] == "message_receive"]) == 3
    assert rows == await group.log(bob)


async def test_a_cursor_beyond_the_head_is_not_followed(wire: Wire) -> None:
    """Only a log that lost rows can make one; the client compares what comes next with what it had."""
    group = await active(wire.service)
    alice, bob = group.members
    reader = await wire.open(bob, {group.session_id: 50, str(uuid7()): 3})
    await group.send(alice)

    assert [row["seq"] for row in await reader.rows(group, 2)] == [2]


async def test_a_slow_reader_gets_everything_and_slows_nobody(wire: Wire) -> None:
    group = await active(wire.service)
    alice, bob = group.members
    slow = await wire.connect(max_queue=1)
    await slow.hello(bob.token)
    sender = await wire.open(alice)
    count = 600

    async def send_all() -> None:
        for _ in range(count):
            await sender.send(group)

    sending = asyncio.create_task(send_all())
    await sender.until("message_ack", lambda ack: ack["seq"] == count + 1)
    await sending
    (outbox,) = [each._outbox for each in wire.service.app.state.hub.sockets() if each.device_id == bob.device.id]
    assert len(outbox.frames) <= outbox_module.MAX_FRAMES

    rows = await slow.rows(group, count + 1)
    assert [row["seq"] for row in rows] == list(range(1, count + 2))


async def test_what_a_reader_leaves_lying_is_not_kept_for_it(wire: Wire) -> None:
    """The server's own buffers included: it stops sending, and reads the rest from the log when the reader goes on."""
    group = await active(wire.service)
    alice, bob = group.members
    narrow = sockets.socket()
    narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", wire.port))
    slow = await wire.connect(sock=narrow, max_queue=1)
    await slow.hello(bob.token)
    sender = await wire.open(alice)
    (held,) = [each for each in wire.service.app.state.hub.sockets() if each.device_id == bob.device.id]
    size, count, more = 100_000, 0, 20
    while more:
        client_id = uuid7()
        data = mls.authenticated_data(group.id, client_id)
        content = mls.private_message(group.id, data, epoch=group.epoch, ciphertext=bytes(size))
        await sender.send(group, group.message(client_id) | {"content": to_base64url(content)})
        await sender.until("message_ack")
        count += 1
        assert count < 500, "the system's buffers have no end"
        more -= held._pump.blocked_for(time.monotonic()) > 0
    backlog = max(each.transport.get_write_buffer_size() for each in wire.server.server_state.connections)
    assert backlog < 10 * size
    assert sum(map(len, held._outbox.frames)) < 2 * outbox_module.MAX_CHARACTERS

    rows = await slow.rows(group, count + 1)
    assert [row["seq"] for row in rows] == list(range(1, count + 2))


async def test_rows_and_acks_while_a_device_joins_and_leaves(wire: Wire) -> None:
    """A device hears the chain of every row, and reads what was written while it was in the group."""
    group = await active(wire.service)
    alice, bob = group.members
    tablet = alice.second(wire.service.client())
    await tablet.login()
    await tablet.add_device()
    listening = await wire.open(tablet)
    await group.send(bob)
    await alice.post(group.commits, group.commit_body(uuid7(), added=[tablet]))
    group.epoch += 1
    group.members.append(tablet)
    await group.send(bob)
    await bob.post(group.commits, group.commit_body(uuid7(), removed=[tablet]))
    group.epoch += 1
    await group.send(bob)

    rows = await listening.rows(group, 6)

    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row["content"] is not None for row in rows] == [False, False, False, True, True, False]
    assert [row["welcomes"] is not None for row in rows] == [False, False, True, False, False, False]


async def test_account_events_resume_after_their_cursor(wire: Wire) -> None:
    service = wire.service
    await service.seen_quantum_service()
    alice, bob, carol = [await service.bound(name) for name in ("alice", "bob", "carol")]
    client = await wire.open(alice)
    start = client.frames[0]["event_cursor"]
    await connect(bob, alice)
    seen = await client.until("session_created")
    await client.connection.close()
    await connect(carol, alice)

    again = await wire.open(alice, {}, seen["cursor"])
    assert again.frames[0]["resync"] is False
    await again.until("session_created")
    cursors = [frame["cursor"] for frame in client.frames + again.frames if "cursor" in frame]
    assert cursors == list(range(start + 1, start + 1 + len(cursors)))

    for wrong in (None, 10_000):
        anew = await wire.open(alice, {}, wrong)
        assert (anew.frames[0]["resync"], anew.frames[0]["event_cursor"]) == (True, cursors[-1])
        await anew.settled()
        assert [frame["type"] for frame in anew.frames] == ["hello_ok", "pong"]


async def test_what_waits_comes_in_one_frame_to_whom_it_may(wire: Wire) -> None:
    alice, _ = await wire.service.connected("alice", "bob")
    heard = []
    for together in (True, False):
        client = await wire.connect(together=together)
        await client.hello(alice.token, {}, 0)
        await client.until("session_created")
        events = [frame for frame in client.frames if "cursor" in frame]
        assert len(events) > 1
        assert client.texts == len(client.frames) - (len(events) - 1 if together else 0)
        heard.append(events)
    assert heard[0] == heard[1]


async def test_a_session_that_begins_while_listening_is_followed(wire: Wire) -> None:
    service = wire.service
    await service.seen_quantum_service()
    alice, bob = await service.bound("alice"), await service.bound("bob")
    for browser in (alice, bob):
        await browser.upload_key_packages()
    listening = await wire.open(alice)
    group = Group((await connect(alice, bob))["session_id"], [alice, bob])
    await group.found(bob)
    await group.send(bob)

    rows = await listening.rows(group, 2)

    assert [row["kind"] for row in rows] == ["commit", "message"]
    states = [frame["session"]["state"] for frame in listening.frames if frame["type"].startswith("session_")]
    assert states[-1] in {"establishing", "active"}


async def test_old_events_are_forgotten_and_then_fetched_anew(wire: Wire) -> None:
    service = wire.service
    alice, bob = await service.connected("alice", "bob")
    async with service.database.write() as unit:
        await unit.session.execute(
            update(Event)
            .where(Event.user_id == alice.user_id, Event.seq <= 2)
            .values(created_at=now() - timedelta(days=31))
        )
    async with service.database.write() as unit:
        await stored.forget(unit.session, now())

    assert (await wire.open(alice, {}, 1)).frames[0]["resync"] is True
    assert (await wire.open(alice, {}, 2)).frames[0]["resync"] is False
    assert (await wire.open(bob, {}, 0)).frames[0]["resync"] is False
