"""A two-person session as its clients see it from outside: founding, sending, rotating, ending."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from app_service.conversations.authenticated_data import Leaf, roster_hash
from app_service.conversations.session_state import SessionState, encode_session_state
from shared.encoding import Label, fields, from_base64url, to_base64url, unpack_signature
from tests import factories_mls as mls
from tests.factories import Browser, Json, connect, milliseconds
from tests.services import Service


@dataclass
class Founding:
    """The body of a first commit, and what it was made from."""

    client_id: UUID
    body: Json
    contribution: Json


def leaf(browser: Browser) -> Leaf:
    return Leaf(browser.user_id, browser.device.id)


def roster(browsers: Iterable[Browser]) -> bytes:
    return roster_hash((leaf(each), each.device.key.public) for each in browsers)


class Group:
    """`members` are the browsers in the group; `session_id` is its conversation."""

    def __init__(self, session_id: str, members: list[Browser]) -> None:
        self.session_id = session_id
        self.id = UUID(session_id)
        self.members = members
        self.epoch = 0

    @property
    def lost_states(self) -> str:
        return f"/api/conversations/{self.session_id}/lost-state"

    @property
    def commits(self) -> str:
        return f"/api/conversations/{self.session_id}/commits"

    async def contribution(self, author: Browser, purpose: str, members: Iterable[Browser] | None = None) -> Json:
        devices = [each.device for each in members or self.members]
        recipients = [{"device_id": str(device.id), "number": device.ml_kem_number} for device in devices]
        body = {
            "recipients": recipients,
            "nonce": to_base64url(os.urandom(32)),
            "generation": 0,
            "epoch": self.epoch,
            "purpose": purpose,
        }
        answer: Json = await author.post(f"/api/conversations/{self.session_id}/contributions", body)
        return answer

    async def founding(self, founder: Browser) -> Founding:
        """Claim, ask for a contribution, make the first commit: all but posting it."""
        await founder.post(f"/api/conversations/{self.session_id}/key-packages", {})
        contribution = await self.contribution(founder, "found")
        client_id = uuid7()
        added = [each for each in self.members if each is not founder]
        body = self.commit_body(client_id, added=added, contribution=contribution)
        return Founding(client_id, body, contribution)

    def commit_body(
        self,
        client_id: UUID,
        *,
        added: Iterable[Browser] = (),
        removed: Iterable[Browser] = (),
        after: Iterable[Browser] | None = None,
        contribution: Json | None = None,
        welcomes: int | None = None,
        roster_after: bytes | None = None,
        epoch: int | None = None,
        change: bytes = b"",
    ) -> Json:
        """A commit of the current epoch; `after` are the members behind it, `change` is of its room or session."""
        joining, leaving = list(added), list(removed)
        rest = [each for each in self.members if each not in leaving]
        members = list(after) if after is not None else [*rest, *(each for each in joining if each not in rest)]
        details = mls.commit_details(
            added=[leaf(each) for each in joining],
            removed=[leaf(each) for each in leaving],
            change=change,
            contribution_id=None if contribution is None else from_base64url(contribution["contribution_id"]),
            roster_hash=roster_after or roster(members),
        )
        at = self.epoch if epoch is None else epoch
        recipients = len(joining) if welcomes is None else welcomes
        return {
            "client_id": str(client_id),
            "generation": 0,
            "epoch": at,
            "commit": to_base64url(mls.commit(self.id, client_id, details, epoch=at)),
            "welcomes": [to_base64url(mls.welcome(recipients))] if recipients else [],
            "contribution": None
            if contribution is None
            else {"transcript": contribution["transcript"], "signature": contribution["signature"]},
        }

    async def found(self, founder: Browser) -> Json:
        founding = await self.founding(founder)
        answer: Json = await founder.post(self.commits, founding.body)
        self.epoch += 1
        return answer

    async def timed(self, author: Browser, seconds: int) -> Json:
        """A commit by which messages of a session last so long."""
        change = encode_session_state(SessionState(seconds))
        answer: Json = await author.post(self.commits, self.commit_body(uuid7(), change=change))
        self.epoch += 1
        return answer

    async def rotate(self, author: Browser) -> Json:
        """A commit that adds and removes nobody, without a contribution."""
        answer: Json = await author.post(self.commits, self.commit_body(uuid7()))
        self.epoch += 1
        return answer

    def last_word(self, kind: str, client_id: UUID | None = None) -> Json:
        """What a member says to end a conversation, or to leave it."""
        client_id = client_id or uuid7()
        message = mls.message(self.id, client_id, epoch=self.epoch, kind=kind)
        return {"client_id": str(client_id), "epoch": self.epoch, "message": to_base64url(message)}

    def message(self, client_id: UUID | None = None, *, epoch: int | None = None, lasts: int = 0) -> Json:
        """The body of `POST /api/message/send`."""
        client_id = client_id or uuid7()
        content = mls.message(self.id, client_id, epoch=self.epoch if epoch is None else epoch, lasts=lasts)
        return {
            "conversation_id": self.session_id,
            "client_id": str(client_id),
            "content": to_base64url(content),
            "message_type": "secured",
        }

    def critical(
        self, author: Browser, client_id: UUID | None = None, *, epoch: int | None = None, lasts: int = 0
    ) -> Json:
        """The body of a critical message, signed by the author's device."""
        client_id, epoch = client_id or uuid7(), self.epoch if epoch is None else epoch
        commitment = os.urandom(32)
        data = mls.authenticated_data(self.id, client_id, kind="critical", commitment=commitment, expiry=lasts)
        content = mls.private_message(self.id, data, epoch=epoch)
        falcon, ecdsa = unpack_signature(
            author.device.key.sign(Label.CRITICAL, self._critical_digest(author, client_id, epoch, content, commitment))
        )
        return {
            "conversation_id": self.session_id,
            "client_id": str(client_id),
            "content": to_base64url(content),
            "message_type": "critical",
            "signature_falcon": to_base64url(falcon),
            "signature_ecdsa": to_base64url(ecdsa),
        }

    def _critical_digest(
        self, author: Browser, client_id: UUID, epoch: int, content: bytes, commitment: bytes
    ) -> bytes:
        """Written out here once more: what docs/crypto.md says, not what the service does."""
        ciphertext = hashlib.sha512(content).digest()
        group_id = self.id.bytes + bytes(4)
        statement = fields(
            Label.CRITICAL, self.id, 0, group_id, epoch, client_id, author.device.id, ciphertext, commitment
        )
        return hashlib.sha512(statement).digest()

    async def send(self, author: Browser, **changes: Any) -> Json:
        answer: Json = await author.post("/api/message/send", self.message(**changes))
        return answer

    def termination(self, client_id: UUID | None = None) -> Json:
        return {"session_id": self.session_id, **self.last_word("terminate", client_id)}

    async def lost_state(self, browser: Browser, **changes: Any) -> Json:
        """What the device of `browser` says when it cannot go on, but for the changes."""
        session = await self.session(browser)
        package = changes.pop("key_package", None) or browser.key_package()
        said: dict[str, Any] = {
            "server_name": browser.identity.server_name,
            "user_id": browser.user_id,
            "device_id": browser.device.id,
            "conversation": self.id,
            "generation": 0,
            "epoch": session["epoch"],
            "seq": session["seq"],
            "chain": from_base64url(session["chain"]),
            "reason": "cannot_follow",
            "package_hash": hashlib.sha256(package).digest(),
            "time": milliseconds(),
        }
        signer = changes.pop("signer", browser.device.key)
        statement = fields(Label.LOST_STATE, *(said | changes).values())
        return {
            "statement": to_base64url(statement),
            "signature": to_base64url(signer.sign(Label.LOST_STATE, statement)),
            "key_package": to_base64url(package),
        }

    async def log(self, reader: Browser) -> list[Json]:
        page = await reader.get(f"/api/messages?conversation_id={self.session_id}&after=0&limit=200")
        rows: list[Json] = page["items"]
        return rows

    async def session(self, reader: Browser) -> Json:
        found = await reader.get(f"/api/session/status?session_id={self.session_id}")
        session: Json = found["items"][0]
        return session


async def establishing(service: Service, one: str = "alice", other: str = "bob") -> Group:
    """Two connected people with devices and key packages; the second accepted."""
    await service.seen_quantum_service()
    alice, bob = await service.bound(one), await service.bound(other)
    for browser in (alice, bob):
        await browser.upload_key_packages()
    answer = await connect(alice, bob)
    return Group(answer["session_id"], [alice, bob])


async def active(service: Service, one: str = "alice", other: str = "bob") -> Group:
    """The same with a group, founded by who accepted."""
    group = await establishing(service, one, other)
    await group.found(group.members[1])
    return group


def sha256(text: str) -> bytes:
    return hashlib.sha256(from_base64url(text)).digest()


def code(response: Any) -> str:
    return str(response.json()["error"]["code"])
