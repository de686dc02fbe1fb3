"""PROTOCOL.md 10.2 as far as the server sees it: who may make a link, who may come by one, and who lets them in."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update
from uuid_utils.compat import uuid7

from app_service.conversations.room_policy import Policy, Role, Settings, encode_policy
from app_service.models import JoinRequest, LogEntry, Room, RoomLink
from shared.encoding import from_base64url, to_base64url
from tests.factories import Browser, HybridKey, Json
from tests.groups import code
from tests.rooms import Link, RoomGroup, founded, friend, room_of
from tests.services import Service


async def refused(actor: Browser, method: str, path: str, body: Json | None, status: int) -> str:
    response = await actor.call(method, path, body)
    assert response.status_code == status, response.text
    return code(response)


async def missing(actor: Browser, room: RoomGroup, body: Json) -> str:
    """What the server misses for this commit, which changes nothing."""
    response = await actor.call("POST", room.commits, body)
    assert (response.status_code, code(response)) == (403, "not_allowed"), response.text
    return str(response.json()["error"]["details"]["missing"])


async def joiner(service: Service, name: str) -> Browser:
    person = await service.bound(name)
    await person.upload_key_packages()
    return person


async def waiting(room: RoomGroup, reader: Browser) -> list[str]:
    return [each["username"] for each in (await room.view(reader))["joining"]]


async def test_p10_2_somebody_comes_by_a_link_and_is_let_in_by_any_member(service: Service) -> None:
    room = await room_of(service, "anna")
    olga, anna = room.members
    link = await room.link(olga)
    ben = await joiner(service, "ben")

    seen = await ben.get(link.path)
    assert seen["room_id"] == room.session_id
    assert seen["inviter"] == {"id": str(olga.user_id), "username": "olga"}
    assert (seen["public_key"], seen["sealed_key"]) == (to_base64url(link.key.public), "AAAA")
    assert "name" not in seen

    body = room.asks(ben, link)
    asked = await ben.ok("POST", link.path, body)
    assert (asked["room_id"], asked["state"]) == (room.session_id, "waiting")
    assert (await ben.get("/api/rooms/join"))["items"] == [asked]
    assert await refused(ben, "GET", room.path, None, 404) == "not_found"
    assert await waiting(room, anna) == ["ben"]
    (request,) = (await anna.get(f"{room.path}/requests"))["items"]
    assert request == {"user_id": str(ben.user_id), "device_id": str(ben.device.id), **body}

    statement = from_base64url(body["statement"])
    await room.commit(anna, added=[ben], admissions=[statement], invitations=room.used(link))

    assert [each["username"] for each in (await room.view(ben))["people"]] == ["anna", "ben", "olga"]
    assert await waiting(room, anna) == []
    assert (await ben.get("/api/rooms/join"))["items"] == []
    assert await refused(ben, "GET", link.path, None, 409) == "already_member"


async def test_p10_2_one_commit_admits_all_who_wait(service: Service) -> None:
    room = await founded(service)
    (olga,) = room.members
    link = await room.link(olga, allowed=3)
    come = [await joiner(service, name) for name in ("anna", "ben", "carl")]
    said = [await room.joins(each, link) for each in come]
    assert await waiting(room, olga) == ["anna", "ben", "carl"]

    await room.commit(olga, added=come, admissions=said, invitations=room.used(link, 3))

    assert len((await room.view(olga))["people"]) == 4
    late = await joiner(service, "late")
    assert await refused(late, "GET", link.path, None, 403) == "link_used_up"


async def test_p10_2_links_are_made_by_who_may_invite_and_counted_by_the_server_too(service: Service) -> None:
    room = await room_of(service, "mona", "anna")
    olga, mona, anna = room.members
    await room.change(olga, moderators=frozenset({mona.user_id}))
    link = await room.link(olga)
    ben, carl = [await joiner(service, name) for name in ("ben", "carl")]
    said = await room.joins(ben, link)

    # A member mints nothing, neither here nor in a commit; a moderator only in its own name.
    new = Link(anna.user_id)
    posted = {"link_id": str(new.id), "sealed_key": "AAAA"}
    assert await refused(anna, "POST", f"{room.path}/links", posted, 403) == "not_allowed"
    assert await missing(anna, room, room.attempt(invitations=room.with_link(new))) == "invite"
    assert await missing(mona, room, room.attempt(invitations=room.with_link(Link(olga.user_id)))) == "link"
    # Who is let in is counted, once, and asked in these very words.
    assert await missing(anna, room, room.attempt(added=[ben], admissions=[said])) == "link"
    counted: dict[str, Any] = {"added": [ben], "invitations": room.used(link, 2)}
    assert await missing(anna, room, room.attempt(admissions=[said], **counted)) == "link"
    forged = from_base64url(room.asks(carl, link)["statement"])
    body = room.attempt(added=[carl], admissions=[forged], invitations=room.used(link))
    assert await missing(anna, room, body) == "link"
    other = from_base64url(room.asks(ben, link)["statement"])
    body = room.attempt(added=[ben], admissions=[other], invitations=room.used(link))
    assert await missing(anna, room, body) == "link"
    # Without the words it is an invitation, which takes the right and a connection.
    assert await missing(anna, room, room.attempt(added=[ben])) == "invite"
    assert await refused(mona, "POST", room.commits, room.attempt(added=[ben]), 422) == "outsider"
    # A link is never altered.
    longer = tuple(each._replace(allowed=9) for each in room.policy.invitations)
    assert await missing(olga, room, room.attempt(invitations=longer)) == "link"
    assert len(await service.rows(select(LogEntry.seq))) == room.epoch

    await room.commit(anna, added=[ben], admissions=[said], invitations=room.used(link))
    again = from_base64url(room.asks(ben, link)["statement"])
    assert again != said


async def test_p10_2_nobody_comes_by_a_link_that_ended(service: Service) -> None:
    room = await room_of(service, "mona")
    olga, mona = room.members
    await room.change(olga, moderators=frozenset({mona.user_id}))
    link = await room.link(mona)
    revoked = await room.link(olga)
    ben, carl, dora = [await joiner(service, name) for name in ("ben", "carl", "dora")]
    said = {each: await room.joins(each, link) for each in (ben, carl)}
    await room.joins(dora, revoked)

    # Revoked: who waits by it is told.
    await room.change(olga, invitations=tuple(each for each in room.policy.invitations if each.id == link.id))
    assert await refused(dora, "GET", revoked.path, None, 404) == "link_unknown"
    assert [each["state"] for each in (await dora.get("/api/rooms/join"))["items"]] == ["declined"]
    assert await service.rows(select(RoomLink.id)) == [link.id]
    # Banned.
    await room.change(olga, banned=frozenset({carl.user_id}))
    assert await refused(carl, "GET", link.path, None, 403) == "not_allowed"
    assert [each["state"] for each in (await carl.get("/api/rooms/join"))["items"]] == ["declined"]
    body = room.attempt(added=[carl], admissions=[said[carl]], invitations=room.used(link))
    assert await missing(olga, room, body) == "link"
    # Its maker may invite no more.
    await room.change(olga, moderators=frozenset())
    assert await refused(dora, "GET", link.path, None, 403) == "link_over"
    body = room.attempt(added=[ben], admissions=[said[ben]], invitations=room.used(link))
    assert await missing(olga, room, body) == "link"


async def test_p10_2_a_link_ends_with_its_time_by_the_servers_clock(service: Service) -> None:
    room = await founded(service)
    (olga,) = room.members
    link = await room.link(olga)
    ben = await joiner(service, "ben")
    said = await room.joins(ben, link)
    # As if the hour were over: only the clock is pretended.
    ended = tuple(each._replace(expiry=1) for each in room.policy.invitations)
    room.policy = room.policy._replace(invitations=ended)
    async with service.database.write() as unit:
        await unit.session.execute(update(Room).values(policy=encode_policy(room.policy)))

    assert await refused(await joiner(service, "carl"), "GET", link.path, None, 403) == "link_expired"
    body = room.attempt(added=[ben], admissions=[said], invitations=room.used(link))
    assert await missing(olga, room, body) == "expired"


async def test_p10_2_what_a_joiner_signs_is_held_against_the_call(service: Service) -> None:
    room = await founded(service)
    (olga,) = room.members
    link = await room.link(olga)
    ben = await joiner(service, "ben")
    for changes, expected in (
        ({"user_id": olga.user_id}, "bad_join"),
        ({"device_id": olga.device.id}, "bad_join"),
        ({"link_id": uuid7()}, "bad_join"),
        ({"server_name": "elsewhere"}, "bad_join"),
        ({"group_id": uuid7().bytes + bytes(4)}, "bad_join"),
        ({"package_hash": bytes(32)}, "bad_join"),
        ({"signer": HybridKey()}, "bad_signature"),
    ):
        assert await refused(ben, "POST", link.path, room.asks(ben, link, **changes), 422) == expected
    body = room.asks(ben, link) | {"statement": "AAAA"}
    assert await refused(ben, "POST", link.path, body, 422) == "bad_join"
    assert await service.rows(select(JoinRequest.user_id)) == []


async def test_p10_2_with_approval_only_who_may_invite_sees_who_waits(service: Service) -> None:
    room = await room_of(service, "mona", "anna")
    olga, mona, anna = room.members
    await room.change(olga, moderators=frozenset({mona.user_id}), settings=Settings(approval=True))
    link = await room.link(olga)
    ben = await joiner(service, "ben")
    assert (await ben.get(link.path))["approval"] is True
    said = await room.joins(ben, link)

    assert (await waiting(room, mona), await waiting(room, anna)) == (["ben"], [])
    assert await refused(anna, "GET", f"{room.path}/requests", None, 403) == "not_allowed"
    body = room.attempt(added=[ben], admissions=[said], invitations=room.used(link))
    assert await missing(anna, room, body) == "approval"
    own = f"{room.path}/requests/{ben.user_id}"
    assert await refused(anna, "DELETE", own, None, 403) == "not_allowed"

    await mona.ok("DELETE", own)
    assert await waiting(room, mona) == []
    assert [each["state"] for each in (await ben.get("/api/rooms/join"))["items"]] == ["declined"]
    body = room.attempt(added=[ben], admissions=[said], invitations=room.used(link))
    assert await missing(mona, room, body) == "link"
    assert await refused(mona, "DELETE", own, None, 404) == "not_found"

    said = await room.joins(ben, link)
    await room.commit(mona, added=[ben], admissions=[said], invitations=room.used(link))
    assert len((await room.view(ben))["people"]) == 4


async def test_a_request_is_withdrawn_by_who_made_it(service: Service) -> None:
    room = await founded(service)
    (olga,) = room.members
    link = await room.link(olga)
    ben, carl = [await joiner(service, name) for name in ("ben", "carl")]
    said = await room.joins(ben, link)
    own = f"{room.path}/requests/{ben.user_id}"
    assert await refused(carl, "DELETE", own, None, 404) == "not_found"

    await ben.ok("DELETE", own)

    assert (await ben.get("/api/rooms/join"))["items"] == []
    assert await waiting(room, olga) == []
    body = room.attempt(added=[ben], admissions=[said], invitations=room.used(link))
    assert await missing(olga, room, body) == "link"
    assert await refused(ben, "DELETE", own, None, 404) == "not_found"


async def test_links_are_for_people_with_a_device_and_requests_for_members(service: Service) -> None:
    room = await founded(service)
    (olga,) = room.members
    link = await room.link(olga)
    stranger, anonymous = await joiner(service, "sam"), service.anonymous()
    unbound = await service.person("una")
    posted = {"link_id": str(uuid7()), "sealed_key": "AAAA"}
    asked = room.asks(stranger, link)

    assert (await unbound.get(link.path))["room_id"] == room.session_id
    assert await refused(unbound, "POST", link.path, asked, 403) == "device_required"
    for path in ("/api/rooms/join/AAAA", "/api/rooms/join/%21", f"/api/rooms/join/{to_base64url(bytes(16))}"):
        assert await refused(stranger, "GET", path, None, 404) == "link_unknown"
    for method, path, body in (
        ("POST", f"{room.path}/links", posted),
        ("GET", f"{room.path}/requests", None),
        ("DELETE", f"{room.path}/requests/{stranger.user_id}", None),
    ):
        assert await refused(stranger, method, path, body, 404) == "not_found"
        assert await refused(anonymous, method, path, body, 401) == "not_authenticated"
    for method, path, body in (("GET", link.path, None), ("POST", link.path, asked), ("GET", "/api/rooms/join", None)):
        assert await refused(anonymous, method, path, body, 401) == "not_authenticated"
    alias = link.path.replace("/api/rooms", "/chatrooms")
    assert (await stranger.get(alias))["room_id"] == room.session_id
    assert await refused(olga, "POST", f"{room.path}/links", {"link_id": str(link.id), "sealed_key": "AA"}, 409) == (
        "link_exists"
    )
    assert await service.rows(select(JoinRequest.user_id)) == []


@pytest.mark.parametrize("where_members_invite", [False, True])
async def test_p10_2_who_may_revoke(service: Service, where_members_invite: bool) -> None:
    room = await room_of(service, "anna", "ben")
    olga, anna, ben = room.members
    if where_members_invite:
        await room.change(olga, settings=Settings(invite=Role.MEMBER))
    await room.link(olga)
    expected = "remove" if where_members_invite else "invite"
    assert await missing(anna, room, room.attempt(invitations=())) == expected
    if where_members_invite:
        mine = await room.link(ben)
        await room.change(ben, invitations=tuple(each for each in room.policy.invitations if each.id != mine.id))
    await room.change(olga, invitations=())
    assert (await room.view(anna))["policy"] == to_base64url(
        encode_policy(Policy(olga.user_id, settings=room.policy.settings))
    )


async def test_p10_2_a_friend_that_is_invited_waits_no_more(service: Service) -> None:
    room = await founded(service)
    (olga,) = room.members
    link = await room.link(olga)
    ben = await friend(service, olga, "ben")
    await room.joins(ben, link)

    await room.invite(olga, ben)

    assert (await ben.get("/api/rooms/join"))["items"] == []
    assert await waiting(room, olga) == []
