from __future__ import annotations

import asyncio
import hashlib
import os
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from app_service.conversations import chain
from app_service.conversations.mls_header import COMMIT
from app_service.conversations.schemas import Acknowledgement, LogPage
from app_service.models import Event, LogEntry
from app_service.models.base import to_milliseconds
from shared.encoding import from_base64url, to_base64url
from tests import factories_mls as mls
from tests.factories import Json
from tests.groups import Group, active, code, establishing
from tests.services import Service


def chain_of(row: Json, previous: bytes) -> bytes:
    return chain.next_link(
        previous,
        seq=row["seq"],
        generation=row["generation"],
        epoch=row["epoch"],
        kind=row["kind"],
        sender_tag=from_base64url(row["sender_tag"]),
        client_id=UUID(row["client_id"]),
        time=to_milliseconds(datetime.fromisoformat(row["timestamp"])),
        body_hash=from_base64url(row["body_hash"]),
    )


async def test_p5_1_seq_without_gaps_and_a_chain_that_anybody_can_compute(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    for author in (alice, bob, bob, alice):
        await group.send(author)

    rows = await group.log(alice)
    session = await group.session(alice)
    installation = service.app.state.installation
    link = chain.first_link(group.id, UUID(session["user1_id"]), installation.server_name)

    assert to_base64url(link) == session["chain_0"]
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5]
    for row in rows:
        assert row["previous_chain"] == to_base64url(link)
        link = chain_of(row, link)
        assert row["chain"] == to_base64url(link)
        if row["content"] is not None:
            assert chain.body_hash(from_base64url(row["content"])) == from_base64url(row["body_hash"])
    assert session["chain"] == to_base64url(link)
    assert session["seq"] == 5


