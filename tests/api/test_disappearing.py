"""Messages that disappear (PROTOCOL.md 10.3), as far as the server sees them. The clock is moved, nobody waits."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from uuid_utils.compat import uuid7

from app_service.conversations.room_policy import Role, Settings
from app_service.models import Attachment, Conversation, LogEntry
from app_service.models.base import now
from tests.factories import Browser, Json
from tests.files import File, some_file
from tests.groups import Group, code
from tests.rooms import RoomGroup, room_of
from tests.services import Service

HOUR = 3600
OVER = timedelta(seconds=HOUR + 60)


async def fading(service: Service) -> RoomGroup:
    """A room of two whose owner set messages to disappear after an hour."""
    room = await room_of(service, "anna")
    await timed(room, HOUR)
    return room


async def timed(room: RoomGroup, seconds: int) -> None:
    await room.change(room.members[0], settings=Settings(timer=seconds))


async def time_is_over(service: Service) -> None:
    """For everything that disappears; nothing has been collected yet."""
    async with service.database.write() as unit:
        for model in (LogEntry, Attachment):
            await unit.session.execute(update(model).where(model.expires_at.is_not(None)).values(expires_at=now()))


async def bodies(room: Group, reader: Browser) -> list[bool]:
    return [row["content"] is not None for row in await room.log(reader) if row["kind"] == "message"]


def chain(rows: list[Json]) -> list[tuple[str, str, str, str]]:
    return [(row["timestamp"], row["body_hash"], row["previous_chain"], row["chain"]) for row in rows]


async def answer(actor: Browser, body: Json) -> tuple[int, str]:
    response = await actor.call("POST", "/api/message/send", body)
    return response.status_code, "" if response.status_code == 201 else code(response)


async def test_p10_3_who_may_change_the_settings_sets_how_long_messages_last(service: Service) -> None:
    room = await room_of(service, "anna")
    olga, anna = room.members
    stranger = await service.bound("sam")
    body = room.attempt(settings=Settings(timer=HOUR))

    for actor, status, expected in (
        (anna, 403, "not_allowed"),
        (stranger, 404, "not_found"),
        (service.anonymous(), 401, "not_authenticated"),
    ):
        response = await actor.call("POST", room.commits, body)
        assert (response.status_code, code(response)) == (status, expected)
    assert await service.rows(select(Conversation.timer).where(Conversation.kind == "room")) == [0]

    await timed(room, HOUR)
    assert await service.rows(select(Conversation.timer).where(Conversation.kind == "room")) == [HOUR]
    everybody = Settings(configure=Role.MEMBER, timer=HOUR)
    await room.change(olga, settings=everybody)
    await room.change(anna, settings=everybody._replace(timer=60))
    assert await service.rows(select(Conversation.timer).where(Conversation.kind == "room")) == [60]


async def test_p10_3_a_message_lasts_as_long_as_the_members_agreed_and_no_other_time(service: Service) -> None:
    room = await fading(service)
    olga, anna = room.members
    stranger = await service.bound("sam")
    before = await service.row_counts()

    for lasts in (0, HOUR - 1, HOUR + 1):
        assert await answer(anna, room.message(lasts=lasts)) == (422, "bad_expiry")
        assert await answer(anna, room.critical(anna, lasts=lasts)) == (422, "bad_expiry")
    assert await answer(stranger, room.message(lasts=HOUR)) == (404, "not_found")
    assert await answer(service.anonymous(), room.message(lasts=HOUR)) == (401, "not_authenticated")
    # One of the epoch before, by the setting of then.
    assert await answer(anna, room.message(epoch=room.epoch - 1)) == (409, "epoch_stale")
    assert await service.row_counts() == before

    assert await answer(anna, room.message(lasts=HOUR)) == (201, "")
    await room.commit(olga)
    # A commit that changes nothing of the room is a quiet one.
    assert await answer(anna, room.message(lasts=HOUR, epoch=room.epoch - 1)) == (201, "")
    response = await olga.call("POST", f"{room.path}/leave", room.last_word("leave"))
    assert code(response) == "not_allowed"
    assert await answer(olga, room.message(lasts=HOUR)) == (201, "")


async def test_p10_3_a_body_is_not_served_when_its_time_is_over_and_its_place_in_the_chain_stays(
    service: Service,
) -> None:
    room = await room_of(service, "anna")
    olga, anna = room.members
    await room.send(anna)
    await timed(room, HOUR)
    first = room.message(lasts=HOUR)
    ack = await anna.post("/api/message/send", first)
    await anna.post("/api/message/send", room.critical(anna, lasts=HOUR))
    await timed(room, 0)
    await room.send(olga)
    before = await room.log(olga)
    assert await bodies(room, olga) == [True, True, True, True]

    await service.housekeeping(OVER - timedelta(minutes=2))
    assert await bodies(room, olga) == [True, True, True, True]
    await time_is_over(service)
    for reader in (olga, anna):
        assert await bodies(room, reader) == [True, False, False, True]
    await service.housekeeping()

    assert chain(await room.log(olga)) == chain(before)
    assert await bodies(room, olga) == [True, False, False, True]
    gone = select(LogEntry).where(LogEntry.kind == "message", LogEntry.content.is_(None))
    erased = await service.rows(gone)
    assert len(erased) == 2
    for entry in erased:
        parts = (entry.signature_falcon, entry.signature_ecdsa, entry.receipt, entry.receipt_signature)
        assert (*parts, entry.expires_at) == (None,) * 5
    # P5.4 for as long as the row lives.
    assert await anna.post("/api/message/send", first) == ack


async def test_p10_3_every_body_is_erased_an_hour_after_its_row(service: Service) -> None:
    room = await fading(service)
    anna = room.members[1]
    for _ in range(3):
        await room.send(anna, lasts=HOUR)
    await service.housekeeping(timedelta(seconds=HOUR - 60))
    assert await bodies(room, anna) == [True, True, True]
    await service.housekeeping(OVER)
    assert await bodies(room, anna) == [False, False, False]


async def test_p10_3_files_go_with_their_messages(service: Service) -> None:
    room = await room_of(service, "anna")
    olga, anna = room.members
    kept, gone = some_file(room.session_id), some_file(room.session_id)
    for file in (kept, gone):
        await file.upload(anna)
    await sends(room, anna, 0, kept)
    await timed(room, HOUR)
    # What stands in an older message stays with that.
    await sends(room, anna, HOUR, kept, gone)
    assert await gone.fetch(olga) == gone.content

    await time_is_over(service)
    for path in (gone.path, f"{gone.path}/chunks/0"):
        for reader in (olga, anna):
            response = await reader.call("GET", path)
            assert (response.status_code, code(response)) == (404, "not_found")
    await service.housekeeping()
    assert await service.rows(select(Attachment.id)) == [kept.id]
    assert await kept.fetch(olga) == kept.content


async def sends(room: RoomGroup, author: Browser, lasts: int, *files: File) -> None:
    body = room.message(uuid7(), lasts=lasts)
    await author.post("/api/message/send", body | {"attachments": [str(file.id) for file in files]})


async def test_p10_3_only_messages_disappear(service: Service) -> None:
    room = await fading(service)
    olga, anna = room.members
    await anna.post(f"{room.path}/leave", room.last_word("leave"))
    assert await answer(olga, room.message(lasts=HOUR)) == (201, "")
    assert await service.rows(select(LogEntry.kind).where(LogEntry.expires_at.is_not(None))) == ["message"]
