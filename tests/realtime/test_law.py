"""The law of events: what a client knew, and what came since, is what it would fetch anew."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from app_service.conversations.room_policy import Role, Settings
from tests.factories import Browser, Json, connect
from tests.groups import Group, active
from tests.processes import PATIENCE
from tests.realtime.wire import Client, Wire
from tests.rooms import founded, friend


def key_of(listed: Json) -> str:
    """A request to come into a room has no id but the room's."""
    return str(listed.get("id") or f"join {listed['room_id']}")


class Known:
    """Sessions as one client knows them: fetched once, then moved by frames alone."""

    def __init__(self, me: str, sessions: list[Json]) -> None:
        self._me = me
        self.sessions = {key_of(session): session for session in sessions}
        self._rows: dict[str, list[Json]] = {}

    def take(self, frame: Json) -> None:
        noun = frame["type"].partition("_")[0]
        if noun in ("session", "room"):
            self.sessions[frame[noun]["id"]] = dict(frame[noun])
        elif noun == "join":
            key = key_of(frame["join"])
            self.sessions[key] = dict(frame["join"])
            if frame["join"]["state"] == "over":
                del self.sessions[key]
        elif frame["type"] == "message_receive":
            self._rows.setdefault(frame["conversation_id"], []).extend(frame["rows"])
            session = self.sessions[frame["conversation_id"]]
            for row in frame["rows"]:
                self._take_row(session, row)
        elif frame["type"] in ("receipt", "seen"):
            session = self.sessions[frame["conversation_id"]]
            key = "delivered" if frame["type"] == "receipt" else "seen"
            others = [each for each in session[key] if each["user_id"] != frame["user_id"]]
            moved = {"user_id": frame["user_id"], "seq": frame["seq"]}
            session[key] = sorted([*others, moved], key=lambda each: str(each["user_id"]))
        elif frame["type"] == "read":
            session = self.sessions[frame["conversation_id"]]
            session["my_read_seq"] = frame["seq"]
            rows = self._rows.get(frame["conversation_id"], [])
            session["unread"] = sum(row["seq"] > frame["seq"] and self._counts(row) for row in rows)

    def _take_row(self, session: Json, row: Json) -> None:
        if row["seq"] <= session["seq"]:
            return  # the session was shown to us after this row
        session["seq"], session["chain"], session["last_message_at"] = row["seq"], row["chain"], row["timestamp"]
        session["unread"] += self._counts(row)

    def _counts(self, row: Json) -> bool:
        return bool(row["kind"] == "message" and row["sender_id"] != self._me)


class Watcher:
    """A client and what it knows."""

    def __init__(self, browser: Browser, client: Client, known: Known) -> None:
        self._browser, self._client, self._known = browser, client, known
        self._taken = len(client.frames)

    async def agrees(self) -> None:
        """Take frames until the law holds; it must hold before long, and stay."""
        try:
            async with asyncio.timeout(PATIENCE):
                while (now := await self._fetched()) != self._known.sessions:
                    await self._client.hear()
                    self._fold()
        except TimeoutError:
            pytest.fail(f"known and fetched differ: {self._difference(now)}")

    def _difference(self, fetched: dict[str, Json]) -> list[object]:
        known = self._known.sessions
        return [
            (key, known.get(session_id, {}).get(key), value)
            for session_id, session in fetched.items()
            for key, value in session.items()
            if known.get(session_id, {}).get(key) != value
        ]

    async def _fetched(self) -> dict[str, Json]:
        return {key_of(each): each for each in await fetched(self._browser)}

    def _fold(self) -> None:
        for frame in self._client.frames[self._taken :]:
            self._known.take(frame)
        self._taken = len(self._client.frames)


async def watch(wire: Wire, browser: Browser) -> Watcher:
    client = await wire.open(browser)
    assert client.frames[0]["resync"] is True
    # As the contract says: with `resync`, fetch, and go on with what comes.
    return Watcher(browser, client, Known(str(browser.user_id), await fetched(browser)))


async def fetched(browser: Browser) -> list[Json]:
    """Everything that a client lists: sessions, rooms, and rooms that it asked to come into."""
    listed: list[Json] = []
    for path in ("/api/sessions", "/api/rooms", "/api/rooms/join"):
        listed += (await browser.get(path))["items"]
    return listed


