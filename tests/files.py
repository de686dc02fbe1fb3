"""Files as a client sends them: ciphertext in chunks."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from uuid import UUID

import httpx
from uuid_utils.compat import uuid7

from app_service.attachments.schemas import CHUNK_BYTES
from tests.factories import Browser, Json


def content_digest(content: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


@dataclass(frozen=True)
class File:
    conversation_id: str
    content: bytes
    id: UUID

    @property
    def path(self) -> str:
        return f"/api/attachments/{self.id}"

    @property
    def announcement(self) -> Json:
        return {"id": str(self.id), "conversation_id": self.conversation_id, "size": len(self.content)}

    @property
    def chunks(self) -> list[bytes]:
        return [self.content[at : at + CHUNK_BYTES] for at in range(0, len(self.content), CHUNK_BYTES)]

    async def put(
        self, browser: Browser, number: int = 0, *, content: bytes | None = None, digest: str | None = None
    ) -> httpx.Response:
        sent = self.chunks[number] if content is None else content
        headers = {"Content-Digest": digest or content_digest(sent)}
        if browser.token is not None:
            headers["Authorization"] = f"Bearer {browser.token}"
        return await browser.http.put(f"{self.path}/chunks/{number}", content=sent, headers=headers)

    async def upload(self, browser: Browser) -> Json:
        """All of it; the state at the end."""
        await browser.post("/api/attachments", self.announcement)
        for number in range(len(self.chunks)):
            answer = await self.put(browser, number)
            assert answer.status_code == 204, answer.text
        state: Json = await browser.post(f"{self.path}/complete")
        return state

    async def fetch(self, browser: Browser) -> bytes:
        parts = []
        for number in range(len(self.chunks)):
            answer = await browser.call("GET", f"{self.path}/chunks/{number}")
            assert answer.status_code == 200, answer.text
            parts.append(answer.content)
        return b"".join(parts)


def some_file(conversation_id: str, size: int = 5_000) -> File:
    return File(conversation_id, os.urandom(size), uuid7())
