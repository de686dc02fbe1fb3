"""The way to IBM's machines, against a local simulator that reads 1 as 0 more often than 0 as 1."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
import structlog

from quantum_service.entropy.filler import PoolFiller
from quantum_service.entropy.health import most_common_value
from quantum_service.entropy.pool import EntropyPool
from quantum_service.entropy.sources import SourceFailed
from quantum_service.entropy.sources.child import Answer
from quantum_service.entropy.sources.ibm import MOST_MISSES, IbmAccess, IbmSource
from quantum_service.entropy.sources.ibm_record import Record
from quantum_service.entropy.sources.ibm_worker import chosen, unfit_qubits
from quantum_service.settings import QuantumSettings
from quantum_service.sources import configured_sources
from shared.settings import ConfigurationError

TOKEN: Final = "a-token-that-nobody-may-see"
INSTANCE: Final = "crn:v1:an-instance-that-nobody-may-see"
LOCAL: Final = (sys.executable, "-m", "tests.unit.quantum.local_ibm")
SHOTS: Final = 65_536
"""So many that what chance does to the shares of bits is six times smaller than what is asserted of them."""


class Day:
    today = date(2026, 11, 21)

    def __call__(self) -> date:
        return self.today


def source(seconds_per_day: float = 60, day: Day | None = None, backend: str | None = None) -> IbmSource:
    access = IbmAccess(TOKEN, INSTANCE, backend=backend, seconds_per_day=seconds_per_day)
    return IbmSource(access, command=LOCAL, shots=SHOTS, qubits=4, first_look=0, today=day or Day())


async def test_a_job_on_a_machine_with_asymmetric_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bias seen, the bad qubit dropped and not asked again, job id in the receipt, half a bit credited for each."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    ibm = source()
    block = await ibm.sample()
    assert len(block.streams) == 3
    assert block.dropped == (3,)
    ones = [int.from_bytes(stream, "big").bit_count() / SHOTS for stream in block.streams]
    assert ones[0] < 0.492, "the first qubit's bias, 0.48, is seen"
    assert all(most_common_value(stream) >= 0.9 for stream in block.streams)
    options = json.loads((tmp_path / "options").read_text())
    assert options == {"private": True, "twirled": False, "max_execution_time": 60, "token": TOKEN}
    assert ibm.budget.left == pytest.approx(60 - 7.5), "what the machine says it took"

    pool = EntropyPool([ibm])
    pool.take_in(pool.stocks[0], block)
    receipt = pool.draw(32).receipt
    [part] = receipt.parts
    assert (part.source, part.backend, part.job_id) == ("ibm-quantum", "aer_simulator", block.job_id)
    assert (part.dropped_emitters, part.simulated) == ([3], False)
    assert receipt.credited_bits == 512
    assert not (tmp_path / block.job_id).exists(), "read once"


async def test_neither_token_nor_instance_is_ever_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    ibm = source(backend="another")
    pool = EntropyPool([ibm])
    with structlog.testing.capture_logs() as logs:
        assert not await PoolFiller(pool)._fill_once(pool.stocks[0])
    assert pool.stocks[0].state().last_failure == "KeyError", "the library's error, by its type alone"
    settings = QuantumSettings(qiskit_ibm_token=TOKEN, qiskit_ibm_instance=INSTANCE)
    [made, _] = configured_sources(settings)
    told = [logs, repr(ibm), repr(ibm._access), repr(settings), repr(made), repr(vars(made))]
    told += [pool.state().model_dump_json(), pool.draw(32).receipt.model_dump_json(), *capfd.readouterr()]
    assert logs
    assert not any(secret in str(text) for secret in (TOKEN, INSTANCE) for text in told)


class Scripted(IbmSource):
    """Its child's answers, or failures, are given."""

    def __init__(
        self,
        *answers: Answer | BaseException,
        seconds_per_day: float = 60,
        day: Day | None = None,
        record: Path | None = None,
    ) -> None:
        access = IbmAccess(TOKEN, INSTANCE, seconds_per_day=seconds_per_day)
        super().__init__(access, first_look=0, today=day or Day(), record=Record(record))
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    async def _ask(self, **question: Any) -> Answer:
        self.asked.append(question)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