async def test_old_state_and_events_are_the_state_fetched_anew_in_rooms(wire: Wire) -> None:
    room = await founded(wire.service)
    (olga,) = room.members
    anna, ben = [await friend(wire.service, olga, name) for name in ("anna", "ben")]
    watchers = [await watch(wire, browser) for browser in (olga, anna, ben)]

    async def agree() -> None:
        for watcher in watchers:
            await watcher.agrees()

    await room.invite(olga, anna)
    await agree()  # room_created for who joined, room_updated for the others
    await room.invite(olga, ben)
    await room.send(anna)
    await agree()
    await room.change(olga, moderators=frozenset({anna.user_id}))
    await agree()  # room_updated: roles
    await room.rotate(anna)
    await agree()  # room_updated: another epoch
    await room.commit(anna, profile=True)
    await room.change(olga, settings=Settings(post=Role.MODERATOR))
    await agree()  # room_updated: what members may do
    await ben.ok("POST", f"/api/conversations/{room.session_id}/read", {"seq": 2, "shown": True})
    await agree()  # read, and seen
    await ben.post(room.lost_states, await room.lost_state(ben))
    await agree()  # room_updated: somebody asks to be added again
    away = frozenset({ben.user_id})
    await room.commit(anna, removed=[ben], evidence=[ben.device.id], away=away)
    await agree()  # room_updated: away
    await room.commit(anna, added=[ben], away=frozenset())
    await agree()
    await room.remove(anna, ben)
    await room.send(olga)
    await agree()  # who was removed sees it as it was then
    await room.invite(olga, ben)
    await agree()  # room_created, once more
    await ben.post(f"{room.path}/leave", room.last_word("leave"))
    await room.remove(olga, ben)
    await agree()
    link = await room.link(olga, allowed=9)
    said = await room.joins(ben, link)
    await agree()  # join_updated, and room_updated: somebody waits
    await olga.ok("DELETE", f"{room.path}/requests/{ben.user_id}")
    await agree()  # declined
    said = await room.joins(ben, link)
    await room.commit(anna, added=[ben], admissions=[said], invitations=room.used(link))
    room.members.append(ben)
    await agree()  # room_created, and no request any more
    await room.remove(anna, ben)
    await room.joins(ben, link)
    await ben.ok("DELETE", f"{room.path}/requests/{ben.user_id}")
    await agree()  # withdrawn
    await room.joins(ben, link)
    await olga.ok("DELETE", room.path, room.last_word("terminate"))
    await agree()  # room_terminated


async def test_old_state_and_events_are_the_state_fetched_anew(wire: Wire) -> None:
    service = wire.service
    await service.seen_quantum_service()
    alice, bob = await service.person("alice"), await service.bound("bob")
    watchers = [await watch(wire, bob)]

    async def agree() -> None:
        for watcher in watchers:
            await watcher.agrees()

    group = Group((await connect(alice, bob))["session_id"], [alice, bob])
    await agree()  # session_created, waiting
    await alice.add_device()
    await agree()  # session_updated: establishing
    watchers.append(await watch(wire, alice))
    for browser in (alice, bob):
        await browser.upload_key_packages()
    await group.found(bob)
    await agree()  # session_updated: active, and the commit
    await group.send(alice)
    await group.send(bob)
    await agree()
    await alice.ok("POST", f"/api/conversations/{group.session_id}/read", {"seq": 2, "shown": True})
    await agree()  # read, and seen
    await group.rotate(alice)
    await agree()  # session_updated: another epoch
    await bob.post(group.lost_states, await group.lost_state(bob))
    await agree()  # session_updated: somebody asks to be added again
    await bob.post("/api/session/terminate", group.termination())
    await agree()  # session_terminated
    again = await alice.post("/api/sessions", {"user_id": str(bob.user_id)})
    await agree()
    await alice.ok("DELETE", f"/api/connections/{bob.user_id}")
    await agree()  # session_terminated, without a group
    assert again["state"] == "establishing"


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_law_holds_in_random_conversations(wire: Wire, seed: int) -> None:
    group = await active(wire.service)
    chance = random.Random(seed)  # noqa: S311 - a test that can be repeated
    watchers = [await watch(wire, member) for member in group.members]
    receipts = wire.service.app.state.receipts

    async def send(author: Browser) -> None:
        await group.send(author)

    async def rotate(author: Browser) -> None:
        await group.rotate(author)

    async def read(author: Browser) -> None:
        seq = chance.randrange((await group.session(author))["seq"] + 1)
        mark = {"seq": seq, "shown": chance.random() < 0.5}
        await author.ok("POST", f"/api/conversations/{group.session_id}/read", mark)

    async def deliver(author: Browser) -> None:
        receipts.note(group.id, author.device.id, (await group.session(author))["seq"])
        await asyncio.sleep(0.3)

    acts: list[Callable[[Browser], Awaitable[None]]] = [send, send, send, rotate, read, deliver]
    for _ in range(25):
        await chance.choice(acts)(chance.choice(group.members))
        if chance.random() < 0.4:
            for watcher in watchers:
                await watcher.agrees()
    for watcher in watchers:
        await watcher.agrees()
