"""What of a log is for somebody who was in its group more than once: the bodies of all those times, and no others."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from app_service.models import LogEntry, Member
from tests.factories import Browser, Json
from tests.rooms import RoomGroup, room_of
from tests.services import Service

MORE_THAN_A_WEEK = timedelta(days=8)


def readable(rows: list[Json]) -> list[int]:
    """The places whose rows the reader can make use of: a body, or a welcome."""
    return [row["seq"] for row in rows if row["content"] is not None or row["welcomes"]]


async def passed(service: Service, browser: Browser, seq: int) -> None:
    async with service.database.write() as unit:
        mine = Member.device_id == browser.device.id
        await unit.session.execute(update(Member).where(mine).values(delivered_seq=seq))


async def again(room: RoomGroup, actor: Browser, person: Browser) -> int:
    await person.upload_key_packages()
    return int((await room.invite(actor, person))["seq"])


async def test_p6_8_who_was_put_out_and_invited_again_while_away_reads_both_times_and_not_the_one_between(
    service: Service,
) -> None:
    room = await room_of(service, "anna", "ben")
    olga, anna, ben = room.members
    joined = (await room.view(olga))["seq"]
    await room.send(olga)
    removed = (await room.remove(olga, ben))["seq"]
    await room.send(anna)
    back = await again(room, olga, ben)
    await room.send(anna)

    rows = await room.log(ben)

    assert readable(rows) == [joined, joined + 1, removed, back, back + 1]
    assert [row["seq"] for row in rows if row["welcomes"]] == [joined, back]


async def test_p6_8_who_left_and_comes_again_gets_nothing_of_what_was_said_behind_the_leave(service: Service) -> None:
    room = await room_of(service, "anna", "ben")
    olga, anna, ben = room.members
    joined = (await room.view(olga))["seq"]
    left = (await ben.post(f"{room.path}/leave", room.last_word("leave")))["seq"]
    await room.send(anna)
    await room.remove(anna, ben)
    back = await again(room, olga, ben)

    assert readable(await room.log(ben)) == [joined, left, back]


async def test_p10_3_a_commit_stays_for_whoever_was_put_out_behind_it_and_came_again(service: Service) -> None:
    room = await room_of(service, "ben")
    olga, ben = room.members
    rotated = (await room.rotate(olga))["seq"]
    removed = (await room.remove(olga, ben))["seq"]
    between = (await room.rotate(olga))["seq"]
    back = await again(room, olga, ben)
    await passed(service, olga, back)
    await passed(service, ben, rotated - 1)

    await service.housekeeping(MORE_THAN_A_WEEK)

    kept = select(LogEntry.seq).where(LogEntry.content.is_not(None)).order_by(LogEntry.seq)
    assert between not in await service.rows(kept)
    assert await service.rows(kept) == [rotated, removed, back]
