"""Measurements of a quantum computer of IBM, by jobs that may wait in its queue for hours.

Promises: the library is imported in short-lived child processes only: one hands in a job, later ones ask for its
result, further and further apart; no request ever waits for any of it. Qubits that the machine reports as bad, or
that a sample shows to be biased, are left out. No more seconds of the machine are used in a day (UTC) than allowed.
What was used and the job on its way outlive a restart. Neither token nor instance stands in an error, a log or a
`repr`. Does not: trust IBM, who sees every bit. What is
credited is half a bit per bit, and it is only ever mixed with the operating system's.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

from quantum_service.entropy.health import most_common_value
from quantum_service.entropy.sources import RawBlock, SourceFailed
from quantum_service.entropy.sources.child import Answer, ask
from quantum_service.entropy.sources.ibm_record import Pending, Record, Remembered

TIMEOUT_SECONDS: Final = 180.0
FIRST_LOOK_SECONDS: Final = 5.0
LONGEST_LOOK_SECONDS: Final = 300.0
MOST_MISSES: Final = 10
SHOTS: Final = 20_000
MOST_QUBITS: Final = 127
FIT_ESTIMATE: Final = 0.9
"""The most common value of a qubit's sample must leave this much min-entropy, in bits per bit."""
_SECONDS_PER_SHOT: Final = 0.0005
_OVERHEAD_SECONDS: Final = 2.0
JOB_FAILED: Final = "job_failed"
_WAY_OUT: Final = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
_WORKER: Final = "quantum_service.entropy.sources.ibm_worker"
NOTHING_KEPT: Final = Record(None)


@dataclass(frozen=True)
class IbmAccess:
    """What `QISKIT_IBM_*` and `QUANTUM_IBM_*` say."""

    token: str = field(repr=False)
    instance: str | None = field(repr=False)
    channel: str = "ibm_quantum_platform"
    backend: str | None = None
    """Its name; else the least busy one."""
    seconds_per_day: float = 20.0

    def environment(self) -> dict[str, str]:
        """For the child alone: on its command line or in its question a token could be seen."""
        given = {"QISKIT_IBM_TOKEN": self.token, "QISKIT_IBM_CHANNEL": self.channel}
        given |= {name: os.environ[name] for name in _WAY_OUT if name in os.environ}
        return given | ({"QISKIT_IBM_INSTANCE": self.instance} if self.instance else {})


@dataclass
class Budget:
    """Seconds of the machine used today."""

    seconds_per_day: float
    today: Callable[[], date]
    used: float = 0.0
    day: date | None = None

    @property
    def left(self) -> float:
        if self.day != self.today():
            self.day, self.used = self.today(), 0.0
        return self.seconds_per_day - self.used

    def charge(self, seconds: float) -> None:
        self.used += seconds


class IbmSource:
    name = "ibm-quantum"
    quantum = True
    simulated = False
    expected_min_entropy = 0.8
    credited_min_entropy = 0.5
    kept_seeds = 4096

    def __init__(
        self,
        access: IbmAccess,
        *,
        command: tuple[str, ...] | None = None,
        shots: int = SHOTS,
        qubits: int = MOST_QUBITS,
        first_look: float = FIRST_LOOK_SECONDS,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
        record: Record = NOTHING_KEPT,
    ) -> None:
        self._access = access
        self._command = command or (sys.executable, "-m", _WORKER)
        self._shots = shots
        self._qubits = qubits
        self._first_look = first_look
        self._record = record
        self._misses = 0
        kept = record.load()
        self._pending = kept.pending
        self._biased = {backend: set(qubits) for backend, qubits in kept.biased.items()}
        self.budget = Budget(access.seconds_per_day, today, kept.used_seconds, kept.day)

    async def sample(self) -> RawBlock:
        """The block of the job that is on its way, or of a new one; may take hours."""
        if self._pending is None:
            self._pending = await self._submit()
            self._keep()
        pause = self._first_look
        while (answer := await self._look(self._pending)) is None:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_LOOK_SECONDS)
        pending, self._pending = self._pending, None
        try:
            return self._block(pending, answer)
        finally:
            self._keep()

    async def _submit(self) -> Pending:
        left = self.budget.left
        if left < self._estimate:
            raise SourceFailed("budget_used_up")
        # Before it is handed in: whoever stops the service meanwhile has paid for it.
        self._charge(self._estimate)
        try:
            answer = await self._ask(
                step="submit",
                backend=self._access.backend,
                shots=self._shots,
                qubits=self._qubits,
                biased=self._told_biased,
                max_seconds=max(1, int(left)),
            )
        except SourceFailed:
            self._charge(-self._estimate)
            raise
        qubits, unfit = (tuple(map(int, answer.header[name])) for name in ("qubits", "unfit"))
        return Pending(job_id=answer.text("job_id"), backend=answer.text("backend"), qubits=qubits, unfit=unfit)

    def _charge(self, seconds: float) -> None:
        self.budget.charge(seconds)
        self._keep()

    def _keep(self) -> None:
        budget = self.budget
        self._record.keep(
            Remembered(day=budget.day, used_seconds=budget.used, pending=self._pending, biased=self._told_biased)
        )

    @property
    def _told_biased(self) -> dict[str, list[int]]:
        return {backend: sorted(unfit) for backend, unfit in self._biased.items()}

    async def _look(self, pending: Pending) -> Answer | None:
        """A job that cannot be had again and again is given up: what was read once IBM has deleted."""
        try:
            answer = await self._fetch(pending)
        except SourceFailed as failure:
            self._misses += 1
            if failure.reason == JOB_FAILED or self._misses >= MOST_MISSES:
                self._pending, self._misses = None, 0
                self._keep()
            raise
        self._misses = 0
        return answer

    async def _fetch(self, pending: Pending) -> Answer | None:
        answer = await self._ask(step="fetch", job_id=pending.job_id, qubits=len(pending.qubits))
        if answer.header.get("gone"):
            raise SourceFailed(JOB_FAILED)
        if not answer.streams:
            return None
        used = answer.header.get("seconds")
        if isinstance(used, int | float):
            self.budget.charge(used - self._estimate)
        return answer

    @property
    def _estimate(self) -> float:
        return _OVERHEAD_SECONDS + self._shots * _SECONDS_PER_SHOT

    async def _ask(self, **question: Any) -> Answer:
        return await ask(self._command, question, TIMEOUT_SECONDS, self._access.environment())

    def _block(self, pending: Pending, answer: Answer) -> RawBlock:
        """Without biased qubits, which are not asked again; when most are, with all: the health tests must see that."""
        if len(answer.streams) != len(pending.qubits):
            raise SourceFailed("malformed")
        measured = dict(zip(pending.qubits, answer.streams, strict=True))
        fit = {qubit: stream for qubit, stream in measured.items() if most_common_value(stream) >= FIT_ESTIMATE}
        if 2 * len(fit) < len(measured):
            return RawBlock(answer.streams, pending.backend, pending.job_id)
        biased = self._biased.setdefault(pending.backend, set())
        biased.update(measured.keys() - fit.keys())
        dropped = tuple(sorted(biased | set(pending.unfit)))
        return RawBlock(tuple(fit.values()), pending.backend, pending.job_id, dropped)