async def test_p5_2_an_ack_has_all_that_the_sender_needs(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    body = group.message()

    ack = await alice.post("/api/message/send", body)

    Acknowledgement.model_validate(ack)
    row = (await group.log(alice))[-1]
    assert (ack["seq"], ack["chain"], ack["previous_chain"]) == (row["seq"], row["chain"], row["previous_chain"])
    assert (ack["time"], ack["generation"], ack["epoch"]) == (row["timestamp"], 0, 1)
    assert row["content"] == body["content"]
    assert row["message_type"] == "secured"


async def test_rows_have_exactly_the_documented_fields(service: Service) -> None:
    group = await active(service)
    await group.send(group.members[0])

    page = await group.members[0].get(f"/api/messages?conversation_id={group.session_id}&after=0")

    LogPage.model_validate(page)
    assert set(page["items"][0]) == set(LogPage.model_fields["items"].annotation.__args__[0].model_fields)  # type: ignore[union-attr]


async def test_p5_4_a_repeat_gets_the_first_answer_whatever_its_bytes(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    client_id = uuid7()
    first = await alice.post("/api/message/send", group.message(client_id))
    other_bytes = await alice.post("/api/message/send", group.message(client_id))
    await group.rotate(bob)
    other_epoch = await alice.post("/api/message/send", group.message(client_id))
    no_message = await alice.post("/api/message/send", group.message(client_id) | {"content": "plain words"})
    await bob.ok("DELETE", f"/api/connections/{alice.user_id}")
    refused_now = await alice.post("/api/message/send", group.message(client_id))

    assert first == other_bytes == other_epoch == no_message == refused_now
    assert [row["client_id"] for row in await group.log(alice)].count(str(client_id)) == 1


async def test_p5_4_ids_belong_to_devices(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    client_id = uuid7()

    first = await alice.post("/api/message/send", group.message(client_id))
    other = await bob.post("/api/message/send", group.message(client_id))

    assert (first["seq"], other["seq"]) == (2, 3)


async def test_p5_4_many_repeats_at_once_leave_one_row(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    client_id = uuid7()

    acks = await asyncio.gather(*(alice.post("/api/message/send", group.message(client_id)) for _ in range(12)))

    assert all(ack == acks[0] for ack in acks)
    assert len(await group.log(alice)) == 2


async def test_p5_5_the_previous_epoch_is_taken_after_a_quiet_commit(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    late, very_late = group.message(), group.message()
    await group.rotate(bob)
    assert (await alice.post("/api/message/send", late))["epoch"] == 1
    await group.rotate(bob)

    refused = await alice.call("POST", "/api/message/send", very_late)

    assert (refused.status_code, code(refused)) == (409, "epoch_stale")
    assert refused.json()["error"]["details"] == {"generation": 0, "epoch": 3}


async def test_p5_5_the_previous_epoch_is_refused_after_a_change_of_members(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    tablet = bob.second(service.client())
    await tablet.login()
    await tablet.add_device()
    late = group.message()
    await bob.post(group.commits, group.commit_body(uuid7(), added=[tablet]))

    assert code(await alice.call("POST", "/api/message/send", late)) == "epoch_stale"


async def test_p5_5_the_epoch_before_the_group_is_refused(service: Service) -> None:
    group = await active(service)

    assert code(await group.members[0].call("POST", "/api/message/send", group.message(epoch=0))) == "epoch_stale"


@pytest.mark.parametrize("content", ["hello bob", "aGVsbG8", "aGVsbG8=", "", "AAEAAg"])
async def test_readable_text_is_refused(service: Service, content: str) -> None:
    group = await active(service)
    before = await service.row_counts()

    refused = await group.members[0].call("POST", "/api/message/send", group.message() | {"content": content})

    assert (refused.status_code, code(refused)) == (422, "not_encrypted")
    assert await service.row_counts() == before


def _variants(group: Group) -> dict[str, Json]:
    """Messages of which one field is wrong."""
    client_id = uuid7()
    data = mls.authenticated_data(group.id, client_id)

    def body(content: bytes) -> Json:
        return group.message(client_id) | {"content": to_base64url(content)}

    return {
        "other client id": group.message(client_id) | {"client_id": str(uuid7())},
        "other conversation in the data": body(
            mls.private_message(group.id, mls.authenticated_data(uuid7(), client_id), epoch=1)
        ),
        "other conversation in the group id": body(mls.private_message(uuid7(), data, epoch=1)),
        "other generation": body(mls.private_message(group.id, data, generation=1, epoch=1)),
        "later generation": body(
            mls.private_message(
                group.id, mls.authenticated_data(group.id, client_id, generation=1), generation=1, epoch=1
            )
        ),
        "later epoch": body(mls.private_message(group.id, data, epoch=2)),
        "content type of a commit": body(mls.private_message(group.id, data, epoch=1, content_type=COMMIT)),
        "content type of a proposal": body(mls.private_message(group.id, data, epoch=1, content_type=2)),
        "type of a last message": body(mls.message(group.id, client_id, kind="terminate")),
        "expiry": body(mls.private_message(group.id, mls.authenticated_data(group.id, client_id, expiry=1), epoch=1)),
        "echo beyond the head": body(
            mls.private_message(
                group.id, mls.authenticated_data(group.id, client_id, echo=(2, os.urandom(32))), epoch=1
            )
        ),
        "an expiry beyond all timers": body(
            mls.private_message(group.id, mls.authenticated_data(group.id, client_id, expiry=1 << 32), epoch=1)
        ),
        "no authenticated data": body(mls.private_message(group.id, b"", epoch=1)),
    }


@pytest.mark.parametrize("which", list(_variants(Group(str(uuid7()), []))))
async def test_p5_3_authenticated_data_must_fit(service: Service, which: str) -> None:
    group = await active(service)
    before = await service.row_counts()

    refused = await group.members[0].call("POST", "/api/message/send", _variants(group)[which])

    expected = "bad_expiry" if which == "expiry" else "bad_message"
    assert (refused.status_code, code(refused)) == (422, expected)
    assert await service.row_counts() == before


async def test_a_message_that_is_too_large_is_refused(service: Service) -> None:
    group = await active(service)
    client_id = uuid7()
    data = mls.authenticated_data(group.id, client_id)
    content = mls.private_message(group.id, data, epoch=1, ciphertext=bytes(131_072))

    body = group.message(client_id) | {"content": to_base64url(content)}
    refused = await group.members[0].call("POST", "/api/message/send", body)

    assert (refused.status_code, code(refused)) == (413, "too_large")


async def test_only_members_send_and_read(service: Service) -> None:
    group = await active(service)
    mallory, eve = await service.bound("mallory"), await service.person("eve")
    path = f"/api/messages?conversation_id={group.session_id}"

    for caller, status, expected in (
        (mallory, 404, "not_found"),
        (eve, 403, "device_required"),
        (service.anonymous(), 401, "not_authenticated"),
    ):
        sent = await caller.call("POST", "/api/message/send", group.message())
        read = await caller.call("GET", path)
        assert (sent.status_code, code(sent)) == (status, expected)
        assert (read.status_code, code(read)) == (status, expected)


async def test_an_unknown_conversation_looks_like_anothers(service: Service) -> None:
    alice = await service.bound("alice")
    nothing = Group(str(uuid7()), [alice])

    sent = await alice.call("POST", "/api/message/send", nothing.message())

    assert (sent.status_code, code(sent)) == (404, "not_found")


async def test_nothing_is_sent_before_the_group_is_there(service: Service) -> None:
    group = await establishing(service)

    assert code(await group.members[0].call("POST", "/api/message/send", group.message(epoch=1))) == "not_active"


async def test_blocked_and_unconnected_people_cannot_send(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members

    await alice.ok("POST", f"/api/connections/{bob.user_id}/block")
    assert code(await bob.call("POST", "/api/message/send", group.message())) == "blocked"
    assert code(await alice.call("POST", "/api/message/send", group.message())) == "blocked"
    await alice.ok("DELETE", f"/api/connections/{bob.user_id}/block")
    assert (await group.send(bob))["seq"] == 2
    await bob.ok("DELETE", f"/api/connections/{alice.user_id}")
    refused = await alice.call("POST", "/api/message/send", group.message())
    assert (refused.status_code, code(refused)) == (403, "not_connected")


async def test_pages_of_history(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    for _ in range(6):
        await group.send(alice)

    async def seqs(query: str) -> list[int]:
        page = await alice.get(f"/api/messages?conversation_id={group.session_id}&{query}")
        for row in page["items"]:
            assert row["chain"] == to_base64url(chain_of(row, from_base64url(row["previous_chain"])))
        assert page["head"]["seq"] == 7
        return [row["seq"] for row in page["items"]]

    assert await seqs("after=0&limit=3") == [1, 2, 3]
    assert await seqs("after=3&limit=3") == [4, 5, 6]
    assert await seqs("after=7") == []
    assert await seqs("after=99") == []
    assert await seqs("limit=2") == [6, 7]
    assert await seqs("before=6&limit=2") == [4, 5]
    assert await seqs("before=3&limit=50") == [1, 2]
    assert await seqs("before=1") == []
    assert await seqs("before=500&limit=1") == [7]


async def test_read_marks_only_move_forward_and_tell_the_accounts_other_devices(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    for _ in range(3):
        await group.send(bob)
    path = f"/api/conversations/{group.session_id}/read"
    assert (await group.session(alice))["unread"] == 3

    await alice.ok("POST", path, {"seq": 3})
    await alice.ok("POST", path, {"seq": 2})
    session = await group.session(alice)
    assert (session["my_read_seq"], session["unread"]) == (3, 1)
    assert (await group.session(bob))["unread"] == 0
    told = await service.rows(select(Event.payload).where(Event.type == "read"))
    assert len(told) == 1

    beyond = await alice.call("POST", path, {"seq": 5})
    assert (beyond.status_code, code(beyond)) == (422, "malformed")
    assert code(await (await service.bound("mallory")).call("POST", path, {"seq": 1})) == "not_found"
    assert code(await service.anonymous().call("POST", path, {"seq": 1})) == "not_authenticated"


async def test_the_database_holds_what_the_chain_says(service: Service) -> None:
    group = await active(service)
    body = group.message()
    await group.members[0].post("/api/message/send", body)

    stored = (await service.rows(select(LogEntry).where(LogEntry.seq == 2)))[0]

    content = from_base64url(body["content"])
    assert stored.content == content
    assert stored.body_hash == hashlib.sha256(len(content).to_bytes(4, "big") + content + bytes(4)).digest()
