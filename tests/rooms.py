"""A room as its clients see it from outside: founding, inviting, changing what people may do, leaving."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from app_service.conversations.room_policy import Invitation, Policy
from shared.encoding import Label, fields, from_base64url, to_base64url
from tests import factories_mls as mls
from tests.factories import Browser, HybridKey, Json, connect, milliseconds
from tests.groups import Group
from tests.services import Service


class Link:
    """An invitation link whose seed a test knows."""

    def __init__(self, inviter: UUID, *, seconds: int = 3600, allowed: int = 2) -> None:
        self.id = uuid7()
        self.key = HybridKey()
        expiry = milliseconds() + seconds * 1000
        self.rules = Invitation(self.id, self.key.public, inviter, expiry, allowed, 0)

    @property
    def path(self) -> str:
        return f"/api/rooms/join/{to_base64url(self.id.bytes)}"


class RoomGroup(Group):
    """`policy` is what the last commit that changed it said."""

    def __init__(self, room_id: str, members: list[Browser]) -> None:
        super().__init__(room_id, members)
        self.policy = Policy(members[0].user_id)
        self.profile_hash = os.urandom(32)

    @property
    def path(self) -> str:
        return f"/api/rooms/{self.session_id}"

    async def found(self, founder: Browser) -> Json:
        contribution = await self.contribution(founder, "found")
        change = mls.room_change(self.policy, profile_hash=self.profile_hash)
        body = self.commit_body(uuid7(), contribution=contribution, change=change)
        return await self._posted(founder, body)

    async def invite(self, inviter: Browser, person: Browser) -> Json:
        await inviter.post(f"{self.path}/invite", {"user_id": str(person.user_id)})
        answer = await self.commit(inviter, added=[person])
        self.members.append(person)
        return answer

    async def link(self, maker: Browser, **changes: Any) -> Link:
        """A link in the room's policy, good for an hour and two uses."""
        link = Link(maker.user_id, **changes)
        await maker.ok("POST", f"{self.path}/links", {"link_id": str(link.id), "sealed_key": "AAAA"})
        await self.change(maker, invitations=self.with_link(link))
        return link

    def with_link(self, link: Link) -> tuple[Invitation, ...]:
        """The links of the policy with this one, as it stands."""
        others = [each for each in self.policy.invitations if each.id != link.id]
        return tuple(sorted([*others, link.rules], key=lambda each: each.id.bytes))

    def used(self, link: Link, times: int = 1) -> tuple[Invitation, ...]:
        return tuple(
            each._replace(used=each.used + times) if each.id == link.id else each for each in self.policy.invitations
        )

    def asks(self, joiner: Browser, link: Link, **changes: Any) -> Json:
        """What somebody posts who asks to come in by a link, but for the changes."""
        package = joiner.key_package()
        signer = changes.pop("signer", link.key)
        said: dict[str, Any] = {
            "server_name": joiner.identity.server_name,
            "group_id": self.id.bytes + bytes(4),
            "link_id": link.id,
            "user_id": joiner.user_id,
            "device_id": joiner.device.id,
            "account_hash": joiner.identity.key.hash,
            "package_hash": hashlib.sha256(package).digest(),
            "time": milliseconds(),
            "nonce": os.urandom(32),
        }
        statement = fields(Label.ROOM_JOIN, *(said | changes).values())
        return {
            "statement": to_base64url(statement),
            "signature": to_base64url(signer.sign(Label.ROOM_JOIN, statement)),
            "key_package": to_base64url(package),
        }

    async def joins(self, joiner: Browser, link: Link) -> bytes:
        """Asks by a link; answers the statement."""
        body = self.asks(joiner, link)
        await joiner.ok("POST", link.path, body)
        return from_base64url(body["statement"])

    async def remove(self, actor: Browser, person: Browser, **policy: Any) -> Json:
        answer = await self.commit(actor, removed=[person], **policy)
        self.members.remove(person)
        return answer

    async def change(self, actor: Browser, **policy: Any) -> Json:
        """A commit with another policy."""
        return await self.commit(actor, **policy)

    def attempt(
        self,
        *,
        added: Iterable[Browser] = (),
        removed: Iterable[Browser] = (),
        evidence: Iterable[UUID] = (),
        admissions: Sequence[bytes] = (),
        profile: bool = False,
        **policy: Any,
    ) -> Json:
        """The body of a commit that does this; nothing is posted."""
        after = self.policy._replace(**policy)
        change = b""
        if policy or profile or evidence or admissions:
            hashed = os.urandom(32) if profile else b""
            shown = after if policy else None
            change = mls.room_change(shown, profile_hash=hashed, evidence=evidence, admissions=admissions)
        return self.commit_body(uuid7(), added=added, removed=removed, change=change)

    async def commit(self, actor: Browser, **change: Any) -> Json:
        answer = await self._posted(actor, self.attempt(**change))
        known = {key: value for key, value in change.items() if key in Policy._fields}
        self.policy = self.policy._replace(**known)
        return answer

    async def _posted(self, actor: Browser, body: Json) -> Json:
        answer: Json = await actor.post(self.commits, body)
        self.epoch += 1
        return answer

    async def session(self, reader: Browser) -> Json:
        """What `Group` asks of its conversation."""
        return await self.view(reader)

    async def view(self, reader: Browser) -> Json:
        found: Json = await reader.get(self.path)
        return found


async def founded(service: Service, name: str = "olga") -> RoomGroup:
    """A room of its owner alone."""
    await service.seen_quantum_service()
    owner = await service.bound(name)
    await owner.upload_key_packages()
    created = await owner.post("/api/rooms")
    room = RoomGroup(created["id"], [owner])
    await room.found(owner)
    return room


async def friend(service: Service, of: Browser, name: str) -> Browser:
    """A person with a device, connected with `of`."""
    person = await service.bound(name)
    await person.upload_key_packages()
    await connect(of, person)
    return person


async def room_of(service: Service, *names: str) -> RoomGroup:
    """A room of its owner and these people."""
    room = await founded(service)
    for name in names:
        await room.invite(room.members[0], await friend(service, room.members[0], name))
    return room
