"""PROTOCOL.md 10.1 as far as the server sees it: who may do what in a room, and what it remembers of it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from app_service.conversations.room_policy import Policy, Role, Settings, encode_policy
from app_service.models import KeyPackageClaim, LogEntry
from shared.encoding import to_base64url
from tests import factories_mls as mls
from tests.factories import Browser, Json, connect
from tests.files import some_file
from tests.groups import code
from tests.rooms import RoomGroup, founded, friend, room_of
from tests.services import Service


async def refused(actor: Browser, path: str, body: Json | None, status: int, method: str = "POST") -> str:
    response = await actor.call(method, path, body)
    assert response.status_code == status, response.text
    return code(response)


async def forbidden(actor: Browser, room: RoomGroup, body: Json) -> str:
    """What the server misses for this commit, which changes nothing."""
    response = await actor.call("POST", room.commits, body)
    assert response.status_code == 403, response.text
    assert code(response) == "not_allowed"
    return str(response.json()["error"]["details"]["missing"])


async def test_p10_1_a_room_begins_with_its_creator_alone(service: Service) -> None:
    room = await founded(service)
    (owner,) = room.members

    view = await room.view(owner)

    assert (view["state"], view["is_active"], view["epoch"], view["left"]) == ("active", True, 1, False)
    assert view["people"] == [{"id": str(owner.user_id), "username": "olga", "role": "owner"}]
    assert [each["device_id"] for each in view["members"]] == [str(owner.device.id)]
    assert view["policy"] == to_base64url(encode_policy(Policy(owner.user_id)))
    assert view["founder_device_id"] == str(owner.device.id)
    assert (await owner.get("/api/rooms"))["items"] == [view]
    assert (await owner.get("/api/sessions"))["items"] == []


async def test_a_room_is_not_there_for_others(service: Service) -> None:
    room = await founded(service)
    stranger = await service.bound("sam")
    last = room.last_word("leave")

    for method, path, body in (
        ("GET", room.path, None),
        ("DELETE", room.path, None),
        ("DELETE", room.path, last),
        ("POST", f"{room.path}/leave", last),
        ("POST", f"{room.path}/invite", {"user_id": str(stranger.user_id)}),
        ("POST", room.commits, room.attempt()),
        ("POST", "/api/message/send", room.message()),
        ("GET", f"/api/rooms/{uuid4()}", None),
    ):
        assert await refused(stranger, path, body, 404, method) == "not_found"
        assert await refused(service.anonymous(), path, body, 401, method) == "not_authenticated"
    assert (await stranger.get("/api/rooms"))["items"] == []
    assert await refused(service.anonymous(), "/api/rooms", None, 401) == "not_authenticated"
    unbound = await service.person("una")
    assert await refused(unbound, "/api/rooms", None, 403) == "device_required"


async def test_p10_1_a_room_begins_with_its_whole_state_and_no_more(service: Service) -> None:
    await service.seen_quantum_service()
    owner = await service.bound("olga")
    created = await owner.post("/api/rooms")
    room = RoomGroup(created["id"], [owner])
    contribution = await room.contribution(owner, "found")
    good = Policy(owner.user_id)

    for change, expected in (
        (b"", "bad_commit"),
        (mls.room_change(good), "bad_commit"),
        (mls.room_change(Policy(uuid7()), profile_hash=bytes(32)), "bad_room"),
        (mls.room_change(good._replace(banned=frozenset({uuid7()})), profile_hash=bytes(32)), "bad_room"),
        (mls.room_change(good._replace(away=frozenset({uuid7()})), profile_hash=bytes(32)), "bad_room"),
    ):
        body = room.commit_body(uuid7(), contribution=contribution, change=change)
        assert await refused(owner, room.commits, body, 422) == expected
    assert (await room.view(owner))["state"] == "establishing"

    ended = await owner.ok("DELETE", room.path)
    assert ended["state"] == "terminated"
    assert await refused(owner, room.path, None, 409, "DELETE") == "not_active"


async def test_p10_1_a_connected_person_is_invited_and_reads_from_then_on(service: Service) -> None:
    room = await founded(service)
    (olga,) = room.members
    await olga.post("/api/message/send", room.message())
    anna = await friend(service, olga, "anna")
    stranger = await service.bound("sam")

    assert await refused(olga, f"{room.path}/invite", {"user_id": str(stranger.user_id)}, 403) == "not_connected"
    unconnected = room.attempt(added=[stranger])
    assert await refused(olga, room.commits, unconnected, 422) == "outsider"
    first = await olga.post(f"{room.path}/invite", {"user_id": str(anna.user_id)})
    again = await olga.post(f"{room.path}/invite", {"user_id": str(anna.user_id)})
    await room.invite(olga, anna)

    assert first == again
    assert [each["device_id"] for each in first["items"]] == [str(anna.device.id)]
    assert not await service.rows(select(KeyPackageClaim.device_id))
    assert await refused(olga, f"{room.path}/invite", {"user_id": str(anna.user_id)}, 409) == "already_member"
    rows = await room.log(anna)
    assert [row["content"] is None for row in rows] == [True, True, True]
    assert [bool(row["welcomes"]) for row in rows] == [False, False, True]
    view = await room.view(anna)
    assert [each["role"] for each in view["people"]] == ["member", "owner"]
    assert view["unread"] == 0
    await room.send(olga)
    assert (await room.view(anna))["unread"] == 1


async def test_p10_1_roles_by_the_servers_copy(service: Service) -> None:
    """Every role tries what it may not; `rooms.json` has the rules one by one."""
    room = await room_of(service, "mona", "anna")
    olga, mona, anna = room.members
    await room.change(olga, moderators=frozenset({mona.user_id}))
    carl = await friend(service, anna, "carl")

    assert await forbidden(anna, room, room.attempt(added=[carl])) == "invite"
    assert await refused(anna, f"{room.path}/invite", {"user_id": str(carl.user_id)}, 403) == "not_allowed"
    assert await forbidden(anna, room, room.attempt(removed=[mona])) == "remove"
    assert await forbidden(mona, room, room.attempt(removed=[olga])) == "remove"
    assert await forbidden(anna, room, room.attempt(profile=True)) == "configure"
    both = frozenset({mona.user_id, anna.user_id})
    assert await forbidden(anna, room, room.attempt(moderators=both)) == "roles"
    assert await forbidden(mona, room, room.attempt(owner=mona.user_id, moderators=frozenset())) == "owner"
    stranger = room.attempt(moderators=frozenset({mona.user_id, carl.user_id}))
    assert await refused(olga, room.commits, stranger, 422) == "bad_room"
    assert (await room.view(olga))["epoch"] == room.epoch

    await room.commit(mona, profile=True)
    await room.change(mona, settings=Settings(invite=Role.MEMBER, post=Role.MODERATOR))
    assert await refused(anna, "/api/message/send", room.message(), 403) == "not_allowed"
    await room.send(mona)
    await room.invite(anna, carl)
    await room.change(olga, owner=anna.user_id, moderators=frozenset({mona.user_id, olga.user_id}))
    roles = {each["username"]: each["role"] for each in (await room.view(carl))["people"]}
    assert roles == {"olga": "moderator", "mona": "moderator", "anna": "owner", "carl": "member"}
    await room.send(anna)


async def test_p10_1_who_is_removed_sees_the_commit_that_did_it_and_nothing_after(service: Service) -> None:
    room = await room_of(service, "anna", "ben")
    olga, anna, ben = room.members
    await room.remove(olga, ben, banned=frozenset({ben.user_id}))
    await room.send(olga)
    await room.commit(olga, profile=True)

    rows = await room.log(ben)
    view = await room.view(ben)
    head = (await ben.get(f"/api/messages?conversation_id={room.session_id}"))["head"]

    assert rows[-1]["content"] is not None
    assert (view["left"], view["is_active"], view["people"], view["members"]) == (True, False, [], [])
    assert view["policy"] is None
    assert view["seq"] == head["seq"] == rows[-1]["seq"]
    assert view["chain"] == head["chain"] == rows[-1]["chain"]
    assert await refused(ben, "/api/message/send", room.message(), 403) == "not_in_group"
    assert await refused(ben, room.commits, room.attempt(), 404) == "not_found"
    assert await refused(olga, f"{room.path}/invite", {"user_id": str(ben.user_id)}, 403) == "not_allowed"
    assert await forbidden(olga, room, room.attempt(added=[ben])) == "banned"

    await room.change(olga, banned=frozenset())
    await room.invite(olga, ben)
    assert (await room.view(ben))["left"] is False
    assert len(await room.log(ben)) == len(await room.log(anna))


async def test_p6_8_whoever_leaves_says_so_and_is_taken_out_by_anybody(service: Service) -> None:
    room = await room_of(service, "anna", "ben")
    olga, anna, ben = room.members
    assert await refused(olga, f"{room.path}/leave", room.last_word("leave"), 403) == "not_allowed"
    word = room.last_word("leave")

    left = await ben.post(f"{room.path}/leave", word)

    assert left["left"] is True
    assert (await room.log(anna))[-1]["kind"] == "leave"
    assert await refused(ben, "/api/message/send", room.message(), 403) == "not_in_group"
    assert await refused(ben, room.commits, room.attempt(), 404) == "not_found"
    assert await forbidden(anna, room, room.attempt(removed=[olga])) == "remove"
    await room.remove(anna, ben)
    await room.invite(olga, ben)
    assert (await room.view(ben))["left"] is False


async def test_whoever_left_reads_the_files_of_their_time_and_no_later_ones(service: Service) -> None:
    room = await room_of(service, "anna", "ben")
    olga, anna, ben = room.members
    earlier, later = some_file(room.session_id), some_file(room.session_id)
    await earlier.upload(anna)
    await ben.post(f"{room.path}/leave", room.last_word("leave"))
    await room.remove(anna, ben)
    await later.upload(anna)

    assert await earlier.fetch(ben) == earlier.content
    assert await later.fetch(olga) == later.content
    for path in (later.path, f"{later.path}/chunks/0"):
        assert await refused(ben, path, None, 404, "GET") == "not_found"
    assert await refused(ben, "/api/attachments", some_file(room.session_id).announcement, 403) == "not_in_group"

    await room.invite(olga, ben)
    assert await later.fetch(ben) == later.content


async def test_p10_1_a_device_that_is_lost_is_taken_out_with_evidence_and_its_person_stays(service: Service) -> None:
    room = await room_of(service, "anna", "ben")
    _, anna, ben = room.members
    away = frozenset({ben.user_id})
    attempt = room.attempt(removed=[ben], evidence=[ben.device.id], away=away)
    assert await forbidden(anna, room, attempt) == "remove"

    statement = await room.lost_state(ben)
    await ben.ok("POST", room.lost_states, statement)
    assert [each["device_id"] for each in (await room.view(anna))["lost"]] == [str(ben.device.id)]
    await room.remove(anna, ben, evidence=[ben.device.id], away=away)

    view = await room.view(ben)
    assert (view["left"], view["is_active"]) == (False, True)
    offered = await anna.post(f"/api/conversations/{room.session_id}/key-packages", {})
    assert [each["key_package"] for each in offered["items"]] == [statement["key_package"]]
    await room.commit(anna, added=[ben], away=frozenset())
    assert {each["user_id"] for each in (await room.view(anna))["members"]} >= {str(ben.user_id)}


async def test_p10_1_only_the_owner_ends_a_room_that_has_a_group(service: Service) -> None:
    room = await room_of(service, "anna")
    olga, anna = room.members
    assert await refused(olga, room.path, None, 422, "DELETE") == "message_required"
    assert await refused(anna, room.path, room.last_word("terminate"), 403, "DELETE") == "not_allowed"
    # The call for sessions does not know it.
    terminated = {"session_id": room.session_id, **room.last_word("terminate")}
    assert await refused(olga, "/api/session/terminate", terminated, 404) == "not_found"

    ended = await olga.ok("DELETE", room.path, room.last_word("terminate"))

    assert ended["state"] == "terminated"
    assert (await room.view(anna))["state"] == "terminated"
    assert await refused(anna, "/api/message/send", room.message(), 409) == "not_active"


async def test_a_room_needs_no_connection_between_its_members(service: Service) -> None:
    room = await room_of(service, "anna", "ben")
    olga, anna, ben = room.members
    await anna.ok("DELETE", f"/api/connections/{olga.user_id}")
    await anna.ok("POST", f"/api/connections/{ben.user_id}/block")

    await room.send(anna)
    await room.send(ben)

    assert (await ben.get(f"/api/users/{anna.user_id}/keys"))["username"] == "anna"
    assert await refused(olga, f"{room.path}/invite", {"user_id": str(anna.user_id)}, 409) == "already_member"


async def test_a_session_has_no_roles_nobody_to_leave_and_no_room(service: Service) -> None:
    await service.seen_quantum_service()
    alice, bob = await service.bound("alice"), await service.bound("bob")
    for browser in (alice, bob):
        await browser.upload_key_packages()
    session = await connect(alice, bob)
    group = RoomGroup(session["session_id"], [alice, bob])
    founding = await group.founding(bob)
    await bob.post(group.commits, founding.body)
    group.epoch += 1

    assert await refused(bob, group.commits, group.attempt(profile=True), 422) == "bad_commit"
    assert await refused(bob, f"{group.path}/leave", group.last_word("leave"), 404) == "not_found"
    assert await refused(bob, group.path, None, 404, "GET") == "not_found"
    assert await refused(bob, group.path, group.last_word("terminate"), 404, "DELETE") == "not_found"
    kinds = await service.rows(select(LogEntry.kind))
    assert kinds == ["commit"]


@pytest.mark.parametrize("change", [b"\x00", b"\x00\x00\x00\x01\x00"])
async def test_a_change_that_no_client_makes_is_refused(service: Service, change: bytes) -> None:
    room = await founded(service)
    (olga,) = room.members
    assert await refused(olga, room.commits, room.commit_body(uuid7(), change=change), 422) == "bad_commit"
