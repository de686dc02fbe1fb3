"""Measurements of a quantum computer of IBM, by jobs that may wait in its queue for hours.

Promises: the library is imported in short-lived child processes only: one hands in a job, later ones ask for its
result, further and further apart; no request ever waits for any of it. Qubits that the machine reports as bad, or
that a sample shows to be biased, are left out. No more seconds of the machine are used in a day (UTC) than allowed.
Neither token nor instance stands in an error, a log or a `repr`. Does not: trust IBM, who sees every bit. What is
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
    _day: date | None = None

    @property
    def left(self) -> float:
        if self._day != self.today():
            self._day, self.used = self.today(), 0.0
        return self.seconds_per_day - self.used

    def charge(self, seconds: float) -> None:
        self.used += seconds


@dataclass(frozen=True)
class Pending:
    job_id: str
    backend: str
    qubits: tuple[int, ...]
    unfit: tuple[int, ...]
    """Of that machine, left out by the error of measurement that it reports."""


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
    ) -> None:
        self._access = access
        self._command = command or (sys.executable, "-m", _WORKER)
        self._shots = shots
        self._qubits = qubits
        self._first_look = first_look
        self._pending: Pending | None = None
        self._misses = 0
        self._biased: dict[str, set[int]] = {}
        self.budget = Budget(access.seconds_per_day, today)

    async def sample(self) -> RawBlock:
        """The block of the job that is on its way, or of a new one; may take hours."""
        if self._pending is None:
            self._pending = await self._submit()
        pause = self._first_look
        while (answer := await self._look(self._pending)) is None:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_LOOK_SECONDS)
        pending, self._pending = self._pending, None
        return self._block(pending, answer)

    async def _submit(self) -> Pending:
        if self.budget.left < self._estimate:
            raise SourceFailed("budget_used_up")
        answer = await self._ask(
            step="submit",
            backend=self._access.backend,
            shots=self._shots,
            qubits=self._qubits,
            biased={backend: sorted(unfit) for backend, unfit in self._biased.items()},
            max_seconds=max(1, int(self.budget.left)),
        )
        self.budget.charge(self._estimate)
        qubits, unfit = (tuple(map(int, answer.header[name])) for name in ("qubits", "unfit"))
        return Pending(answer.text("job_id"), answer.text("backend"), qubits, unfit)

    async def _look(self, pending: Pending) -> Answer | None:
        """A job that cannot be had again and again is given up: what was read once IBM has deleted."""
        try:
            answer = await self._fetch(pending)
        except SourceFailed as failure:
            self._misses += 1
            if failure.reason == JOB_FAILED or self._misses >= MOST_MISSES:
                self._pending, self._misses = None, 0
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
