"""Appending a batch of messages to their logs, in one transaction (PROTOCOL.md 5; DESIGN.md section 4).

Promises: a fixed number of statements whatever the size of the batch; seq without gaps under each conversation's lock;
one bad entry is refused without harm to its neighbours; a repeated (device, client id) gets the first answer.
Does not: wake anybody, or take commits and last messages: those change more than the log (`commits.py`, `closing.py`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection as Transaction

from app_service.conversations import statements
from app_service.conversations.entries import Ack, Entry, Head, Row, ack_of, extend
from app_service.conversations.refusals import (
    bad_message,
    blocked,
    epoch_stale,
    not_active,
    not_connected,
    not_found,
    not_in_group,
)
from app_service.models.base import to_milliseconds
from shared.errors import ApiError

Outcome = Ack | ApiError
Roster = dict[UUID, bytes]
"""Sender tag of each device in the group."""

_MAX_REMEMBERED: Final = 20_000


class Rosters:
    """Rosters of groups by epoch. Only a commit changes one, and it moves the epoch: what is remembered stays true."""

    def __init__(self) -> None:
        self._known: OrderedDict[UUID, tuple[int, int, Roster]] = OrderedDict()

    def load(self, transaction: Transaction, heads: Iterable[Head]) -> dict[UUID, Roster]:
        """Rosters at these heads, which are locked: at most one query for those not remembered."""
        found: dict[UUID, Roster] = {}
        missing: list[Head] = []
        for head in heads:
            known = self._known.get(head.conversation_id)
            if known is not None and known[0] == head.generation and known[1] == head.epoch:
                found[head.conversation_id] = known[2]
                self._known.move_to_end(head.conversation_id)
            else:
                missing.append(head)
        if missing:
            loaded = statements.rosters(transaction, [head.conversation_id for head in missing])
            for head in missing:
                roster = found[head.conversation_id] = loaded.get(head.conversation_id, {})
                self._known[head.conversation_id] = (head.generation, head.epoch, roster)
            while len(self._known) > _MAX_REMEMBERED:
                self._known.popitem(last=False)
        return found


class Batch:
    """The entries of one transaction and what becomes of them."""

    def __init__(self, entries: Sequence[Entry], moment: datetime) -> None:
        self.entries = entries
        self.rows: list[Row] = []
        self.outcomes: list[Outcome] = []
        self._moment = moment
        self._milliseconds = to_milliseconds(moment)

    def run(self, transaction: Transaction, rosters: Rosters, *, repeats: bool) -> None:
        """Judge and write all entries. With `repeats`, earlier answers are looked for first.

        Without it an earlier answer shows as an `IntegrityError`: nearly no entry is a repeat, so the question is
        asked only for entries that would be refused, or when an insert has met one.
        """
        conversations = {entry.conversation_id for entry in self.entries}
        self._heads = statements.heads(transaction, sorted(conversations), lock=True)
        self._rosters = rosters.load(transaction, (locked.head for locked in self._heads.values()))
        self._quiet = self._quiet_commits(transaction)
        answered = statements.first_answers(transaction, self._keys(self.entries)) if repeats else {}
        self.outcomes = [self._outcome(entry, answered) for entry in self.entries]
        refused = [entry for entry, outcome in self._pairs() if isinstance(outcome, ApiError)]
        if refused:
            self._look_again(transaction, refused)
        if self.rows:
            statements.insert_rows(transaction, self.rows)
            moved = {row.conversation_id for row in self.rows}
            statements.move_heads(transaction, [self._heads[each].head for each in moved], self._moment)

    def _outcome(self, entry: Entry, answered: dict[tuple[UUID, UUID], Ack]) -> Outcome:
        key = (entry.author.device_id, entry.client_id)
        first = answered.get(key)
        if first is not None:
            return first
        refusal = self._refusal(entry)
        if refusal is not None:
            return refusal
        tag = self._rosters[entry.conversation_id][entry.author.device_id]
        row = extend(self._heads[entry.conversation_id].head, entry, tag, self._moment, self._milliseconds)
        self.rows.append(row)
        answered[key] = ack = ack_of(row)
        return ack

    def _refusal(self, entry: Entry) -> ApiError | None:
        locked = self._heads.get(entry.conversation_id)
        if locked is None:
            return not_found()
        if not locked.head.open:
            return not_active()
        if locked.blocked:
            return blocked()
        if not locked.connected:
            return not_connected()
        if entry.author.device_id not in self._rosters[entry.conversation_id]:
            return not_in_group()
        return epoch_refusal(entry, locked.head, previous_is_quiet=entry.conversation_id in self._quiet)

    def _quiet_commits(self, transaction: Transaction) -> set[UUID]:
        """Conversations whose newest commit left the roster alone, among those with an entry of the epoch before."""
        late = {
            (locked.head.conversation_id, locked.head.generation, entry.epoch)
            for entry in self.entries
            if (locked := self._heads.get(entry.conversation_id)) and _is_previous(entry, locked.head)
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
