"""A new generation of a conversation as the client that begins it posts it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from typing import Any

from uuid_utils.compat import uuid7

from app_service.conversations.mls_header import COMMIT
from shared.encoding import Label, fields, from_base64url, to_base64url
from tests import factories_mls as mls
from tests.factories import Browser, Json, milliseconds
from tests.groups import Group, leaf, roster


def leaves(browsers: Iterable[Browser]) -> list[bytes]:
    return sorted(leaf(each).user_id.bytes + leaf(each).device_id.bytes for each in browsers)


async def contribution_for(group: Group, author: Browser, members: list[Browser], generation: int = 1) -> Json:
    body = {
        "recipients": [{"device_id": str(each.device.id), "number": 1} for each in members],
        "nonce": to_base64url(os.urandom(32)),
        "generation": generation,
        "epoch": 0,
        "purpose": "found",
    }
    answer: Json = await author.post(f"/api/conversations/{group.session_id}/contributions", body)
    return answer


def founding_of(
    group: Group, author: Browser, members: list[Browser], contribution: Json, generation: int = 1, change: bytes = b""
) -> Json:
    client_id = uuid7()
    details = mls.commit_details(
        added=[leaf(each) for each in members if each is not author],
        contribution_id=from_base64url(contribution["contribution_id"]),
        roster_hash=roster(members),
        change=change,
    )
    data = mls.authenticated_data(group.id, client_id, kind="commit", generation=generation, details=details)
    commit = mls.private_message(group.id, data, generation=generation, epoch=0, content_type=COMMIT)
    return {
        "client_id": str(client_id),
        "generation": generation,
        "epoch": 0,
        "commit": to_base64url(commit),
        "welcomes": [to_base64url(mls.welcome(len(members) - 1))] if len(members) > 1 else [],
        "contribution": {name: contribution[name] for name in ("transcript", "signature")},
    }


class Anew:
    """What a member's client posts to begin the next group, with the `change` of its founding commit."""

    def __init__(
        self,
        group: Group,
        author: Browser,
        members: list[Browser] | None = None,
        *,
        change: bytes = b"",
        generation: int = 1,
    ) -> None:
        self.group, self.author, self.change, self.generation = group, author, change, generation
        self.members = group.members if members is None else members

    @property
    def path(self) -> str:
        return f"/api/conversations/{self.group.session_id}/generations"

    async def body(self, **changes: Any) -> Json:
        session = await self.group.session(self.author)
        contribution = changes.pop("contribution", None) or await contribution_for(
            self.group, self.author, self.members, self.generation
        )
        said: dict[str, Any] = {
            "server_name": self.author.identity.server_name,
            "user_id": self.author.user_id,
            "device_id": self.author.device.id,
            "conversation": self.group.id,
            "generation": self.generation,
            "old_group": self.group.id.bytes + (self.generation - 1).to_bytes(4, "big"),
            "epoch": 1,
            "transcript_hash": os.urandom(64),
            "seq": session["seq"],
            "chain": from_base64url(session["chain"]),
            "reason": "commit",
            "reason_seq": session["seq"],
            "roster": leaves(self.members),
            "left_out": [],
            "time": milliseconds(),
        }
        if self.change:
            said["state"] = hashlib.sha256(self.change).digest()
        signer = changes.pop("signer", self.author.device.key)
        statement = fields(Label.GENERATION, *(said | changes).values())
        return {
            "client_id": str(uuid7()),
            "statement": to_base64url(statement),
            "signature": to_base64url(signer.sign(Label.GENERATION, statement)),
            "founding": founding_of(self.group, self.author, self.members, contribution, self.generation, self.change),
        }

    async def post(self, **changes: Any) -> Json:
        answer: Json = await self.author.post(self.path, await self.body(**changes))
        return answer
