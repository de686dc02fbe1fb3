"""P9.3 of rooms: the next generation continues the room of the last epoch that its members could follow."""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import select

from app_service.models import LogEntry, Participant
from tests import factories_mls as mls
from tests.anew import Anew, leaves
from tests.factories import Browser, Json
from tests.groups import code
from tests.rooms import RoomGroup, founded, friend
from tests.services import Service


class Spoiled:
    """A room whose members followed it up to `policy`; then somebody's commit made them stop."""

    def __init__(self, room: RoomGroup) -> None:
        self.room, self.members, self.policy = room, list(room.members), room.policy
        self.epoch = room.epoch

    def anew(self, author: Browser, *, out: Browser | None = None, **policy: Any) -> Anew:
        """The generation as an honest client begins it, but for what is given of the policy."""
        members = [each for each in self.members if each is not out]
        return Anew(self.room, author, members, change=self.change(out, **policy))

    def change(self, out: Browser | None = None, **policy: Any) -> bytes:
        moderators = self.policy.moderators - {out.user_id if out else None}
        after = self.policy._replace(moderators=frozenset(moderators))._replace(**policy)
        return mls.room_change(after, profile_hash=self.room.profile_hash)

    async def post(self, anew: Anew, **changes: Any) -> Json:
        return await anew.post(epoch=self.epoch, **changes)

    async def refusal(self, anew: Anew, **changes: Any) -> tuple[int, str]:
        answer = await anew.author.call("POST", anew.path, await anew.body(**{"epoch": self.epoch, **changes}))
        return answer.status_code, code(answer)


async def room_of(service: Service, *names: str) -> RoomGroup:
    room = await founded(service)
    for name in names:
        await room.invite(room.members[0], await friend(service, room.members[0], name))
    return room


async def test_p9_3_a_room_goes_on_with_its_people_roles_and_name(service: Service) -> None:
    room = await room_of(service, "mona", "anna")
    olga, mona, anna = room.members
    await room.change(olga, moderators=frozenset({mona.user_id}))
    spoiled = Spoiled(room)
    await room.commit(mona, profile=True)

    await anna.post(room.lost_states, await room.lost_state(anna))
    packages = f"/api/conversations/{room.session_id}/key-packages"
    claimed = await anna.post(packages, {"generation": 1, "epoch": spoiled.epoch})
    assert {each["device_id"] for each in claimed["items"]} == {str(each.device.id) for each in (olga, mona)}
    ack = await spoiled.post(spoiled.anew(anna))

    assert (ack["generation"], ack["epoch"]) == (1, 0)
    for reader in (olga, mona, anna):
        view = await room.view(reader)
        roles = {each["username"]: each["role"] for each in view["people"]}
        assert roles == {"olga": "owner", "mona": "moderator", "anna": "member"}
        assert (view["generation"], view["epoch"], view["lost"]) == (1, 1, [])
    statement, founding = (await room.log(olga))[-2:]
    assert (statement["kind"], founding["kind"], bool(founding["welcomes"])) == ("generation", "commit", True)


async def test_p9_3_what_a_bad_commit_said_to_change_is_undone(service: Service) -> None:
    room = await room_of(service, "mona", "anna", "ben")
    olga, mona, anna, ben = room.members
    await room.change(olga, moderators=frozenset({mona.user_id}))
    spoiled = Spoiled(room)
    await room.remove(mona, ben, banned=frozenset({ben.user_id}))
    assert (await room.view(ben))["left"] is True
    # As its author would have it: with ben out, and banned.
    room.members = [olga, mona, anna]
    as_declared = Spoiled(room)
    assert await as_declared.refusal(as_declared.anew(anna), epoch=spoiled.epoch) == (422, "bad_generation")

    await anna.post(room.lost_states, await room.lost_state(anna))
    packages = f"/api/conversations/{room.session_id}/key-packages"
    claimed = await anna.post(packages, {"generation": 1, "epoch": spoiled.epoch})
    assert str(ben.device.id) in {each["device_id"] for each in claimed["items"]}
    await spoiled.post(spoiled.anew(anna))

    view = await room.view(ben)
    assert (view["left"], len(view["people"]), len(view["members"])) == (False, 4, 4)
    assert len(await room.log(ben)) == len(await room.log(olga))


async def test_p9_3_the_author_alone_may_be_left_out_and_is_no_member_then(service: Service) -> None:
    room = await room_of(service, "mona", "anna")
    olga, mona, anna = room.members
    await room.change(olga, moderators=frozenset({mona.user_id}))
    spoiled = Spoiled(room)
    await room.rotate(mona)

    wrong = spoiled.anew(olga, out=anna)
    assert await spoiled.refusal(wrong, left_out=leaves([anna])) == (422, "bad_generation")
    kept = spoiled.anew(olga, out=mona, away=frozenset({mona.user_id}))
    assert await spoiled.refusal(kept, left_out=leaves([mona])) == (422, "bad_generation")
    await spoiled.post(spoiled.anew(olga, out=mona), left_out=leaves([mona]))

    view = await room.view(mona)
    assert (view["left"], view["seq"]) == (True, (await room.view(olga))["seq"])
    assert {each["username"] for each in (await room.view(anna))["people"]} == {"olga", "anna"}


