"""The writer: groups of entries, each judged by itself, in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection as Transaction
from sqlalchemy import event, func, insert, select, update
from sqlalchemy.exc import OperationalError
from uuid_utils.compat import uuid7

from app_service.conversations import statements, writer
from app_service.conversations.append import Outcome
from app_service.conversations.entries import Ack, Author, Entry, Row, decode_content, parse_entry
from app_service.conversations.writer import LogWriter
from app_service.models import Block, Connection, Conversation, Device, LogEntry, Member, Participant, User
from app_service.models.base import now
from shared.errors import ApiError, Unavailable
from tests.factories import Browser
from tests.groups import Group, active
from tests.processes import PATIENCE
from tests.rooms import RoomGroup, room_of
from tests.services import Service, StartService


def entry_of(group: Group, author: Browser, **changes: Any) -> Entry:
    body = group.message(**changes)
    who = Author(author.user_id, author.device.id)
    return parse_entry(who, group.id, UUID(body["client_id"]), "message", decode_content(body["content"]))


async def submit(log_writer: LogWriter, entries: Iterable[Entry]) -> list[Outcome]:
    """Outcomes in the order of the entries, all handed over at once."""
    entries = list(entries)
    outcomes: dict[int, Outcome] = {}
    done = asyncio.Event()

    def told(at: int, outcome: Outcome) -> None:
        outcomes[at] = outcome
        if len(outcomes) == len(entries):
            done.set()

    for at, entry in enumerate(entries):
        log_writer.submit(entry, lambda outcome, at=at: told(at, outcome))  # type: ignore[misc]
    async with asyncio.timeout(PATIENCE):
        await done.wait()
    return [outcomes[at] for at in range(len(entries))]


def seqs(outcomes: Iterable[Outcome]) -> list[int | str]:
    return [outcome.seq if isinstance(outcome, Ack) else outcome.code for outcome in outcomes]


async def groups_of(service: Service, count: int) -> list[Group]:
    return [await active(service, f"alice-{at}", f"bob-{at}") for at in range(count)]


def writer_of(service: Service) -> LogWriter:
    log_writer: LogWriter = service.app.state.messages.writer
    return log_writer


async def test_entries_that_come_together_are_written_together(service: Service) -> None:
    groups = await groups_of(service, 3)
    statements_seen: list[str] = []
    engine = service.database._thread_engine

    @event.listens_for(engine, "before_cursor_execute")
    def count(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements_seen.append(statement.split()[0])

    entries = [entry_of(group, member) for _ in range(10) for group in groups for member in group.members]
    outcomes = await submit(writer_of(service), entries)

    assert all(isinstance(outcome, Ack) for outcome in outcomes)
    for group in groups:
        rows = await group.log(group.members[0])
        assert [row["seq"] for row in rows] == list(range(1, 22))
    # Heads, rosters, one insert, one update; and once more at most for what came while the first was running.
    assert 1 <= statements_seen.count("INSERT") <= 2
    assert len([each for each in statements_seen if each in {"SELECT", "INSERT", "UPDATE"}]) <= 8


class Follower:
    """An open socket of a room's member, as far as the hub knows one."""

    def __init__(self) -> None:
        self.user_id, self.device_id, self.sign_in_id = uuid7(), uuid7(), uuid7()
        self.frames: list[str] = []

    def offer(self, _log: UUID, _first: int, _last: int, frame: Callable[[], str]) -> None:
        self.frames.append(frame())

    def behind(self, _log: UUID) -> None:
        raise AssertionError("each of them would read the database")

    def __getattr__(self, _other: str) -> Any:
        return lambda *_: None


