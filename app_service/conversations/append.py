"""Appending a batch of messages to their logs, in one transaction (PROTOCOL.md 5; DESIGN.md section 4).

Promises: a fixed number of statements whatever the size of the batch; seq without gaps under each conversation's lock;
one bad entry is refused without harm to its neighbours; a repeated (device, client id) gets the first answer.
Does not: wake anybody, or take commits and last messages: those change more than the log (`commits.py`, `closing.py`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection as Transaction

from app_service.conversations import statements
from app_service.conversations.entries import Ack, Entry, Head, Row, ack_of, extend
from app_service.conversations.refusals import (
    attachment_missing,
    bad_expiry,
    bad_message,
    blocked,
    epoch_stale,
    not_active,
    not_allowed,
    not_connected,
    not_found,
    not_in_group,
)
from app_service.conversations.statements import Seat, Standing
from app_service.models.base import to_milliseconds
from shared.errors import ApiError

Outcome = Ack | ApiError
Roster = dict[UUID, Seat]
"""The devices in the group."""

_MAX_REMEMBERED: Final = 20_000


class Outdated(Exception):
    """What was remembered of a log is not what the database says: judge again by what it says."""


class Place(NamedTuple):
    """Where a log stands and who is in its group."""

    locked: Standing
    roster: Roster


class Memory:
    """The places of logs as this process left them. Only a guess: a batch says which chain it moves a head from.

    Each is taken out for a batch and kept again when that is committed, so that what may be wrong is forgotten.
    """

    def __init__(self) -> None:
        self._places: OrderedDict[UUID, Place] = OrderedDict()

    def take(self, entries: Iterable[Entry]) -> dict[UUID, Place]:
        known = {entry.conversation_id: self._places.pop(entry.conversation_id, None) for entry in entries}
        return {log_id: place for log_id, place in known.items() if place is not None}

    def keep(self, places: Iterable[Place]) -> None:
        """Remember logs that may be written to."""
        for place in places:
            if place.locked.writable:
                self._places[place.locked.head.conversation_id] = place
        while len(self._places) > _MAX_REMEMBERED:
            self._places.popitem(last=False)


class Batch:
    """The entries of one transaction and what becomes of them."""

    def __init__(self, entries: Sequence[Entry], moment: datetime) -> None:
        self.entries = entries
        self.rows: list[Row] = []
        self.outcomes: list[Outcome] = []
        self.places: dict[UUID, Place] = {}
        self._spoken_of: dict[UUID, datetime | None] = {}
        self._named = {file for entry in entries for file in entry.attachments}
        self._moment = moment
        self._milliseconds = to_milliseconds(moment)

    def run(self, transaction: Transaction, remembered: Mapping[UUID, Place] | None = None) -> None:
        """Judge and write all entries.

        With places that are remembered, nearly all statements are those that write; `Outdated` and `IntegrityError` ask
        for a second try without them, which reads everything under lock and looks for earlier answers first.
        """
        self.places = dict(remembered or {})
        self._read(transaction, sorted({entry.conversation_id for entry in self.entries} - self.places.keys()))
        before = {log_id: place.locked.head.chain for log_id, place in self.places.items()}
        self._quiet = self._quiet_commits(transaction)
        self._files = statements.own_files(transaction, self._named) if self._named else {}
        answered = statements.first_answers(transaction, self._keys(self.entries)) if remembered is None else {}
        self.outcomes = [self._outcome(entry, answered) for entry in self.entries]
        refused = [entry for entry, outcome in self._pairs() if isinstance(outcome, ApiError)]
        if refused and remembered:
            raise Outdated
        if refused:
            self._look_again(transaction, refused)
        if self.rows:
            self._write(transaction, before)

    def _read(self, transaction: Transaction, log_ids: Sequence[UUID]) -> None:
        if not log_ids:
            return
        heads = statements.heads(transaction, log_ids, lock=True)
        rosters = statements.rosters(transaction, list(heads))
        self.places.update((log_id, Place(locked, rosters.get(log_id, {}))) for log_id, locked in heads.items())

    def _write(self, transaction: Transaction, before: Mapping[UUID, bytes]) -> None:
        moved = [(before[log_id], self.places[log_id].locked.head) for log_id in sorted(self._moved())]
        if not statements.move_heads(transaction, moved, self._moment):
            raise Outdated
        statements.insert_rows(transaction, self.rows)
        if self._spoken_of:
            statements.keep_files(transaction, self._spoken_of)

    def _moved(self) -> set[UUID]:
        return {row.conversation_id for row in self.rows}

    def _outcome(self, entry: Entry, answered: dict[tuple[UUID, UUID], Ack]) -> Outcome:
        key = (entry.author.device_id, entry.client_id)
        first = answered.get(key)
        if first is not None:
            return first
        refusal = self._refusal(entry)
        if refusal is not None:
            return refusal
        locked, roster = self.places[entry.conversation_id]
        tag = roster[entry.author.device_id].sender_tag
        row = extend(locked.head, entry, tag, self._moment, self._milliseconds)
        self.rows.append(row)
        for file in entry.attachments:
            self._spoken_of.setdefault(file, row.expires_at)
        answered[key] = ack = ack_of(row)
        return ack

    def _refusal(self, entry: Entry) -> ApiError | None:
        place = self.places.get(entry.conversation_id)
        if place is None:
            return not_found()
        locked, roster = place
        if not locked.head.open:
            return not_active()
        if locked.blocked:
            return blocked()
        if not locked.connected:
            return not_connected()
        seat = roster.get(entry.author.device_id)
        if seat is None:
            return not_in_group()
        if not seat.posts:
            return not_allowed("post")
        own = (entry.conversation_id, entry.author.user_id)
        if any(self._files.get(file) != own for file in entry.attachments):
            return attachment_missing()
        stale = epoch_refusal(entry, locked.head, previous_is_quiet=entry.conversation_id in self._quiet)
        # A commit that changes the timer is never a quiet one: it is the same in both epochs.
        return stale or (None if entry.lasts == locked.head.timer else bad_expiry(locked.head.timer))

    def _quiet_commits(self, transaction: Transaction) -> set[UUID]:
        """Conversations whose newest commit left the roster alone, among those with an entry of the epoch before."""
        late = {
            (entry.conversation_id, entry.generation, entry.epoch)
            for entry in self.entries
            if (place := self.places.get(entry.conversation_id)) and _is_previous(entry, place.locked.head)
        }
        return statements.quiet_commits(transaction, late) if late else set()

    def _look_again(self, transaction: Transaction, refused: list[Entry]) -> None:
        """A repeat gets the first answer even when it would be refused now; strangers learn nothing."""
        answered = statements.first_answers(transaction, self._keys(refused))
        own = statements.participants(transaction, {(each.conversation_id, each.author.user_id) for each in refused})
        for at, (entry, outcome) in enumerate(self._pairs()):
            if not isinstance(outcome, ApiError):
                continue
            first = answered.get((entry.author.device_id, entry.client_id))
            if first is not None:
                self.outcomes[at] = first
            elif (entry.conversation_id, entry.author.user_id) not in own:
                self.outcomes[at] = not_found()

    def _pairs(self) -> list[tuple[Entry, Outcome]]:
        return list(zip(self.entries, self.outcomes, strict=True))

    @staticmethod
    def _keys(entries: Iterable[Entry]) -> set[tuple[UUID, UUID]]:
        return {(entry.author.device_id, entry.client_id) for entry in entries}


def epoch_refusal(entry: Entry, head: Head, *, previous_is_quiet: bool) -> ApiError | None:
    """P5.5: the current epoch, or the one before when the commit between them added and removed nobody."""
    if entry.echo_seq > head.seq or (entry.generation, entry.epoch) > (head.generation, head.epoch):
        return bad_message()
    if entry.generation == head.generation and entry.epoch == head.epoch:
        return None
    return None if previous_is_quiet and _is_previous(entry, head) else epoch_stale(head)


def _is_previous(entry: Entry, head: Head) -> bool:
    return entry.generation == head.generation and entry.epoch == head.epoch - 1
