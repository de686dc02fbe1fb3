"""What is erased of a log when nobody needs it any more (PROTOCOL.md 10.3). The clock is moved, nobody waits."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from uuid_utils.compat import uuid7

from app_service.models import Commit, KeyPackageClaim, Member, Welcome
from tests.factories import Browser, Json
from tests.groups import Group, active, establishing
from tests.services import Service

WEEK = timedelta(days=7, minutes=1)
ALMOST = timedelta(days=30, minutes=-1)
MONTH = timedelta(days=30, minutes=1)


async def passed(service: Service, browser: Browser, seq: int) -> None:
    async with service.database.write() as unit:
        mine = Member.device_id == browser.device.id
        await unit.session.execute(update(Member).where(mine).values(delivered_seq=seq))


async def another(service: Service, browser: Browser) -> Browser:
    second = browser.second(service.client())
    await second.login()
    await second.add_device()
    return second


async def bodies(group: Group, reader: Browser) -> list[tuple[int, str, bool]]:
    return [(row["seq"], row["kind"], row["content"] is not None) for row in await group.log(reader)]


def chain(rows: list[Json]) -> list[tuple[str, str, str]]:
    return [(row["body_hash"], row["previous_chain"], row["chain"]) for row in rows]


async def test_p10_3_a_commit_that_all_have_passed_goes_after_a_week_and_its_place_in_the_chain_stays(
    service: Service,
) -> None:
    group = await active(service)
    alice, bob = group.members
    await group.send(alice)
    await group.rotate(alice)
    before = await group.log(bob)
    for browser in (alice, bob):
        await passed(service, browser, 3)

    await service.housekeeping(WEEK - timedelta(minutes=2))
    assert chain(await group.log(bob)) == chain(before)
    assert await bodies(group, alice) == [(1, "commit", False), (2, "message", True), (3, "commit", True)]

    await service.housekeeping(WEEK)
    assert await bodies(group, alice) == [(1, "commit", False), (2, "message", True), (3, "commit", False)]
    assert chain(await group.log(bob)) == chain(before)


async def test_p10_3_a_commit_that_a_device_has_not_passed_stays_for_thirty_days_and_no_longer(
    service: Service,
) -> None:
    group = await active(service)
    alice, bob = group.members
    await group.rotate(bob)
    await passed(service, bob, 2)
    await passed(service, alice, 1)

    await service.housekeeping(ALMOST)
    assert await bodies(group, alice) == [(1, "commit", False), (2, "commit", True)]
    await service.housekeeping(MONTH)
    assert await bodies(group, alice) == [(1, "commit", False), (2, "commit", False)]
    assert await service.rows(select(Commit.transcript).where(Commit.transcript.is_not(None))) == []


async def test_p10_3_a_welcome_stays_until_its_device_has_taken_it(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    tablet = await another(service, alice)
    await bob.post(group.commits, group.commit_body(uuid7(), added=[tablet]))
    assert await service.rows(select(Welcome.seq).distinct().order_by(Welcome.seq)) == [1, 2]
    for browser in (alice, bob):
        await passed(service, browser, 2)

    await service.housekeeping(WEEK)
    assert await service.rows(select(Welcome.seq)) == [2]
    await passed(service, tablet, 2)
    await service.housekeeping(WEEK)
    assert await service.rows(select(Welcome.seq)) == []


async def test_p6_8_who_was_removed_can_still_read_who_did_it(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    tablet = await another(service, alice)
    await bob.post(group.commits, group.commit_body(uuid7(), added=[tablet]))
    group.epoch += 1
    await bob.post(group.commits, group.commit_body(uuid7(), removed=[tablet]))
    for browser, seq in ((alice, 3), (bob, 3), (tablet, 2)):
        await passed(service, browser, seq)

    await service.housekeeping(WEEK)
    assert (3, "commit", True) in await bodies(group, tablet)
    await passed(service, tablet, 3)
    await service.housekeeping(WEEK)
    assert (3, "commit", False) in await bodies(group, tablet)


async def test_claims_of_packages_that_have_ended_are_forgotten(service: Service) -> None:
    group = await establishing(service)
    await group.members[1].post(f"/api/conversations/{group.session_id}/key-packages", {})
    assert len(await service.rows(select(KeyPackageClaim.device_id))) == 1
    await service.housekeeping(MONTH)
    assert len(await service.rows(select(KeyPackageClaim.device_id))) == 1
    await service.housekeeping(timedelta(days=100))
    assert await service.rows(select(KeyPackageClaim.device_id)) == []
