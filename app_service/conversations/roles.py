"""What a commit may do to a room, by the state of the epoch before it (PROTOCOL.md 10.1, 6.4, 6.9).

Promises: the verdict depends on nothing but its arguments, which all members share; clients judge by the same rules
(`frontend/src/crypto`), and `tests/vectors/rooms.json` holds both to the same verdicts. A broken rule raises
`NotAllowed` with a stable word for what was missing.
Does not: verify evidence or what a joiner signed, or know who is connected with whom.

A device may be taken out by one of its own account, by who has the right to remove and stands above its person, when
its person has left, or with evidence that it is lost or revoked: then its person stays a member, and is *away* while
no device of theirs is left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from app_service.conversations.authenticated_data import Leaf
from app_service.conversations.room_policy import MAX_MEMBERS, Invitation, Policy, Settings


class NotAllowed(Exception):
    """`missing`: the word in docs/crypto.md, *Rooms*."""

    def __init__(self, missing: str) -> None:
        super().__init__(missing)
        self.missing = missing


class RoomCommit(NamedTuple):
    """A commit as the rules see it. `leaves` are the devices before it; `policy` and `profile` None: unchanged."""

    actor: UUID
    leaves: frozenset[Leaf]
    added: frozenset[Leaf] = frozenset()
    removed: frozenset[Leaf] = frozenset()
    excused: frozenset[UUID] = frozenset()
    """Devices with evidence that they are lost or revoked."""
    left: frozenset[UUID] = frozenset()
    """Accounts that said so themselves."""
    policy: Policy | None = None
    changes_profile: bool = False
    admitted: Mapping[UUID, UUID] = MappingProxyType({})
    """Who comes in by which link."""
    time: int = 0
    """Of its row, by the server, in milliseconds."""


def check_commit(before: Policy, commit: RoomCommit) -> Policy:
    """The policy after the commit."""
    after = before if commit.policy is None else commit.policy
    staying = accounts_of((commit.leaves | commit.added) - commit.removed)
    gone = _removed_people(before, commit, staying)
    if commit.left & staying:
        raise NotAllowed("left")  # whoever leaves is out with the next commit, so that nobody who joins needs to know
    _check_added(before, after, commit)
    _check_admitted(before, commit)
    _check_links(before, after, commit)
    _check_away(before, after, commit, staying, gone)
    _check_roles(before, after, commit.actor, gone)
    _check_bans(before, after, commit.actor)
    _check_settings(before, after, commit)
    check_room(after, staying)
    return after


def check_room(policy: Policy, present: frozenset[UUID]) -> None:
    """What is true of every room: `present` are the accounts with a device in the group."""
    members = present | policy.away
    whole = (
        policy.owner in members
        and policy.owner not in policy.moderators
        and policy.moderators <= members
        and not policy.banned & members
        and not policy.away & present
        and len(members) <= MAX_MEMBERS
    )
    if not whole:
        raise NotAllowed("bad_room")


def accounts_of(leaves: Collection[Leaf]) -> frozenset[UUID]:
    return frozenset(leaf.user_id for leaf in leaves)


def _outranks(policy: Policy, actor: UUID, other: UUID) -> bool:
    role = policy.role(actor)
    return role >= policy.settings.remove and role > policy.role(other)


def _removed_people(before: Policy, commit: RoomCommit, staying: frozenset[UUID]) -> frozenset[UUID]:
    """Accounts that are no members any more; those whose devices went by evidence alone stay (`away`)."""
    gone = set()
    for leaf in commit.removed:
        person = leaf.user_id
        by_right = _outranks(before, commit.actor, person)
        if person == before.owner and person in commit.left:
            raise NotAllowed("owner_leaves")
        if person != commit.actor and not by_right and person not in commit.left:
            if leaf.device_id not in commit.excused:
                raise NotAllowed("remove")
        elif person not in staying and (person in commit.left or leaf.device_id not in commit.excused):
            gone.add(person)
    return frozenset(gone)


def _check_added(before: Policy, after: Policy, commit: RoomCommit) -> None:
    members = accounts_of(commit.leaves) | before.away
    for person in accounts_of(commit.added):
        if person in before.banned | after.banned:
            raise NotAllowed("banned")
        if person in members or person in commit.admitted:
            continue
        if before.role(commit.actor) < before.settings.invite:
            raise NotAllowed("invite")


def link_works(policy: Policy, link: Invitation, members: Collection[UUID]) -> bool:
    """Whoever made it is in the room, and may still invite."""
    return link.inviter in members and policy.role(link.inviter) >= policy.settings.invite


def may_admit(policy: Policy, user_id: UUID) -> bool:
    """Whether this member opens the door to who comes by a link."""
    return not policy.settings.approval or policy.role(user_id) >= policy.settings.invite


def _check_admitted(before: Policy, commit: RoomCommit) -> None:
    """Whoever comes by a link comes by one that works, while it lasts; everybody may open the door to them."""
    members = accounts_of(commit.leaves) | before.away
    if not commit.admitted.keys() <= accounts_of(commit.added) - members:
        raise NotAllowed("link")
    links = {link.id: link for link in before.invitations}
    for link_id, count in Counter(commit.admitted.values()).items():
        link = links.get(link_id)
        if link is None or not link_works(before, link, members):
            raise NotAllowed("link")
        if commit.time >= link.expiry:
            raise NotAllowed("expired")
        if link.used + count > link.allowed:
            raise NotAllowed("used_up")
    if commit.admitted and not may_admit(before, commit.actor):
        raise NotAllowed("approval")


def _check_links(before: Policy, after: Policy, commit: RoomCommit) -> None:
    """Uses are counted, by nobody but who admits; links are made in one's own name, and never altered."""
    uses = Counter(commit.admitted.values())
    counted = tuple(link._replace(used=link.used + uses[link.id]) for link in before.invitations)
    if after.invitations == counted:
        return
    if uses:
        raise NotAllowed("link")
    role = before.role(commit.actor)
    if role < before.settings.invite:
        raise NotAllowed("invite")
    was, present = ({link.id: link for link in policy.invitations} for policy in (before, after))
    for link in after.invitations:
        made = link.id not in was and link.inviter == commit.actor and link.used == 0
        if not made and was.get(link.id) != link:
            raise NotAllowed("link")
    for link in before.invitations:
        if link.id not in present and link.inviter != commit.actor and role < before.settings.remove:
            raise NotAllowed("remove")


