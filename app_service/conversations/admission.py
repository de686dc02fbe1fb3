"""Critical messages on their way to the writer: verified first, and given a receipt (PROTOCOL.md 8.2).

Promises: nothing is stored whose signature quantum_service has not verified with the device's certified key; those that
wait are taken together, in their order, with one round trip for verdicts and receipts; no transaction is open meanwhile
and the writer never waits. With quantum_service away, everything that waits hears so at once and nothing is kept: the
sender's outbox has it. An id that was answered before gets its first answer, also then (P5.4).
Does not: judge place and epoch. The writer does, and a receipt of what it refuses is thrown away.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter, Histogram

from app_service.conversations import statements
from app_service.conversations.append import Outcome
from app_service.conversations.critical import critical_digest, receipt_digest, receipt_statement
from app_service.conversations.entries import Ack, Entry, NotaryReceipt, Signature
from app_service.conversations.refusals import bad_signature, not_found
from app_service.conversations.writer import LogWriter, Resolve
from app_service.db import Database
from app_service.directory import repository as directory
from app_service.models.base import now, to_milliseconds
from app_service.notary import Notary, NotaryKeeper
from app_service.quantum_client import QuantumClient
from shared.encoding import Label
from shared.errors import ApiError, Unavailable
from shared.logging import get_logger
from shared.schemas.quantum import SignItem, Verdict, VerifyItem

log = get_logger("admission")

MAX_BATCH: Final = 32
MAX_WAITING: Final = 1_000


class _Waiting(NamedTuple):
    entry: Entry
    signature: Signature
    resolve: Resolve


@dataclass(frozen=True)
class _Known:
    """What the database says about a batch."""

    answered: Mapping[tuple[UUID, UUID], Ack]
    participants: set[tuple[UUID, UUID]]
    keys: Mapping[UUID, bytes]
    """Certified keys of devices that are not revoked."""


class AdmissionMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.outcomes = Counter(
            "critical_messages_total",
            "Critical messages by their verdict",
            ("outcome",),
            registry=registry,
        )
        self.seconds = Histogram(
            "critical_verification_seconds", "Time of one round trip for verdicts and receipts", registry=registry
        )


class Admission:
    """One task per process; `submit` never waits."""

    def __init__(
        self,
        database: Database,
        quantum: QuantumClient,
        notary: NotaryKeeper,
        writer: LogWriter,
        metrics: AdmissionMetrics,
    ) -> None:
        self._database = database
        self._quantum = quantum
        self._notary = notary
        self._writer = writer
        self._metrics = metrics
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="admission")

    async def close(self) -> None:
        """Finish the batch at hand; what waits hears that it was not taken."""
        self._closing = True
        self._arrived.set()
        if self._task is not None:
            await self._task
        self._refuse_all(_overloaded())

    def submit(self, entry: Entry, signature: Signature, resolve: Resolve) -> None:
        """Queue a signed message; `resolve` gets ack or refusal. 503 when too many wait."""
        if self._closing or len(self._waiting) >= MAX_WAITING:
            raise _overloaded()
        self._waiting.append(_Waiting(entry, signature, resolve))
        self._arrived.set()

    async def _run(self) -> None:
        while not self._closing:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting and not self._closing:
                batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
                await self._take(batch)

    async def _take(self, batch: Sequence[_Waiting]) -> None:
        open_ones = batch
        try:
            known = await self._look([each.entry for each in batch])
            open_ones = [each for each in batch if not _settled(each, known)]
            if open_ones:
                await self._admit(open_ones, known)
        except Unavailable as error:
            # Whoever comes later would wait for the same thing in vain.
            self._refuse(open_ones, error)
            self._refuse_all(error)
        except Exception as error:
            log.exception("admission_failed", kind=type(error).__name__)
            failed = Unavailable("internal_error", "The server failed. Nothing was changed.", retry_after=2)
            self._refuse(open_ones, failed)

    async def _look(self, entries: Sequence[Entry]) -> _Known:
        ids = {(each.author.device_id, each.client_id) for each in entries}
        places = {(each.conversation_id, each.author.user_id) for each in entries}
        async with self._database.read() as session:
            devices = await directory.device_keys(session, {each.author.device_id for each in entries})
            return _Known(
                await session.run_sync(lambda sync: statements.first_answers(sync.connection(), ids)),
                await session.run_sync(lambda sync: statements.participants(sync.connection(), places)),
                {device.device_id: device.signature_key for device in devices.values() if not device.revoked},
            )

    async def _admit(self, batch: Sequence[_Waiting], known: _Known) -> None:
        time = to_milliseconds(now())
        receipts = [receipt_statement(each.entry, time) for each in batch]
        verdicts, signatures = await self._ask([_verification(each, known) for each in batch], receipts)
        for each, verdict, statement, signature in zip(batch, verdicts, receipts, signatures, strict=True):
            self._metrics.outcomes.labels(verdict.code).inc()
            if verdict.valid:
                self._pass_on(each, NotaryReceipt(statement, signature))
            else:
                _tell(each, bad_signature(verdict.code))

    async def _ask(self, signed: list[VerifyItem], receipts: Sequence[bytes]) -> tuple[list[Verdict], list[bytes]]:
        """Verdicts and receipts at once: a receipt of what turns out invalid goes nowhere."""
        try:
            notary = self._notary.current()
            with self._metrics.seconds.time():
                return await asyncio.gather(
                    self._quantum.verify(signed),
                    self._quantum.sign([_signing(notary, statement) for statement in receipts]),
                )
        except Unavailable:
            self._metrics.outcomes.labels("unavailable").inc(len(signed))
            raise

    def _pass_on(self, each: _Waiting, receipt: NotaryReceipt) -> None:
        try:
            self._writer.submit(each.entry._replace(receipt=receipt), each.resolve)
        except ApiError as refusal:
            _tell(each, refusal)

    def _refuse_all(self, error: ApiError) -> None:
        waiting = list(self._waiting)
        self._waiting.clear()
        self._refuse(waiting, error)

    @staticmethod
    def _refuse(batch: Sequence[_Waiting], error: ApiError) -> None:
        for each in batch:
            _tell(each, error)


def _settled(each: _Waiting, known: _Known) -> bool:
    """Whether nobody needs to be asked: answered before, or a stranger, who learns nothing."""
    author = each.entry.author
    first = known.answered.get((author.device_id, each.entry.client_id))
    own = (each.entry.conversation_id, author.user_id) in known.participants and author.device_id in known.keys
    if first is not None:
        _tell(each, first)
    elif not own:
        _tell(each, not_found())
    return first is not None or not own


def _verification(each: _Waiting, known: _Known) -> VerifyItem:
    return VerifyItem(
        public_key=known.keys[each.entry.author.device_id],
        label=Label.CRITICAL,
        message=critical_digest(each.entry),
        signature=each.signature.packed,
    )


def _signing(notary: Notary, statement: bytes) -> SignItem:
    return SignItem(
        public_key=notary.public_key,
        wrapped_private_key=notary.wrapped_private_key,
        usage="sign:receipt",
        message=receipt_digest(statement),
    )


def _tell(waiting: _Waiting, outcome: Outcome) -> None:
    with suppress(Exception):  # a socket that is gone must not stop the others
        waiting.resolve(outcome)


def _overloaded() -> Unavailable:
    return Unavailable("overloaded", "The server has more to verify than it can take now.", retry_after=1)
