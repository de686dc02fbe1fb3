"""P10.3: messages that disappear in a session, as far as the server sees them. The clock is moved, nobody waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from app_service.conversations.session_state import SessionState, encode_session_state
from app_service.models import Conversation
from shared.encoding import Label, fields
from tests import factories_mls as mls
from tests.anew import Anew
from tests.factories import Browser, Json
from tests.groups import Group, active, code, establishing
from tests.rooms import room_of
from tests.services import Service

HOUR = 3600
TIMED = encode_session_state(SessionState(HOUR))


async def answer(actor: Browser, path: str, body: Json) -> tuple[int, str]:
    response = await actor.call("POST", path, body)
    return response.status_code, "" if response.status_code == 201 else code(response)


async def timers(service: Service) -> list[int]:
    return await service.rows(select(Conversation.timer))


async def test_p10_3_either_person_sets_how_long_messages_last_and_nobody_else(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    stranger = await service.bound("sam")
    body = group.commit_body(uuid7(), change=TIMED)
    before = await service.row_counts()
    assert await answer(stranger, group.commits, body) == (404, "not_found")
    assert await answer(service.anonymous(), group.commits, body) == (401, "not_authenticated")
    assert (await service.row_counts(), await timers(service)) == (before, [0])

    await group.timed(alice, HOUR)
    assert await timers(service) == [HOUR]
    send = "/api/message/send"
    for lasts in (0, HOUR + 1):
        for refused in (group.message(lasts=lasts), group.critical(bob, lasts=lasts)):
            assert await answer(bob, send, refused) == (422, "bad_expiry")
    # One of the epoch before, by the time of then.
    assert await answer(bob, send, group.message(epoch=group.epoch - 1)) == (409, "epoch_stale")
    assert await answer(bob, send, group.message(lasts=HOUR)) == (201, "")
    await group.rotate(alice)
    assert await timers(service) == [HOUR]
    assert await answer(bob, send, group.message(lasts=HOUR, epoch=group.epoch - 1)) == (201, "")

    await service.housekeeping(timedelta(seconds=HOUR + 60))
    bodies = [row["content"] is not None for row in await group.log(alice) if row["kind"] == "message"]
    assert bodies == [False, False]
    await group.timed(bob, 0)
    assert await timers(service) == [0]
    assert await answer(alice, send, group.message()) == (201, "")


@pytest.mark.parametrize(
    "change",
    [
        fields(Label.SESSION_STATE),
        fields(Label.SESSION_STATE, 1 << 32),
        fields(Label.SESSION_STATE, b"7"),
        TIMED + fields(b""),
        mls.room_change(profile_hash=bytes(32)),
    ],
    ids=["without a time", "too long", "not a number", "with more", "a room's"],
)
async def test_p10_3_a_change_of_a_session_that_no_client_makes_is_refused(service: Service, change: bytes) -> None:
    group = await active(service)
    alice, _ = group.members
    before = await service.row_counts()
    assert await answer(alice, group.commits, group.commit_body(uuid7(), change=change)) == (422, "bad_commit")
    assert (await service.row_counts(), await timers(service)) == (before, [0])


async def test_p10_3_a_room_has_no_state_of_a_session_and_a_session_begins_without_one(service: Service) -> None:
    room = await room_of(service)
    (olga,) = room.members
    assert await answer(olga, room.commits, room.commit_body(uuid7(), change=TIMED)) == (422, "bad_commit")

    group = await establishing(service)
    _, bob = group.members
    founding = await group.founding(bob)
    body = group.commit_body(uuid7(), added=[group.members[0]], contribution=founding.contribution, change=TIMED)
    assert await answer(bob, group.commits, body) == (422, "bad_commit")
    assert await answer(bob, group.commits, founding.body) == (201, "")


async def poisoned(group: Group) -> None:
    """An hour was agreed; the next commit, a day, is one that only members can judge."""
    alice, bob = group.members
    await group.timed(alice, HOUR)
    await group.timed(bob, 24 * HOUR)


async def test_p9_3_a_new_generation_goes_on_with_the_time_of_the_last_good_epoch(service: Service) -> None:
    group = await active(service)
    alice, _ = group.members
    await poisoned(group)
    for change in (b"", encode_session_state(SessionState(24 * HOUR)), encode_session_state(SessionState(0))):
        lie = Anew(group, alice, change=change)
        assert await answer(alice, lie.path, await lie.body(epoch=2)) == (422, "bad_generation")
    honest = Anew(group, alice, change=TIMED)
    for said in ({"state": bytes(32)}, {"epoch": 1}, {"epoch": 3}):
        assert await answer(alice, honest.path, await honest.body(**{"epoch": 2, **said})) == (422, "bad_generation")
    assert await timers(service) == [24 * HOUR]
    await honest.post(epoch=2)
    assert await timers(service) == [HOUR]


async def test_p9_3_a_new_generation_undoes_a_time_that_nobody_followed(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    await group.timed(bob, HOUR)
    await Anew(group, alice).post()
    assert await timers(service) == [0]
