"""Who may do what in a room: the clear part of its state (PROTOCOL.md 10.1; docs/crypto.md, *Rooms*).

Promises: `MalformedEncoding`, and never another exception, for bytes that no client of ours makes; one encoding for
each policy. Does not: know who is in the room, or whether a change is allowed (`roles.py`).

    | bytes           | what                                                                                        |
    |-----------------|---------------------------------------------------------------------------------------------|
    | label           | `room-policy/v1`                                                                             |
    | 16              | owner                                                                                        |
    | lists of 16     | moderators, banned, away (members without a device in the group), each sorted, named once    |
    | 4 x u64         | lowest role that may invite, remove, configure, post: 0 member, 1 moderator, 2 owner         |
    | u64             | 1: who comes by a link waits for somebody who may invite                                     |
    | u64             | seconds after which messages disappear; 0: never                                             |
    | list of lists   | invitation links: id (16), public key (962), inviter (16), expiry (time), uses allowed, used |
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple
from uuid import UUID

from shared.encoding import HYBRID_PUBLIC_KEY_BYTES, Field, Label, MalformedEncoding, Reader, fields

MAX_MEMBERS: Final = 200
MAX_BANNED: Final = 500
MAX_INVITATIONS: Final = 20
MAX_TIMER: Final = 1 << 32
"""Seconds; what can be set is less."""


class Role(IntEnum):
    MEMBER = 0
    MODERATOR = 1
    OWNER = 2


class Invitation(NamedTuple):
    id: UUID
    public_key: bytes
    inviter: UUID
    expiry: int
    allowed: int
    used: int


class Settings(NamedTuple):
    """The lowest role that may do each thing; `approval`, and after how many seconds messages disappear (0: never)."""

    invite: Role = Role.MODERATOR
    remove: Role = Role.MODERATOR
    configure: Role = Role.MODERATOR
    post: Role = Role.MEMBER
    approval: bool = False
    timer: int = 0


class Policy(NamedTuple):
    owner: UUID
    moderators: frozenset[UUID] = frozenset()
    banned: frozenset[UUID] = frozenset()
    away: frozenset[UUID] = frozenset()
    settings: Settings = Settings()
    invitations: tuple[Invitation, ...] = ()

    def role(self, user_id: UUID) -> Role:
        """Of a member; strangers are no members, whatever this says."""
        if user_id == self.owner:
            return Role.OWNER
        return Role.MODERATOR if user_id in self.moderators else Role.MEMBER


def encode_policy(policy: Policy) -> bytes:
    settings = policy.settings
    return fields(
        Label.ROOM_POLICY,
        policy.owner,
        *(sorted(each, key=lambda user: user.bytes) for each in (policy.moderators, policy.banned, policy.away)),
        *(int(level) for level in settings[:4]),
        int(settings.approval),
        settings.timer,
        [_invitation_fields(each) for each in policy.invitations],
    )


def _invitation_fields(invitation: Invitation) -> list[Field]:
    return list(invitation)


def decode_policy(data: bytes) -> Policy:
    reader = Reader(data)
    reader.label(Label.ROOM_POLICY)
    policy = Policy(
        reader.uuid(),
        _accounts(reader.items(), MAX_MEMBERS),
        _accounts(reader.items(), MAX_BANNED),
        _accounts(reader.items(), MAX_MEMBERS),
        _settings(reader),
        _invitations(reader.items()),
    )
    reader.end()
    return policy


def _accounts(reader: Reader, limit: int) -> frozenset[UUID]:
    found: list[UUID] = []
    while reader.more:
        account = reader.uuid()
        if found and account.bytes <= found[-1].bytes:
            raise MalformedEncoding("accounts are sorted and named once")
        found.append(account)
    if len(found) > limit:
        raise MalformedEncoding("too many accounts")
    return frozenset(found)


def _settings(reader: Reader) -> Settings:
    invite, remove, configure, post = (_role(reader.number()) for _ in range(4))
    if remove is Role.MEMBER:
        raise MalformedEncoding("members stand above nobody")
    approval, timer = reader.number(), reader.number()
    if approval > 1 or timer >= MAX_TIMER:
        raise MalformedEncoding("not a setting")
    return Settings(invite, remove, configure, post, bool(approval), timer)


def _role(number: int) -> Role:
    if number > Role.OWNER:
        raise MalformedEncoding("there is no such role")
    return Role(number)


def _invitations(reader: Reader) -> tuple[Invitation, ...]:
    found: list[Invitation] = []
    while reader.more:
        item = reader.items()
        invitation = Invitation(
            item.uuid(), item.blob(HYBRID_PUBLIC_KEY_BYTES), item.uuid(), item.number(), item.number(), item.number()
        )
        item.end()
        if found and invitation.id.bytes <= found[-1].id.bytes:
            raise MalformedEncoding("invitations are sorted and named once")
        if invitation.used > invitation.allowed:
            raise MalformedEncoding("an invitation that was used too often")
        found.append(invitation)
    if len(found) > MAX_INVITATIONS:
        raise MalformedEncoding("too many invitations")
    return tuple(found)
