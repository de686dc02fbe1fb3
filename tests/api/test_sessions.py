from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from app_service.conversations import overview
from app_service.models import Conversation, Event
from app_service.sessions.schemas import SessionList
from tests.factories import Browser, Json, connect
from tests.groups import active, code, establishing
from tests.processes import PATIENCE
from tests.services import Service, StartService


async def only_session(browser: Browser) -> Json:
    (session,) = (await browser.get("/api/sessions"))["items"]
    return session  # type: ignore[no-any-return]


async def events_of(service: Service, browser: Browser) -> list[str]:
    query = select(Event.type).where(Event.user_id == browser.user_id).order_by(Event.seq)
    return [kind for kind in await service.rows(query) if kind.startswith("session")]


async def test_p4_1_accepting_always_succeeds_and_makes_the_session(service: Service) -> None:
    """Also while quantum_service is away, between accounts that have no device."""
    service.quantum.away = True
    alice, bob = await service.curl_person("alice"), await service.curl_person("bob")

    answer = await connect(alice, bob)

    session = await only_session(alice)
    assert answer["session_id"] == session["id"]
    assert session["state"] == "waiting_for_devices"
    assert session["waiting_for"] == [str(alice.user_id), str(bob.user_id)]
    assert (session["user1_id"], session["user2_id"]) == (str(alice.user_id), str(bob.user_id))
    assert session["accepted_by"] == str(bob.user_id)
    assert session["peer"] == {"id": str(bob.user_id), "username": "bob"}
    assert (session["generation"], session["epoch"], session["seq"]) == (0, 0, 0)
    assert session["chain"] == session["chain_0"]
    assert session["is_active"] is False
    SessionList.model_validate(await bob.get("/api/session/status"))


async def test_p4_1_a_session_goes_on_by_itself_when_devices_come(service: Service) -> None:
    await service.seen_quantum_service()
    alice, bob = await service.person("alice"), await service.person("bob")
    await connect(alice, bob)

    await alice.add_device()
    session = await only_session(bob)
    assert (session["state"], session["waiting_for"]) == ("waiting_for_devices", [str(bob.user_id)])
    await bob.add_device()
    session = await only_session(bob)
    assert (session["state"], session["waiting_for"]) == ("establishing", [])
    assert await events_of(service, alice) == ["session_created", "session_updated", "session_updated"]
    assert await events_of(service, bob) == ["session_created", "session_updated", "session_updated"]


async def test_p4_1_devices_that_are_there_let_it_begin_at_once(service: Service) -> None:
    group = await establishing(service)

    assert (await group.session(group.members[0]))["state"] == "establishing"


async def test_the_last_device_revoked_is_waited_for_again(service: Service) -> None:
    group = await establishing(service)
    alice, bob = group.members
    entries = alice.identity.without_device(alice.device.id)
    _, body = alice.identity.signed_list(entries)

    await alice.ok("DELETE", f"/api/devices/{alice.device.id}", body)

    session = await group.session(bob)
    assert (session["state"], session["waiting_for"]) == ("waiting_for_devices", [str(alice.user_id)])


async def test_p4_1_terminated_is_final_and_a_new_session_can_begin(service: Service) -> None:
    group = await establishing(service)
    alice, bob = group.members
    exists = await alice.call("POST", "/api/sessions", {"user_id": str(bob.user_id)})
    assert (exists.status_code, code(exists)) == (409, "session_exists")
    assert exists.json()["error"]["details"] == {"session_id": group.session_id}

    ended = await alice.post("/api/session/terminate", {})
    assert (ended["state"], ended["closed_by"]) == ("terminated", "member")
    again = await alice.call("POST", "/api/session/terminate", {"session_id": group.session_id})
    assert (again.status_code, code(again)) == (409, "not_active")

    begun = await alice.post("/api/sessions", {"user_id": str(bob.user_id)})
    assert begun["id"] != group.session_id
    assert begun["state"] == "establishing"
    assert begun["accepted_by"] == str(alice.user_id)
    assert [each["id"] for each in (await bob.get("/api/sessions"))["items"]] == [begun["id"], group.session_id]