def _check_away(
    before: Policy, after: Policy, commit: RoomCommit, staying: frozenset[UUID], gone: frozenset[UUID]
) -> None:
    """Members come back, lose their last device, or are put out while they are away."""
    lost = accounts_of(commit.removed) - staying - gone
    expected = (before.away | lost) - staying
    if not after.away <= expected:
        raise NotAllowed("away")
    for person in expected - after.away:
        if person in lost or not (_outranks(before, commit.actor, person) or person in commit.left):
            raise NotAllowed("remove" if person in before.away else "away")


def _check_roles(before: Policy, after: Policy, actor: UUID, gone: frozenset[UUID]) -> None:
    """Only the owner gives and takes roles; who goes loses theirs, and everybody may step down."""
    if before.owner != after.owner and actor != before.owner:
        raise NotAllowed("owner")
    dropped = before.moderators - after.moderators - gone - (before.away - after.away)
    if (after.moderators - before.moderators or dropped - {actor}) and actor != before.owner:
        raise NotAllowed("roles")


def _check_bans(before: Policy, after: Policy, actor: UUID) -> None:
    if before.banned - after.banned and before.role(actor) < before.settings.remove:
        raise NotAllowed("ban")
    for person in after.banned - before.banned:
        if not _outranks(before, actor, person):
            raise NotAllowed("ban")


def _check_settings(before: Policy, after: Policy, commit: RoomCommit) -> None:
    role = before.role(commit.actor)
    changed: tuple[Settings, Settings] = (before.settings, after.settings)
    if (changed[0] != changed[1] or commit.changes_profile) and role < before.settings.configure:
        raise NotAllowed("configure")
