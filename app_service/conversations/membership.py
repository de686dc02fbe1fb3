"""Who is in a group, and whether a commit may change that as it says (PROTOCOL.md 6.4, 6.5, 6.9)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from app_service.conversations.authenticated_data import CommitDetails, Leaf, roster_hash
from app_service.conversations.entries import Author
from app_service.conversations.refusals import bad_commit, bad_contribution, outsider, revoked_device
from app_service.conversations.transcript import Transcript
from app_service.directory.repository import DeviceKeys


@dataclass(frozen=True)
class Roster:
    """The devices in a group, and the accounts that it is for."""

    leaves: frozenset[Leaf]
    accounts: frozenset[UUID]


def roster_after(
    roster: Roster, author: Author, details: CommitDetails, keys: Mapping[UUID, DeviceKeys]
) -> frozenset[Leaf]:
    """The leaves after the commit; raises what the server can see to be wrong with it."""
    own = Leaf(*author)
    before = roster.leaves or frozenset({own})
    added, removed = frozenset(details.added), frozenset(details.removed)
    for leaf in added:
        _check_added(leaf, roster, keys)
    if keys[author.device_id].revoked:
        raise revoked_device()
    if added & before or not removed <= before or own in removed:
        raise bad_commit("The commit adds who is there, or removes who is not, or its own author.")
    after = (before | added) - removed
    if not roster.leaves and {leaf.user_id for leaf in after} != roster.accounts:
        raise bad_commit("A group begins with devices of everybody it is for.")
    if roster_hash((leaf, keys[leaf.device_id].signature_key) for leaf in after) != details.roster_hash:
        raise bad_commit("The commit names another roster than it leads to.")
    return after


def _check_added(leaf: Leaf, roster: Roster, keys: Mapping[UUID, DeviceKeys]) -> None:
    device = keys.get(leaf.device_id)
    if device is None or device.user_id != leaf.user_id or leaf.user_id not in roster.accounts:
        raise outsider()
    if device.revoked:
        raise revoked_device()


def check_contribution(transcript: Transcript, after: frozenset[Leaf], keys: Mapping[UUID, DeviceKeys]) -> None:
    """P7.1: recipients are exactly the devices after the commit, by keys that they published."""
    if {recipient.device_id for recipient in transcript.recipients} != {leaf.device_id for leaf in after}:
        raise bad_contribution("The contribution is not for exactly the devices after the commit.")
    for recipient in transcript.recipients:
        device = keys[recipient.device_id]
        if device.revoked:
            raise revoked_device()
        key = device.ml_kem.get(recipient.number)
        if key is None or hashlib.sha256(key).digest() != recipient.key_hash:
            raise bad_contribution("The contribution is for a key that its device has not published.")