async def test_two_who_begin_at_once_get_one_session(service: Service) -> None:
    group = await establishing(service)
    alice, bob = group.members
    await alice.post("/api/session/terminate", {})

    answers = await asyncio.gather(
        alice.call("POST", "/api/sessions", {"user_id": str(bob.user_id)}),
        bob.call("POST", "/api/sessions", {"user_id": str(alice.user_id)}),
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_sessions_are_for_connected_people(service: Service) -> None:
    alice, bob = await service.bound("alice"), await service.bound("bob")

    for other in (bob.user_id, uuid7(), alice.user_id):
        refused = await alice.call("POST", "/api/sessions", {"user_id": str(other)})
        assert (refused.status_code, code(refused)) == (403, "not_connected")
    assert code(await service.anonymous().call("POST", "/api/sessions", {"user_id": str(bob.user_id)})) == (
        "not_authenticated"
    )


async def test_blocked_people_begin_no_session(service: Service) -> None:
    group = await establishing(service)
    alice, bob = group.members
    await alice.post("/api/session/terminate", {})
    await bob.ok("POST", f"/api/connections/{alice.user_id}/block")

    assert code(await alice.call("POST", "/api/sessions", {"user_id": str(bob.user_id)})) == "blocked"


async def test_p6_8_a_group_is_ended_by_a_members_message(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    plain = await alice.call("POST", "/api/session/terminate", {"session_id": group.session_id})
    assert (plain.status_code, code(plain)) == (422, "message_required")

    body = group.termination()
    ended = await alice.post("/api/session/terminate", body)

    assert (ended["state"], ended["closed_by"], ended["is_active"]) == ("terminated", "member", False)
    last = (await group.log(bob))[-1]
    assert (last["kind"], last["sender_id"], last["content"]) == ("terminate", str(alice.user_id), body["message"])
    assert code(await bob.call("POST", "/api/message/send", group.message())) == "not_active"
    assert code(await bob.call("POST", group.commits, group.commit_body(uuid7()))) == "not_active"
    assert (await events_of(service, bob))[-1] == "session_terminated"


async def test_p5_4_a_repeated_last_message_gets_the_first_answer(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    body = group.termination()

    first = await alice.post("/api/session/terminate", body)
    again = await alice.post("/api/session/terminate", body)
    other = await bob.call("POST", "/api/session/terminate", group.termination())

    assert first == again
    assert code(other) == "not_active"
    assert len(await group.log(bob)) == 2


async def test_people_who_are_not_connected_any_more_can_still_end_it(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    await bob.ok("DELETE", f"/api/connections/{alice.user_id}")
    assert (await group.session(alice))["state"] == "active"
    await bob.ok("POST", f"/api/connections/{alice.user_id}/block")

    assert (await alice.post("/api/session/terminate", group.termination()))["state"] == "terminated"


async def test_removing_a_connection_ends_a_session_without_a_group(service: Service) -> None:
    group = await establishing(service)
    alice, bob = group.members

    await alice.ok("DELETE", f"/api/connections/{bob.user_id}")

    session = await group.session(bob)
    assert (session["state"], session["closed_by"]) == ("terminated", "member")


async def test_connecting_again_goes_on_with_a_session_that_was_kept(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    await alice.ok("DELETE", f"/api/connections/{bob.user_id}")

    answer = await connect(bob, alice)

    assert answer["session_id"] == group.session_id
    assert (await group.send(alice))["seq"] == 2


async def test_several_sessions_must_be_named(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    carol = await service.bound("carol")
    await connect(alice, carol)
    # One active: it is meant.
    assert code(await alice.call("POST", "/api/session/terminate", {})) == "message_required"
    assert (await alice.post("/api/session/rotate", {}))["asked"] == 0

    bob = group.members[1]
    await connect(bob, carol)
    assert code(await carol.call("POST", "/api/session/terminate", {})) == "session_ambiguous"
    assert code(await (await service.person("dave")).call("POST", "/api/session/terminate", {})) == "not_found"


async def test_ending_a_group_needs_a_device_in_it(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    curl = alice.second(service.client())
    await curl.login()
    assert code(await curl.call("POST", "/api/session/terminate", group.termination())) == "device_required"
    await curl.add_device()
    assert code(await curl.call("POST", "/api/session/terminate", group.termination())) == "not_in_group"
    mallory = await service.bound("mallory")
    assert code(await mallory.call("POST", "/api/session/terminate", group.termination())) == "not_found"
    assert (await service.anonymous().call("POST", "/api/session/terminate", {})).status_code == 401


async def test_a_last_message_of_another_kind_or_epoch_is_refused(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    body = group.termination()

    assert code(await alice.call("POST", "/api/session/terminate", body | {"epoch": 0})) == "bad_message"
    assert code(await alice.call("POST", "/api/session/terminate", body | {"message": "bye"})) == "not_encrypted"
    message = group.message()
    posing = body | {"client_id": message["client_id"], "message": message["content"]}
    assert code(await alice.call("POST", "/api/session/terminate", posing)) == "bad_message"
    assert await service.rows(select(Conversation.open)) == [True]


async def test_status_shows_ones_own_sessions_only(service: Service) -> None:
    group = await establishing(service)
    mallory = await service.bound("mallory")
    path = f"/api/session/status?session_id={group.session_id}"

    assert (await group.members[0].get(path))["items"][0]["id"] == group.session_id
    assert code(await mallory.call("GET", path)) == "not_found"
    assert (await mallory.get("/api/sessions"))["items"] == []
    for open_path in (path, "/api/sessions"):
        assert (await service.anonymous().call("GET", open_path)).status_code == 401


async def test_rotation_is_asked_of_active_sessions(service: Service) -> None:
    group = await establishing(service)
    refused = await group.members[0].call("POST", "/api/session/rotate", {"session_id": group.session_id})
    assert (refused.status_code, code(refused)) == (409, "not_active")
    mallory = await service.bound("mallory")
    assert code(await mallory.call("POST", "/api/session/rotate", {"session_id": group.session_id})) == "not_found"
    assert (await service.anonymous().call("POST", "/api/session/rotate", {})).status_code == 401


async def test_nobody_keeps_the_browsers_of_an_account_busy_with_rotations(
    start: StartService,
) -> None:
    service = await start(rate_limit_requests="2/minute")
    group = await active(service)
    caller = group.members[0]
    answers = [await caller.call("POST", "/api/session/rotate", {}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[2].headers["Retry-After"]) >= 1


async def test_p5_6_delivered_and_unread_are_shown_per_person(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    await group.send(alice)
    service.app.state.receipts.note(group.id, bob.device.id, 2)
    async with asyncio.timeout(PATIENCE):
        while not (session := await group.session(alice))["delivered"]:  # noqa: ASYNC110 - it is stored by a task
            await asyncio.sleep(0.02)

    assert session["delivered"] == [{"user_id": str(bob.user_id), "seq": 2}]
    assert (await group.session(bob))["unread"] == 1


async def test_sessions_show_the_newest_contributions_and_count_so_many_rows(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "MAX_CONTRIBUTIONS", 2)
    monkeypatch.setattr(overview, "MAX_COUNTED", 3)
    group = await active(service)
    alice, bob = group.members
    drawn = []
    for _ in range(3):
        contribution = await group.contribution(alice, "rotate")
        await alice.post(group.commits, group.commit_body(uuid7(), contribution=contribution))
        group.epoch += 1
        drawn.append(contribution["contribution_id"])
    await group.rotate(alice)
    other = await active(service, "carol", "dave")

    assert (await group.session(bob))["ml_kem_keys"] == drawn[1:]
    assert len((await other.session(other.members[0]))["ml_kem_keys"]) == 1
    await bob.post(f"/api/conversations/{group.session_id}/read", {"seq": 5})
    for _ in range(4):
        await group.send(alice)
    assert (await group.session(bob))["unread"] == 3