async def test_in_a_room_of_fifty_devices_a_message_is_one_row_and_one_frame_for_all(service: Service) -> None:
    room = await room_of(service, "ben")
    devices = [await _seat(service, room) for _ in range(48)]
    followers = [Follower() for _ in devices]
    for follower in followers:
        service.app.state.hub.add(follower)
        service.app.state.hub.follow(follower, room.id)
    log_writer, author = writer_of(service), room.members[1]
    await submit(log_writer, [entry_of(room, author)])
    seen: list[tuple[str, int]] = []

    def count(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        seen.append((statement.split()[0], len(parameters) if many else 1))

    for engine in (service.database._thread_engine, service.database.engine.sync_engine):
        event.listen(engine, "before_cursor_execute", count)
    (outcome,) = await submit(log_writer, [entry_of(room, author)])

    assert isinstance(outcome, Ack)
    assert sorted(each for each in seen if each[0] not in _TRANSACTION) == [("INSERT", 1), ("UPDATE", 1)]
    assert {len(follower.frames) for follower in followers} == {2}
    assert len({id(follower.frames[1]) for follower in followers}) == 1


_TRANSACTION = ("BEGIN", "COMMIT", "PRAGMA")


async def _seat(service: Service, room: RoomGroup) -> UUID:
    """Another person's device in the group, put into the database: making fifty of them takes long."""
    user_id, device_id, moment = uuid7(), uuid7(), now()
    user = {"id": user_id, "username": user_id.hex[-12:], "email": f"{user_id}@example.org", "created_at": moment}
    keys = {"certificate": b"-", "certificate_signature": b"-", "signature_key": b"-", "list_version": 1}
    device = {"id": device_id, "user_id": user_id, "created_at": moment, "last_seen_at": moment, **keys}
    member = {"conversation_id": room.id, "device_id": device_id, "user_id": user_id, "sender_tag": device_id.bytes}
    async with service.database.write() as unit:
        await unit.session.execute(insert(User).values(**user, salt=b"-", password_hash="-", password_origin="browser"))
        await unit.session.execute(insert(Device).values(**device))
        await unit.session.execute(insert(Participant).values(conversation_id=room.id, user_id=user_id))
        await unit.session.execute(insert(Member).values(**member, joined_seq=1))
    return device_id


async def test_a_busy_writer_gathers_and_a_quiet_one_does_not_wait(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    (group,) = await groups_of(service, 1)
    log_writer, sizes = writer_of(service), []
    write = log_writer._write

    async def noted(waiting: list[Any]) -> None:
        sizes.append(len(waiting))
        await write(waiting)

    monkeypatch.setattr(log_writer, "_write", noted)
    monkeypatch.setattr(writer, "GATHER_SECONDS", 3600)
    first, second = (entry_of(group, group.members[0]) for _ in range(2))
    await submit(log_writer, [entry_of(group, group.members[0]) for _ in range(writer.BUSY_BATCH)])

    monkeypatch.setattr(writer, "GATHER_SECONDS", 2)
    answered = asyncio.create_task(submit(log_writer, [first]))
    for _ in range(20):  # turns in which a writer that does not wait would have begun
        await asyncio.sleep(0)
    await submit(log_writer, [second])
    await answered

    monkeypatch.setattr(writer, "GATHER_SECONDS", 3600)
    await submit(log_writer, [entry_of(group, group.members[0])])
    assert sizes == [writer.BUSY_BATCH, 2, 1]


async def test_one_bad_entry_does_not_harm_its_neighbours(service: Service) -> None:
    (group,) = await groups_of(service, 1)
    alice, bob = group.members
    stranger = await service.bound("mallory")
    other = Group(str(uuid7()), group.members)
    other.epoch = 1

    outcomes = await submit(
        writer_of(service),
        [
            entry_of(group, alice),
            entry_of(group, stranger),
            entry_of(group, bob, epoch=0),
            entry_of(other, alice),
            entry_of(group, bob, epoch=9),
            entry_of(group, bob),
        ],
    )

    assert seqs(outcomes) == [2, "not_found", "epoch_stale", "not_found", "bad_message", 3]


async def test_p5_4_repeats_within_and_across_batches(service: Service) -> None:
    first, second = await groups_of(service, 2)
    alice = first.members[0]
    twice = uuid7()
    before = (await submit(writer_of(service), [entry_of(first, alice, client_id=twice)]))[0]

    outcomes = await submit(
        writer_of(service),
        [
            entry_of(first, alice),
            entry_of(first, alice, client_id=twice),
            entry_of(second, second.members[0]),
            entry_of(first, alice, client_id=twice),
            entry_of(first, alice),
        ],
    )

    assert seqs(outcomes) == [3, 2, 2, 2, 4]
    assert outcomes[1] == outcomes[3] == before


async def test_p5_4_doubled_ids_in_one_batch(service: Service) -> None:
    (group,) = await groups_of(service, 1)
    alice = group.members[0]
    ids = [uuid7() for _ in range(4)]

    outcomes = await submit(writer_of(service), [entry_of(group, alice, client_id=each) for each in ids * 3])

    assert seqs(outcomes) == [2, 3, 4, 5] * 3
    assert await service.rows(select(func.count()).select_from(LogEntry)) == [5]


async def test_messages_and_commits_keep_the_order_in_which_they_came(service: Service) -> None:
    """What was sent before a commit is logged before it, and is not stale."""
    (group,) = await groups_of(service, 1)
    alice, bob = group.members
    log_writer = writer_of(service)
    order: list[str] = []

    async def commit() -> None:
        order.append("commit")

    log_writer.submit(entry_of(group, alice), lambda _: order.append("first"))
    job = asyncio.ensure_future(log_writer.alone(commit))
    await asyncio.sleep(0)
    log_writer.submit(entry_of(group, bob), lambda _: order.append("second"))
    await job
    await submit(log_writer, [entry_of(group, alice)])

    assert order == ["first", "commit", "second"]


async def test_many_writers_of_many_conversations(service: Service) -> None:
    """Conflicting commits, repeats and messages at once: each log is whole, and one commit wins each epoch."""
    groups = await groups_of(service, 3)

    async def chat(group: Group, author: Browser) -> int:
        sent = 0
        for _ in range(6):
            body = group.message(epoch=1)
            answers = await asyncio.gather(*(author.call("POST", "/api/message/send", body) for _ in range(2)))
            assert len({answer.text for answer in answers}) == 1 or {a.status_code for a in answers} == {201, 409}
            sent += answers[0].status_code == 201 or answers[1].status_code == 201
        return sent

    async def rotate(group: Group, author: Browser) -> int:
        answer = await author.call("POST", group.commits, group.commit_body(uuid7(), epoch=1))
        return int(answer.status_code == 201)

    for group in groups:
        chats = [chat(group, member) for member in group.members]
        rotations = [rotate(group, member) for member in group.members]
        *sent, one, other = await asyncio.gather(*chats, *rotations)
        assert one + other == 1
        rows = await group.log(group.members[0])
        assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
        assert len(rows) == 2 + sum(sent)
        for before, after in pairwise(rows):
            assert after["previous_chain"] == before["chain"]


async def test_two_processes_append_to_one_log(service: Service) -> None:
    """What one remembers of the log is wrong as soon as the other has written: it notices, and judges again."""
    (group,) = await groups_of(service, 1)
    alice, bob = group.members
    other = LogWriter(service.database, lambda _: None)
    other.start()
    try:
        for seq in range(2, 8, 2):
            assert seqs(await submit(writer_of(service), [entry_of(group, alice)])) == [seq]
            assert seqs(await submit(other, [entry_of(group, bob)])) == [seq + 1]
    finally:
        await other.close()
    rows = await group.log(alice)
    assert all(after["previous_chain"] == before["chain"] for before, after in pairwise(rows))


@pytest.mark.parametrize("change", ["blocked", "disconnected", "closed"])
async def test_what_changed_behind_the_writers_back_is_refused(service: Service, change: str) -> None:
    (group,) = await groups_of(service, 1)
    alice, bob = group.members
    assert seqs(await submit(writer_of(service), [entry_of(group, alice)])) == [2]
    statement, expected = {
        "blocked": (insert(Block).values(user_id=bob.user_id, blocked_id=alice.user_id, created_at=now()), "blocked"),
        "disconnected": (update(Connection).values(state="removed"), "not_connected"),
        "closed": (update(Conversation).values(open=False), "not_active"),
    }[change]
    async with service.database.write() as unit:
        await unit.session.execute(statement)

    assert seqs(await submit(writer_of(service), [entry_of(group, alice)])) == [expected]
    assert [row["seq"] for row in await group.log(bob)] == [1, 2]


async def test_a_failure_that_nobody_foresaw_fails_one_entry(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    (group,) = await groups_of(service, 1)
    alice, bob = group.members
    cursed = entry_of(group, alice)
    real = statements.insert_rows

    def fragile(transaction: Transaction, rows: list[Row]) -> None:
        if any(row.client_id == cursed.client_id for row in rows):
            raise ValueError("cursed")
        real(transaction, rows)

    monkeypatch.setattr(statements, "insert_rows", fragile)

    outcomes = await submit(writer_of(service), [entry_of(group, bob), cursed, entry_of(group, bob)])

    assert seqs(outcomes) == [2, "database_unavailable", 3]


async def test_a_database_that_is_away_fails_all_and_changes_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    (group,) = await groups_of(service, 1)
    before = await service.row_counts()

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("", {}, Exception("away"))

    with monkeypatch.context() as broken:
        broken.setattr(statements, "move_heads", away)
        outcomes = await submit(writer_of(service), [entry_of(group, member) for member in group.members])

    assert seqs(outcomes) == ["database_unavailable"] * 2
    assert await service.row_counts() == before
    assert seqs(await submit(writer_of(service), [entry_of(group, group.members[0])])) == [2]
    assert await service.rows(select(Conversation.seq)) == [2]


async def test_p6_an_answer_means_that_it_is_committed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Acknowledged after the commit and before sockets are woken."""
    (group,) = await groups_of(service, 1)
    order: list[str] = []
    real = service.database.write_in_thread

    async def traced(work: Any) -> Any:
        result = await real(work)
        order.append("committed")
        return result

    monkeypatch.setattr(service.database, "write_in_thread", traced)
    log_writer = writer_of(service)
    monkeypatch.setattr(log_writer, "_appended", lambda _: order.append("woken"))
    done = asyncio.Event()

    def told(_: Outcome) -> None:
        order.append("acknowledged")
        if order.count("acknowledged") == 2:
            done.set()

    log_writer.submit(entry_of(group, group.members[0]), told)
    log_writer.submit(entry_of(group, group.members[1]), told)
    await done.wait()

    assert order == ["committed", "acknowledged", "acknowledged", "woken"]


async def test_a_listener_that_fails_stops_nobody(service: Service) -> None:
    (group,) = await groups_of(service, 1)

    def broken(_: Outcome) -> None:
        raise RuntimeError("the socket is gone")

    writer_of(service).submit(entry_of(group, group.members[0]), broken)
    assert seqs(await submit(writer_of(service), [entry_of(group, group.members[1])])) == [3]


async def test_too_many_waiting_entries_are_refused(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    (group,) = await groups_of(service, 1)
    monkeypatch.setattr(writer, "MAX_PENDING", 0)

    with pytest.raises(Unavailable) as refused:
        writer_of(service).submit(entry_of(group, group.members[0]), lambda _: None)

    assert refused.value.code == "overloaded"


async def test_waiting_entries_are_bounded_in_bytes(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    (group,) = await groups_of(service, 1)
    entries = [entry_of(group, group.members[0]) for _ in range(4)]
    monkeypatch.setattr(writer, "MAX_PENDING_BYTES", 3 * len(entries[0].content))
    written = asyncio.create_task(submit(writer_of(service), entries[:3]))
    await asyncio.sleep(0)  # they wait now, and the writer has not had its turn

    with pytest.raises(Unavailable) as refused:
        writer_of(service).submit(entries[3], lambda _: None)

    assert (refused.value.code, refused.value.retry_after) == ("overloaded", 1)
    assert seqs(await written) == [2, 3, 4]
    assert seqs(await submit(writer_of(service), entries[3:])) == [5]


async def test_closing_writes_what_waits_and_takes_nothing_more(service: Service) -> None:
    (group,) = await groups_of(service, 1)
    extra = LogWriter(service.database, lambda _: None)
    outcomes: list[Outcome] = []
    for member in group.members:
        extra.submit(entry_of(group, member), outcomes.append)
    extra.start()

    await extra.close()

    assert seqs(outcomes) == [2, 3]
    with pytest.raises(ApiError):
        extra.submit(entry_of(group, group.members[0]), outcomes.append)


async def test_two_processes_write_one_log(start: StartService) -> None:
    """Each has its writer; the conversation's lock orders them."""
    one, other = await start(), await start()
    (group,) = await groups_of(one, 1)
    author = group.members[0]

    results = await asyncio.gather(
        *(submit(writer_of(each), [entry_of(group, author) for _ in range(10)]) for each in (one, other) * 3)
    )

    assert sorted(seq for result in results for seq in seqs(result)) == list(range(2, 62))
    rows = await group.log(author)
    assert [row["previous_chain"] for row in rows[1:]] == [row["chain"] for row in rows[:-1]]


async def test_p6_1_two_processes_and_one_epoch(start: StartService) -> None:
    one, other = await start(), await start()
    (group,) = await groups_of(one, 1)
    alice, bob = group.members
    bob.http = other.client()

    answers = await asyncio.gather(
        *(each.call("POST", group.commits, group.commit_body(uuid7())) for each in (alice, bob) * 3)
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert (await group.session(bob))["epoch"] == 2