HANDED_IN: Final = Answer({"job_id": "job", "backend": "ibm_x", "qubits": [4, 7], "unfit": [5]}, ())
WAITS: Final = Answer({}, ())
GONE: Final = Answer({"gone": True}, ())


def measured(*streams: bytes, seconds: float | None = 12.0) -> Answer:
    return Answer({"seconds": seconds}, streams)


FAIR: Final = bytes(range(256)) * 10
STUCK: Final = b"\xff" * 2560


async def test_no_more_seconds_than_a_day_may_have() -> None:
    day = Day()
    ibm = Scripted(HANDED_IN, measured(FAIR, FAIR), HANDED_IN, WAITS, measured(FAIR, FAIR), seconds_per_day=20, day=day)
    await ibm.sample()
    assert ibm.asked[0]["max_seconds"] == 20
    with pytest.raises(SourceFailed, match="budget_used_up"):
        await ibm.sample()
    assert len(ibm.asked) == 2, "nobody was asked"
    day.today = date(2026, 11, 22)
    await ibm.sample()
    assert ibm.asked[-1]["step"] == "fetch"


async def test_a_machine_that_does_not_say_what_it_took_is_charged_the_estimate() -> None:
    ibm = Scripted(HANDED_IN, measured(FAIR, FAIR, seconds=None))
    await ibm.sample()
    assert ibm.budget.left == 60 - 12


async def test_a_job_on_its_way_is_taken_up_again_after_a_failure() -> None:
    ibm = Scripted(HANDED_IN, SourceFailed("timeout"), WAITS, measured(FAIR, FAIR))
    with pytest.raises(SourceFailed, match="timeout"):
        await ibm.sample()
    assert (await ibm.sample()).job_id == "job"
    assert [question["step"] for question in ibm.asked] == ["submit", "fetch", "fetch", "fetch"]


async def test_a_job_that_failed_or_cannot_be_had_is_given_up() -> None:
    ibm = Scripted(HANDED_IN, GONE, HANDED_IN, *[SourceFailed("timeout")] * MOST_MISSES, HANDED_IN, GONE)
    for reason in ["job_failed", *["timeout"] * MOST_MISSES, "job_failed"]:
        with pytest.raises(SourceFailed, match=reason):
            await ibm.sample()
    assert [question["step"] for question in ibm.asked].count("submit") == 3


async def test_a_job_and_the_seconds_of_the_day_outlive_a_restart(tmp_path: Path) -> None:
    record, day = tmp_path / "data" / "ibm.json", Day()
    before = Scripted(HANDED_IN, SourceFailed("timeout"), seconds_per_day=20, record=record, day=day)
    with pytest.raises(SourceFailed, match="timeout"):
        await before.sample()
    after = Scripted(measured(FAIR, STUCK), seconds_per_day=20, record=record, day=day)
    block = await after.sample()
    assert (block.job_id, block.streams, block.dropped) == ("job", (FAIR,), (5, 7))
    assert [question["step"] for question in after.asked] == ["fetch"], "the job is not handed in twice"
    later = Scripted(HANDED_IN, GONE, seconds_per_day=20, record=record, day=day)
    with pytest.raises(SourceFailed, match="budget_used_up"):
        await later.sample()
    day.today = date(2026, 11, 22)
    with pytest.raises(SourceFailed, match="job_failed"):
        await later.sample()
    assert later.asked[0]["biased"] == {"ibm_x": [7]}
    next_start = Scripted(seconds_per_day=20, record=record, day=day)
    assert (next_start._pending, next_start.budget.left) == (None, 8), (
        "the job that failed is forgotten, its time is not"
    )


