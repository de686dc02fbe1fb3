"""Without a WebSocket: the same frames after the same cursors, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest
from pydantic import TypeAdapter
from uuid_utils.compat import uuid7

from app_service.socket import polling as polling_module
from app_service.socket.frames import ServerFrame
from app_service.socket.keeper import Keeper
from app_service.socket.polling import PolledLine
from tests.factories import Browser, Json, connect
from tests.groups import active, code
from tests.processes import PATIENCE
from tests.realtime.wire import Wire
from tests.services import Service, StartService

_FRAME: Final[TypeAdapter[Any]] = TypeAdapter(ServerFrame)


@dataclass
class Line:
    """A client that polls: it keeps cursors as the web client does."""

    browser: Browser
    id: str = field(default_factory=lambda: str(uuid7()))
    opening: bool = True
    cursors: dict[str, int] = field(default_factory=dict)
    event_cursor: int | None = None
    frames: list[Json] = field(default_factory=list)

    def question(self, **changes: Any) -> Json:
        return {
            "line": self.id,
            "opening": self.opening,
            "cursors": self.cursors,
            "event_cursor": self.event_cursor,
            "delivered": {},
        } | changes

    async def poll(self, **changes: Any) -> list[Json]:
        """What one question brings, until there is no more."""
        came: list[Json] = []
        more = True
        while more:
            answer = await self.browser.post("/api/poll", self.question(**changes))
            self.opening, more = False, answer["more"]
            for frame in answer["frames"]:
                _FRAME.validate_python(frame)
                self._take(frame)
            came += answer["frames"]
        self.frames += came
        return came

    def _take(self, frame: Json) -> None:
        if frame["type"] == "hello_ok":
            self.event_cursor = frame["event_cursor"]
        elif frame["type"] == "message_receive":
            self.cursors[frame["conversation_id"]] = frame["rows"][-1]["seq"]
        elif "cursor" in frame:
            self.event_cursor = frame["cursor"]

    async def until(self, holds: Callable[[list[Json]], bool]) -> list[Json]:
        """Ask until an answer satisfies the condition."""
        async with asyncio.timeout(PATIENCE):
            while not holds(came := await self.poll()):  # noqa: ASYNC110 - a client that polls has nothing to wait for
                await asyncio.sleep(0.02)
        return came

    def seqs(self) -> list[int]:
        received = [frame for frame in self.frames if frame["type"] == "message_receive"]
        return [row["seq"] for frame in received for row in frame["rows"]]


def kinds(frames: list[Json]) -> list[str]:
    return [frame["type"] for frame in frames]


async def test_a_poll_brings_what_a_socket_would_have_been_sent(wire: Wire) -> None:
    group = await active(wire.service)
    alice, bob = group.members
    for _ in range(3):
        await group.send(alice)

    asked = await Line(bob, event_cursor=0).poll()
    socket = await wire.open(bob, {}, 0)
    await socket.rows(group, 4)
    await socket.settled()

    # Who is online stands in each answer's first frame, and quantum_service in one of its own; each says its own time.
    told = [frame | {"time": None} for frame in asked if frame["type"] != "quantum_status"]
    assert told == [frame | {"time": None} for frame in socket.frames if frame["type"] not in {"pong", "presence"}]


async def test_polling_after_the_cursors_loses_and_repeats_nothing(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    line = Line(bob)
    await line.poll()
    for count in (1, 0, 4, 2):
        for _ in range(count):
            await group.send(alice)
        await line.poll()

    assert line.seqs() == list(range(1, 9))
    assert kinds(await line.poll()) == ["hello_ok", "quantum_status"]


async def test_an_answer_is_bounded_and_says_when_there_is_more(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling_module, "MAX_CHARACTERS", 2_000)
    monkeypatch.setattr("app_service.socket.pump.PAGE_ROWS", 2)
    group = await active(service)
    alice, bob = group.members
    for _ in range(6):
        await group.send(alice)
    line = Line(bob, event_cursor=0)

    first = await bob.post("/api/poll", line.question())
    assert first["more"] is True
    assert len(str(first)) < 40_000

    await line.poll()
    assert line.seqs() == list(range(1, 8))
    events = [frame["cursor"] for frame in line.frames if "cursor" in frame]
    assert events == list(range(1, len(events) + 1))


async def test_account_events_come_after_their_cursor_or_all_is_fetched_anew(service: Service) -> None:
    alice, bob = await service.bound("alice"), await service.bound("bob")
    line = Line(alice)
    (hello, *_) = await line.poll()
    assert (hello["resync"], hello["heartbeat_seconds"]) == (True, 25)

    await connect(bob, alice)
    came = await line.poll()
    assert {"connection_request", "connection_accepted", "session_created"} <= set(kinds(came))
    assert came[0]["resync"] is False
    assert not {"connection_request", "session_created"} & set(kinds(await line.poll()))


async def test_p5_6_a_poll_says_what_is_delivered(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    mine, theirs = Line(alice), Line(bob)
    ack = await group.send(alice)
    await theirs.poll()
    await theirs.poll(delivered={group.session_id: ack["seq"], str(uuid7()): 7})

    told = {"type": "receipt", "conversation_id": group.session_id, "user_id": str(bob.user_id), "seq": ack["seq"]}
    assert told in await mine.until(lambda frames: told in frames)


async def test_who_polls_is_online_until_silent_for_long(service: Service) -> None:
    alice, bob = await service.connected("alice", "bob")
    hub = service.app.state.hub
    keeper = Keeper(hub, service.database, service.app.state.sockets.presence, service.app.state.attachments)
    watcher, line = Line(alice), Line(bob)
    assert (await watcher.poll())[0]["online"] == []

    await line.poll()
    assert (await watcher.poll())[0]["online"] == [str(bob.user_id)]
    await keeper.look()
    assert (await watcher.poll())[0]["online"] == [str(bob.user_id)]

    entered = hub.of_device(bob.device.id)
    assert isinstance(entered, PolledLine)
    entered.heard_at -= 91
    await keeper.look()
    assert (await watcher.poll())[0]["online"] == []


async def test_a_socket_hears_who_begins_to_poll(wire: Wire) -> None:
    alice, bob = await wire.service.connected("alice", "bob")
    listening = await wire.open(alice)

    await Line(bob).poll()

    assert (await listening.until("presence"))["online"] is True


async def test_a_rotation_is_asked_of_who_polls(service: Service) -> None:
    group = await active(service)
    alice, _ = group.members
    line = Line(alice)
    await line.poll()

    assert await alice.post("/api/session/rotate", {}) == {"asked": 1}
    assert "rotate_requested" in kinds(await line.poll())


async def test_one_line_of_a_device_is_alive(wire: Wire) -> None:
    browser = await wire.service.bound("alice")
    older, newer = Line(browser), Line(browser)
    await older.poll()
    await newer.poll()
    refused = await browser.call("POST", "/api/poll", older.question())
    assert (refused.status_code, code(refused)) == (409, "replaced")
    await newer.poll()

    socket = await wire.open(browser)
    refused = await browser.call("POST", "/api/poll", newer.question())
    assert (refused.status_code, code(refused)) == (409, "replaced")
    await Line(browser).poll()
    assert await socket.closed() == 4409


async def test_a_line_goes_on_over_a_restart_of_the_server(service: Service, start: StartService) -> None:
    """The server keeps nothing of a line that it needs."""
    group = await active(service)
    alice, bob = group.members
    line = Line(bob)
    await line.poll()
    await group.send(alice)
    bob.http = (await start()).client()
    await line.poll()

    assert line.seqs() == [1, 2]


async def test_a_sign_in_that_ended_polls_no_more_and_hears_why(service: Service) -> None:
    browser = await service.bound("alice")
    line = Line(browser)
    await line.poll()
    await browser.post("/api/logout")

    refused = await browser.call("POST", "/api/poll", line.question())
    assert (refused.status_code, code(refused)) == (401, "signed_out")
    assert refused.json()["error"]["details"] == {"reason": "signed_out"}


async def test_polls_of_a_member_a_stranger_a_script_and_nobody(service: Service) -> None:
    group = await active(service)
    carol = await service.bound("carol")
    script = await service.person("dave")
    await group.send(group.members[0])
    before = await service.row_counts()

    # A stranger who names the conversation hears and moves nothing.
    stranger = Line(carol, cursors={group.session_id: 0})
    assert kinds(await stranger.poll(delivered={group.session_id: 2})) == ["hello_ok", "quantum_status"]
    for browser, status, name in ((script, 403, "device_required"), (service.anonymous(), 401, "not_authenticated")):
        refused = await browser.call("POST", "/api/poll", Line(browser).question())
        assert (refused.status_code, code(refused)) == (status, name)
    await service.app.state.receipts._flush()
    assert await service.row_counts() == before
    assert all(each["seq"] <= 1 for each in (await group.session(group.members[0]))["delivered"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"line": "x"},
        {"opening": None},
        {"cursors": {"x": 1}},
        {"cursors": {str(uuid7()): -1}},
        {"cursors": None},
        {"event_cursor": -1},
        {"delivered": {str(uuid7()): 2**63}},
        {"more": True},
    ],
)
async def test_malformed_polls_are_refused(service: Service, wrong: Json) -> None:
    browser = await service.bound("alice")
    refused = await browser.call("POST", "/api/poll", Line(browser).question(**wrong))

    assert (refused.status_code, code(refused)) == (422, "malformed")


async def test_where_websockets_are_off_the_socket_closes_4406(wire: Wire) -> None:
    state = wire.service.app.state
    browser = await wire.service.bound("alice")
    state.sockets = replace(state.sockets, enabled=False)
    client = await wire.connect()
    await client.say("hello", token=browser.token, cursors={}, event_cursor=None)

    assert await client.closed() == 4406
    assert kinds(await Line(browser).poll()) == ["hello_ok", "quantum_status"]


async def test_the_configuration_says_whether_there_are_sockets(start: StartService) -> None:
    for enabled in (True, False):
        service = await start(enable_websocket=enabled)
        assert (await service.anonymous().get("/api/config"))["websocket"] is enabled
        assert service.app.state.sockets.enabled is enabled
