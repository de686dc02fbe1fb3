"""Files: who may store and read them, how much, and what becomes of those that nobody needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from uuid_utils.compat import uuid7

from app_service.attachments import service as attachments
from app_service.attachments.schemas import CHUNK_BYTES
from app_service.models import Attachment, AttachmentChunk, Conversation, Participant
from app_service.models.base import now
from tests.factories import Browser
from tests.files import File, content_digest, some_file
from tests.groups import Group, active, code
from tests.services import Service, StartService


def stored(service: Service) -> list[Path]:
    """What is on the disk."""
    return sorted(path for path in (service.settings.data_dir / "attachments").rglob("*") if path.is_file())


async def announced(browser: Browser, group: Group, size: int = 5_000) -> File:
    file = some_file(group.session_id, size)
    await browser.post("/api/attachments", file.announcement)
    return file


async def end(group: Group) -> None:
    await group.members[0].post("/api/session/terminate", group.termination())


async def test_a_file_goes_up_in_chunks_and_down_to_the_other_person(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    file = some_file(group.session_id, 2 * CHUNK_BYTES + 17)

    state = await file.upload(alice)

    assert (state["complete"], state["present"], state["size"]) == (True, [0, 1, 2], len(file.content))
    assert await bob.get(file.path) == state
    assert await file.fetch(bob) == file.content
    answer = await bob.call("GET", f"{file.path}/chunks/2")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "no-store"
    assert (await bob.call("GET", f"{file.path}/chunks/3")).status_code == 404


async def test_the_folder_is_its_owner_s_only(service: Service) -> None:
    group = await active(service)
    await some_file(group.session_id).upload(group.members[0])

    assert (service.settings.data_dir / "attachments").stat().st_mode & 0o777 == 0o700
    assert len(stored(service)) == 1


async def test_an_upload_is_taken_up_where_it_stopped(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    file = await announced(alice, group, CHUNK_BYTES + 100)
    await file.put(alice, 1)

    state = await alice.get(file.path)
    assert (state["present"], state["complete"], state["chunk_bytes"]) == ([1], False, CHUNK_BYTES)
    refused = await alice.call("POST", f"{file.path}/complete")
    assert (refused.status_code, code(refused)) == (409, "incomplete")
    assert refused.json()["error"]["details"] == {"missing": [0]}
    # Nobody else sees it before it is whole.
    assert (await bob.call("GET", file.path)).status_code == 404
    assert (await bob.call("GET", f"{file.path}/chunks/1")).status_code == 404

    await file.upload(alice)
    assert await file.fetch(bob) == file.content


async def test_repeated_calls_change_nothing_and_get_the_same_answer(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    file = some_file(group.session_id)
    first = await file.upload(alice)
    before = await service.row_counts()

    assert await file.upload(alice) == first
    assert await service.row_counts() == before


async def test_a_chunk_is_never_replaced(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    file = await announced(alice, group)
    await file.put(alice)
    other = bytes(len(file.content))

    refused = await file.put(alice, content=other)
    assert (refused.status_code, code(refused)) == (409, "chunk_exists")
    await alice.post(f"{file.path}/complete")
    refused = await file.put(alice, content=other)
    assert (refused.status_code, code(refused)) == (409, "chunk_exists")
    assert await file.fetch(bob) == file.content


async def test_a_chunk_of_another_length_or_with_other_bytes_is_refused(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    file = await announced(alice, group, CHUNK_BYTES + 100)

    async def refused(number: int, content: bytes, digest: str | None = None) -> None:
        answer = await file.put(alice, number, content=content, digest=digest)
        assert (answer.status_code, code(answer)) == (422, "bad_chunk")

    await refused(0, bytes(CHUNK_BYTES - 1))
    await refused(0, bytes(CHUNK_BYTES + 1))
    await refused(1, bytes(101))
    await refused(2, bytes(100))
    await refused(1, file.chunks[1], content_digest(bytes(100)))
    for digest in ("sha-256=:AAAA:", "md5=:AAAA:", "sha-256=:" + "=" * 44 + ":", "-"):
        await refused(1, file.chunks[1], digest)
    headers = {"Authorization": f"Bearer {alice.token}"}
    none = await alice.http.put(f"{file.path}/chunks/1", content=file.chunks[1], headers=headers)
    assert (none.status_code, code(none)) == (422, "malformed")
    lying = {**headers, "Content-Digest": content_digest(file.chunks[1]), "Content-Length": "100"}
    more = await alice.http.put(f"{file.path}/chunks/1", content=file.chunks[1] + b"x", headers=lying)
    assert (more.status_code, code(more)) == (422, "bad_chunk")
    assert (await alice.get(file.path))["present"] == []
    assert stored(service) == []


async def test_an_id_is_used_once(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    file = await announced(alice, group)

    for browser, change in ((alice, {"size": 6_000}), (bob, {})):
        refused = await browser.call("POST", "/api/attachments", file.announcement | change)
        assert (refused.status_code, code(refused)) == (409, "attachment_exists")


async def test_sizes_and_quotas_are_kept_with_a_name(start: StartService) -> None:
    service = await start(attachment_max_bytes=1 << 20, attachment_quota_bytes=3 << 19)
    config = await service.anonymous().get("/api/config")
    assert config["limits"]["attachment_bytes"] == 1 << 20
    assert config["limits"]["attachment_chunk_bytes"] == CHUNK_BYTES
    group = await active(service)
    alice, bob = group.members

    too_large = some_file(group.session_id, (1 << 20) + 1)
    refused = await alice.call("POST", "/api/attachments", too_large.announcement)
    assert (refused.status_code, code(refused)) == (413, "file_too_large")
    assert refused.json()["error"]["details"] == {"limit": 1 << 20}

    first = await announced(alice, group, 1 << 20)
    refused = await alice.call("POST", "/api/attachments", some_file(group.session_id, 1 << 20).announcement)
    assert (refused.status_code, code(refused)) == (507, "quota_exceeded")
    assert refused.json()["error"]["details"] == {"quota": 3 << 19, "used": 1 << 20}
    await announced(bob, group, 1 << 20)

    await alice.ok("DELETE", first.path)
    await announced(alice, group, 1 << 20)


async def test_uploads_are_limited(start: StartService) -> None:
    service = await start(rate_limit_uploads="2/hour")
    group = await active(service)
    alice = group.members[0]
    for _ in range(2):
        await announced(alice, group)

    refused = await alice.call("POST", "/api/attachments", some_file(group.session_id).announcement)

    assert (refused.status_code, code(refused)) == (429, "too_many_requests")


Call = Callable[[Browser, File, File], Awaitable[httpx.Response]]
CALLS: dict[str, Call] = {
    "create": lambda browser, file, _: browser.call(
        "POST", "/api/attachments", file.announcement | {"id": str(uuid7())}
    ),
    "read the state": lambda browser, file, _: browser.call("GET", file.path),
    "read a chunk": lambda browser, file, _: browser.call("GET", f"{file.path}/chunks/0"),
    "put a chunk": lambda browser, _, open_file: open_file.put(browser),
    "complete": lambda browser, _, open_file: browser.call("POST", f"{open_file.path}/complete"),
    "delete": lambda browser, file, _: browser.call("DELETE", file.path),
}
READS = {"read the state", "read a chunk"}


async def test_each_call_as_owner_member_stranger_without_device_and_anonymous(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    carol, dave = await service.bound("carol"), await service.person("dave")
    file = some_file(group.session_id)
    await file.upload(alice)
    unfinished = await announced(alice, group)
    before = await service.row_counts()

    async def answer(call: str, browser: Browser) -> tuple[int, str | None]:
        given = await CALLS[call](browser, file, unfinished)
        return given.status_code, None if given.is_success else code(given)

    for call in CALLS:
        assert await answer(call, service.anonymous()) == (401, "not_authenticated"), call
        assert await answer(call, dave) == (403, "device_required"), call
        assert await answer(call, carol) == (404, "not_found"), call
        if call != "create":
            assert await answer(call, bob) == ((200, None) if call in READS else (404, "not_found")), call
    assert await service.row_counts() == before
    assert await answer("create", bob) == (201, None)
    # In the order of the table: what is put is completed, and the last call deletes.
    for call in CALLS:
        assert (await answer(call, alice))[0] in (200, 201, 204), call


async def _blocked(group: Group) -> tuple[int, str]:
    alice, bob = group.members
    await bob.ok("POST", f"/api/connections/{alice.user_id}/block")
    return 403, "blocked"


async def _not_connected(group: Group) -> tuple[int, str]:
    alice, bob = group.members
    await bob.ok("DELETE", f"/api/connections/{alice.user_id}")
    return 403, "not_connected"


async def _ended(group: Group) -> tuple[int, str]:
    await end(group)
    return 409, "not_active"


@pytest.mark.parametrize("change", [_blocked, _not_connected, _ended])
async def test_who_could_not_send_a_message_sends_no_file_and_what_was_sent_can_be_read(
    service: Service, change: Callable[[Group], Awaitable[tuple[int, str]]]
) -> None:
    group = await active(service)
    alice, bob = group.members
    file = some_file(group.session_id)
    await file.upload(alice)
    unfinished = await announced(alice, group)

    expected = await change(group)

    for call in ("create", "put a chunk", "complete"):
        refused = await CALLS[call](alice, file, unfinished)
        assert (refused.status_code, code(refused)) == expected, call
    assert await file.fetch(bob) == file.content
    await alice.ok("DELETE", file.path)


async def test_a_device_outside_the_group_sends_nothing(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    second = alice.second(service.client())
    await second.login()
    await second.add_device()

    refused = await second.call("POST", "/api/attachments", some_file(group.session_id).announcement)

    assert (refused.status_code, code(refused)) == (403, "not_in_group")


async def test_who_is_no_member_any_more_reads_nothing(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    file = some_file(group.session_id)
    await file.upload(alice)
    async with service.database.write() as unit:
        gone = select(Participant).where(Participant.user_id == bob.user_id)
        await unit.session.delete((await unit.session.scalars(gone)).one())

    for call in READS:
        assert (await CALLS[call](bob, file, file)).status_code == 404


async def test_a_deleted_file_is_gone_for_everybody_with_its_bytes(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    file = some_file(group.session_id, CHUNK_BYTES + 17)
    await file.upload(alice)
    assert len(stored(service)) == 2

    await alice.ok("DELETE", file.path)

    assert stored(service) == []
    assert await service.rows(select(Attachment)) == []
    for browser in (alice, bob):
        assert (await browser.call("GET", f"{file.path}/chunks/0")).status_code == 404
    assert (await alice.call("DELETE", file.path)).status_code == 404


async def _age(service: Service, by: timedelta) -> None:
    async with service.database.write() as unit:
        moment = now() - by
        await unit.session.execute(update(Attachment).values(created_at=moment))
        complete = update(Attachment).where(Attachment.completed_at.is_not(None))
        await unit.session.execute(complete.values(completed_at=moment))
        await unit.session.execute(update(Conversation).values(last_entry_at=moment))


async def test_the_keeper_removes_what_was_never_completed(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    whole, half = some_file(group.session_id), await announced(alice, group, CHUNK_BYTES + 17)
    await whole.upload(alice)
    await half.put(alice, 0)
    await _age(service, attachments.UNFINISHED_FOR - timedelta(minutes=5))
    await service.housekeeping()
    assert (await alice.get(half.path))["present"] == [0]

    await _age(service, attachments.UNFINISHED_FOR + timedelta(minutes=5))
    await service.housekeeping()

    assert (await alice.call("GET", half.path)).status_code == 404
    assert await whole.fetch(bob) == whole.content
    assert len(stored(service)) == 1
    assert len(await service.rows(select(AttachmentChunk))) == 1


async def _sends(group: Group, browser: Browser, *files: File) -> httpx.Response:
    return await browser.call(
        "POST", "/api/message/send", group.message() | {"attachments": [str(f.id) for f in files]}
    )


async def test_a_file_that_no_message_speaks_of_is_removed_and_gives_its_room_back(start: StartService) -> None:
    service = await start(attachment_quota_bytes=1 << 20)
    group = await active(service)
    alice, bob = group.members
    sent, unsent = some_file(group.session_id, 500_000), some_file(group.session_id, 500_000)
    for file in (sent, unsent):
        await file.upload(alice)
    assert (await _sends(group, alice, sent)).status_code == 201
    await _age(service, attachments.UNSENT_FOR - timedelta(minutes=5))
    await service.housekeeping()
    assert await unsent.fetch(bob) == unsent.content

    await _age(service, attachments.UNSENT_FOR + timedelta(minutes=5))
    await service.housekeeping()

    assert (await bob.call("GET", unsent.path)).status_code == 404
    assert await sent.fetch(bob) == sent.content
    assert len(stored(service)) == 1
    await announced(alice, group, 500_000)
    # Its message comes too late, and says so instead of speaking of nothing.
    refused = await _sends(group, alice, unsent)
    assert (refused.status_code, code(refused)) == (409, "attachment_missing")


async def test_a_message_speaks_of_complete_files_of_its_sender_in_this_conversation_only(service: Service) -> None:
    group, other = await active(service), await active(service, "carol", "dave")
    alice, bob = group.members
    elsewhere, bobs, open_file = some_file(other.session_id), some_file(group.session_id), await announced(alice, group)
    await elsewhere.upload(other.members[0])
    await bobs.upload(bob)
    before = await service.row_counts()

    for file in (elsewhere, bobs, open_file, some_file(group.session_id)):
        refused = await _sends(group, alice, file)
        assert (refused.status_code, code(refused)) == (409, "attachment_missing")
    malformed = await _sends(group, alice, *[bobs] * 11)
    assert (malformed.status_code, code(malformed)) == (422, "malformed")
    assert await service.row_counts() == before
    assert not any(await service.rows(select(Attachment.sent)))

    # A message that is refused for itself neither keeps files nor harms the next one; a repeat is answered as at first.
    mine = some_file(group.session_id)
    await mine.upload(alice)
    body = group.message() | {"attachments": [str(mine.id)]}
    first = await alice.post("/api/message/send", body)
    await alice.ok("DELETE", mine.path)
    assert await alice.post("/api/message/send", body) == first


async def test_the_keeper_removes_the_files_of_a_conversation_that_is_over(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    file = some_file(group.session_id)
    await file.upload(alice)
    assert (await _sends(group, alice, file)).status_code == 201
    await _age(service, attachments.ENDED_FOR + timedelta(days=1))
    await service.housekeeping()
    assert await file.fetch(bob) == file.content

    await end(group)
    await service.housekeeping()
    assert await file.fetch(bob) == file.content
    await _age(service, attachments.ENDED_FOR + timedelta(days=1))
    await service.housekeeping()

    assert (await bob.call("GET", file.path)).status_code == 404
    assert stored(service) == []


async def test_the_bytes_of_a_deleted_conversation_are_removed_later(service: Service) -> None:
    group = await active(service)
    file = some_file(group.session_id)
    await file.upload(group.members[0])
    async with service.database.write() as unit:
        await unit.session.delete(await unit.session.get_one(Conversation, group.id))
    assert len(stored(service)) == 1

    await service.housekeeping()

    assert stored(service) == []
    assert await service.rows(select(Attachment)) == []


async def test_a_store_that_fails_is_named_and_nothing_is_lost(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await active(service)
    alice, bob = group.members
    file = await announced(alice, group)
    folder = service.settings.data_dir / "attachments"
    folder.rmdir()
    folder.write_text("in the way")

    refused = await file.put(alice)
    assert (refused.status_code, code(refused)) == (503, "files_unavailable")
    assert refused.headers["Retry-After"] == "5"
    folder.unlink()
    folder.mkdir()
    await file.upload(alice)
    assert await file.fetch(bob) == file.content


async def test_chunks_in_memory_are_counted(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    file = some_file(group.session_id)
    await file.upload(alice)
    state: Any = service.app.state.attachments
    with state.place(bob.user_id), state.place(bob.user_id), state.place(bob.user_id), state.place(bob.user_id):
        refused = await bob.call("GET", f"{file.path}/chunks/0")
        assert (refused.status_code, code(refused)) == (503, "overloaded")
        assert await file.fetch(alice) == file.content
    assert await file.fetch(bob) == file.content