async def test_p9_3_whoever_left_is_out_and_who_has_no_device_is_away(service: Service) -> None:
    room = await room_of(service, "anna", "ben", "carl")
    olga, anna, ben, carl = room.members
    await ben.post(f"{room.path}/leave", room.last_word("leave"))
    await room.remove(olga, ben)
    await anna.post(room.lost_states, await room.lost_state(anna))
    await room.remove(olga, anna, evidence=[anna.device.id], away=frozenset({anna.user_id}))
    await carl.post(f"{room.path}/leave", room.last_word("leave"))
    spoiled = Spoiled(room)
    await room.remove(olga, carl)
    spoiled.members = [olga]
    assert await spoiled.refusal(spoiled.anew(olga, away=frozenset())) == (422, "bad_generation")
    await spoiled.post(spoiled.anew(olga))
    view = await room.view(olga)
    assert {each["username"] for each in view["people"]} == {"olga", "anna"}
    assert {each["user_id"] for each in view["members"]} == {str(olga.user_id)}
    gone = select(Participant.user_id).where(Participant.left_seq.is_not(None))
    assert set(await service.rows(gone)) == {ben.user_id, carl.user_id}


async def test_p9_3_a_statement_that_changes_the_room_is_refused(service: Service) -> None:
    room = await room_of(service, "mona", "anna")
    mona, anna = room.members[1:]
    spoiled = Spoiled(room)
    await room.rotate(mona)
    before = await service.row_counts()
    both = frozenset({mona.user_id, anna.user_id})
    for lie in (
        {"owner": mona.user_id},
        {"moderators": both},
        {"away": frozenset({anna.user_id})},
        {"banned": frozenset({anna.user_id})},
    ):
        assert await spoiled.refusal(spoiled.anew(mona, **lie)) == (422, "bad_generation"), lie
    renamed = Anew(room, mona, change=mls.room_change(room.policy, profile_hash=os.urandom(32)))
    assert await spoiled.refusal(renamed) == (422, "bad_generation")
    assert await spoiled.refusal(Anew(room, mona)) == (422, "bad_generation")  # a session's statement
    assert await spoiled.refusal(spoiled.anew(mona), state=bytes(32)) == (422, "bad_generation")
    assert await spoiled.refusal(spoiled.anew(mona), epoch=0) == (422, "bad_generation")
    spoiled.members.append(await friend(service, mona, "sam"))
    assert (await spoiled.refusal(spoiled.anew(mona)))[0] == 422
    assert await service.rows(select(LogEntry.kind).where(LogEntry.kind == "generation")) == []
    counts = await service.row_counts()
    assert (counts["log_entries"], counts["members"]) == (before["log_entries"], before["members"])


async def test_p9_3_only_the_owner_begins_a_second_one_within_the_hour(service: Service) -> None:
    room = await room_of(service, "mona")
    olga, mona = room.members
    spoiled = Spoiled(room)
    await room.rotate(mona)
    await spoiled.post(spoiled.anew(mona))
    seq = (await room.view(olga))["seq"]

    async def again(author: Browser) -> tuple[int, str]:
        anew = Anew(room, author, change=spoiled.change(), generation=2)
        reason = {"reason": "lost", "reason_seq": 0, "epoch": 1}
        answer = await author.call("POST", anew.path, await anew.body(**reason))
        return answer.status_code, "" if answer.status_code == 201 else code(answer)

    for browser in (olga, mona):
        state = await room.lost_state(browser, generation=1, epoch=1, seq=seq)
        await browser.post(room.lost_states, state)
    assert await again(mona) == (429, "too_many_requests")
    assert await again(olga) == (201, "")


async def test_p10_2_who_waits_at_the_door_asks_anew_for_the_new_group(service: Service) -> None:
    room = await room_of(service, "mona", "anna")
    olga, mona, _ = room.members
    link = await room.link(olga)
    ben = await service.bound("ben")
    await ben.upload_key_packages()
    await room.joins(ben, link)
    spoiled = Spoiled(room)
    await room.rotate(mona)

    await spoiled.post(spoiled.anew(olga))

    (asked,) = (await ben.get("/api/rooms/join"))["items"]
    assert asked["state"] == "declined"
    assert (await room.view(olga))["joining"] == []
    body = room.asks(ben, link)
    refusal = await ben.call("POST", link.path, body)
    assert (refusal.status_code, code(refusal)) == (422, "bad_join")
    await ben.ok("POST", link.path, room.asks(ben, link, group_id=room.id.bytes + (1).to_bytes(4, "big")))
    assert [each["username"] for each in (await room.view(olga))["joining"]] == ["ben"]
