"""The benchmark starts, and its checker and its profile see what they must see. No figure is judged here."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from quantum_service.entropy.pool import EntropyPool
from quantum_service.entropy.sources.os import OsSource
from tests.bench import entropy, in_process, memory, profiling, sizes
from tests.bench.check import NotKept, check
from tests.bench.contributions import establish_over_http
from tests.bench.conversation import RECEIPT_ROWS
from tests.bench.load import AT_LEAST, Result
from tests.bench.pool import crowd
from tests.bench.quantum import quantum_service
from tests.bench.server import Server, running

PAIRS = 2


class Run:
    def __init__(self, file: Path, result: Result) -> None:
        self.file, self.result = file, result

    def check(self) -> int:
        return check(f"sqlite:///{self.file}", self.result.acknowledged)

    def change(self, statement: str) -> None:
        with sqlite3.connect(self.file) as connection:
            assert connection.execute(statement).rowcount == 1
        connection.close()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("bench")
    with running(folder, pairs=PAIRS) as server:
        result = server.measure(warm_up=0, seconds=0)
    return Run(folder / "quantumchat.db", result)


@pytest.fixture
def run(kept: Run, tmp_path: Path) -> Run:
    """A copy that may be spoilt."""
    with sqlite3.connect(kept.file) as source, sqlite3.connect(tmp_path / "copy.db") as copy:
        source.backup(copy)
    source.close()
    copy.close()
    return Run(tmp_path / "copy.db", kept.result)


def test_every_acknowledged_message_is_stored_once(run: Run) -> None:
    acknowledged = run.result.acknowledged
    assert len(acknowledged) == PAIRS
    assert all(len(acks) >= AT_LEAST for acks in acknowledged.values())
    assert run.check() == sum(map(len, acknowledged.values()))
    assert run.result.messages == len(run.result.times) >= PAIRS * AT_LEAST


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("DELETE FROM log_entries WHERE rowid = (SELECT max(rowid) FROM log_entries)", "head is not the last row"),
        ("UPDATE log_entries SET content = x'00' WHERE rowid = 1", "chain breaks at row"),
        ("UPDATE log_entries SET chain = body_hash WHERE rowid = 2", "chain breaks at row"),
        ("UPDATE log_entries SET sender_tag = x'00' WHERE rowid = 3", "chain breaks at row"),
        ("UPDATE conversations SET seq = seq + 1 WHERE rowid = 1", "head is not the last row"),
    ],
)
def test_a_spoilt_log_is_seen(run: Run, statement: str, complaint: str) -> None:
    run.change(statement)
    with pytest.raises(NotKept, match=complaint):
        run.check()


def test_a_lost_or_other_answer_is_seen(run: Run) -> None:
    [(log_id, acks), *_] = run.result.acknowledged.items()
    client_id, seq, chain = acks[-1]
    for spoilt in (("0" * 36, seq, chain), (client_id, seq - 1, chain), (client_id, seq, "")):
        with pytest.raises(NotKept):
            check(f"sqlite:///{run.file}", {**run.result.acknowledged, log_id: [*acks[:-1], spoilt]})


def test_an_open_loop_counts_every_message_that_was_due(tmp_path: Path) -> None:
    with running(tmp_path, pairs=PAIRS) as server:
        result = server.measure(warm_up=0, seconds=0, rate=100)

    assert len(result.times) == len(result.ack_times) == result.messages >= PAIRS * AT_LEAST
    assert Run(tmp_path / "quantumchat.db", result).check() >= result.messages


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("bench"), pairs=1) as started:
        yield started


def test_idle_sockets_stay_open_while_memory_is_read(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LOOK_SECONDS", 0.05)
    before, after = asyncio.run(memory.with_sockets(server, 2))

    assert before > 0
    assert after > 0


def test_bytes_on_the_way_hold_the_message(server: Server) -> None:
    found = asyncio.run(sizes.measure(server, size=1000, messages=RECEIPT_ROWS))

    as_text = 1000 * 4 / 3
    assert found.to_server > as_text
    assert found.to_receiver > as_text
    assert found.to_sender > 0
    assert found.receipts > 0
    assert found.stored >= 0


def test_quantum_service_is_asked_as_its_callers_do(tmp_path: Path) -> None:
    with quantum_service(tmp_path, QUANTUM_ENTROPY_SOURCE="os") as service:
        draws = asyncio.run(crowd(service, callers=2, go_on=lambda: False))
        calls, cpu = asyncio.run(establish_over_http(service, recipients=2, rounds=2))

    assert len(draws) >= 2
    assert len(calls) == 2
    assert cpu >= 0


def test_keys_from_a_pool_that_refills_are_timed() -> None:
    pool = EntropyPool([OsSource()])
    assert len(entropy.while_refilling(pool, draws=2 * entropy.CALLERS)) == 2 * entropy.CALLERS
    assert pool.stocks[0].filled_bits > 0


def test_the_same_work_is_measured_in_process() -> None:
    times = in_process.main(recipients=2, rounds=1)
    assert {name: len(seconds) for name, seconds in times.items()} == {
        "establish": 1,
        "sign": 1,
        "encapsulate": 1,
        "draw": 1,
    }


def test_a_profile_shares_the_cost_of_a_message_out_over_functions() -> None:
    folded = """\
thread (1): MainThread;run (uvloop/__init__.py:1);decode (app_service/socket/frames.py:9) 3
thread (1): MainThread;run (uvloop/__init__.py:1) 5
thread (2): log-writer_0;do_commit (sqlalchemy/engine/default.py:2) 2
"""
    lines = "\n".join(profiling.Profile(folded, {1: 4.0, 2: 1.0}).report(microseconds=100))

    assert "**event loop**: 80% of the CPU, 80 µs per message" in lines
    assert "**log writer's thread**: 20% of the CPU, 20 µs per message" in lines
    assert "uvloop 50 · app_service 30" in lines
    assert "| 50.0 | 80.0 | `run (uvloop/__init__.py)` |" in lines
    assert "| 30.0 | 30.0 | `decode (app_service/socket/frames.py)` |" in lines