async def test_who_stops_the_service_while_a_job_is_handed_in_has_paid_for_it(tmp_path: Path) -> None:
    record = tmp_path / "ibm.json"
    stopped = Scripted(asyncio.CancelledError(), record=record)
    with pytest.raises(asyncio.CancelledError):
        await stopped.sample()
    refused = Scripted(SourceFailed("timeout"), record=record)
    with pytest.raises(SourceFailed):
        await refused.sample()
    assert Scripted(record=record).budget.left == 60 - 12


def test_the_record_is_its_owners_and_names_no_secret(tmp_path: Path) -> None:
    record = tmp_path / "ibm.json"
    asyncio.run(Scripted(HANDED_IN, measured(FAIR, FAIR), record=record).sample())
    assert record.stat().st_mode & 0o777 == 0o600
    assert not any(secret in record.read_text() for secret in (TOKEN, INSTANCE))
    assert list(tmp_path.iterdir()) == [record]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"used_seconds": "many"}'])
async def test_a_record_that_cannot_be_read_or_kept_stops_nothing(tmp_path: Path, content: str) -> None:
    record = tmp_path / "ibm.json"
    record.write_text(content)
    assert (await Scripted(HANDED_IN, measured(FAIR, FAIR), record=record).sample()).job_id == "job"
    (tmp_path / "file").touch()
    nowhere = tmp_path / "file" / "ibm.json"
    assert (await Scripted(HANDED_IN, measured(FAIR, FAIR), record=nowhere).sample()).job_id == "job"


async def test_biased_qubits_are_not_asked_again_and_a_machine_that_is_all_biased_is_not_hidden() -> None:
    ibm = Scripted(HANDED_IN, measured(FAIR, STUCK), HANDED_IN, measured(STUCK, STUCK))
    block = await ibm.sample()
    assert (block.streams, block.dropped) == ((FAIR,), (5, 7))
    assert (await ibm.sample()).streams == (STUCK, STUCK)
    assert ibm.asked[2]["biased"] == {"ibm_x": [7]}


async def test_an_answer_of_another_width_is_refused() -> None:
    ibm = Scripted(HANDED_IN, measured(FAIR))
    with pytest.raises(SourceFailed, match="malformed"):
        await ibm.sample()


def test_qubits_that_the_machine_itself_calls_bad_are_left_out() -> None:
    class Figures:
        def __init__(self, error: float | None) -> None:
            self.error = error

    measure = {(0,): Figures(0.01), (1,): Figures(0.24), (2,): None, (3,): Figures(None), (4,): Figures(0.05)}
    assert unfit_qubits({"measure": measure}) == {1}
    assert chosen(6, {1, 3}, 3) == [0, 2, 4]


def test_what_stands_in_the_environment() -> None:
    assert IbmAccess(TOKEN, None).environment()["QISKIT_IBM_CHANNEL"] == "ibm_quantum_platform"
    assert "QISKIT_IBM_INSTANCE" not in IbmAccess(TOKEN, None).environment()
    assert IbmAccess(TOKEN, INSTANCE).environment()["QISKIT_IBM_INSTANCE"] == INSTANCE


def test_the_sources_that_settings_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def names() -> list[str]:
        return [made.name for made in configured_sources(QuantumSettings())]

    assert names() == ["aer-simulator"]
    monkeypatch.setenv("QISKIT_IBM_TOKEN", TOKEN)
    assert names() == ["ibm-quantum", "aer-simulator"]
    monkeypatch.setenv("QUANTUM_ENTROPY_SOURCE", "os, aer,os")
    assert names() == ["os", "aer-simulator"]
    monkeypatch.setenv("QUANTUM_ENTROPY_SOURCE", "ibm")
    monkeypatch.delenv("QISKIT_IBM_TOKEN")
    with pytest.raises(ConfigurationError, match="QISKIT_IBM_TOKEN is missing"):
        names()
