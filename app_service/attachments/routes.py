"""Files over HTTP: chunks of ciphertext go in and out, one at a time."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import re
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request, Response, status

from app_service.accounts.access import BoundCaller
from app_service.attachments.refusals import bad_chunk
from app_service.attachments.schemas import MAX_CHUNKS, AttachmentState, NewAttachment
from app_service.attachments.service import AttachmentService
from app_service.conversations.entries import Author

router = APIRouter(prefix="/api/attachments", tags=["files"])

RECEIVE_SECONDS: Final = 120
"""How long the bytes of one chunk may take: slower ones would hold their place in memory."""
_SHA_256: Final = re.compile(r"sha-256=:([A-Za-z0-9+/=]{44}):")
_BYTES: Final[dict[str, Any]] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


async def _service(request: Request) -> AttachmentService:
    found: AttachmentService = request.app.state.attachments
    return found


async def _author(caller: BoundCaller) -> Author:
    return Author(caller.user_id, caller.device_id)


Attachments = Annotated[AttachmentService, Depends(_service)]
CallingDevice = Annotated[Author, Depends(_author)]
ChunkNumber = Annotated[int, Path(ge=0, lt=MAX_CHUNKS)]


@router.post("", status_code=status.HTTP_201_CREATED)
async def create(body: NewAttachment, author: CallingDevice, attachments: Attachments) -> AttachmentState:
    return await attachments.create(author, body)


@router.get("/{attachment_id}")
async def read_state(attachment_id: UUID, author: CallingDevice, attachments: Attachments) -> AttachmentState:
    return await attachments.state(author.user_id, attachment_id)


@router.put(
    "/{attachment_id}/chunks/{number}",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra={"requestBody": {"required": True, "content": _BYTES}},
)
async def put_chunk(
    attachment_id: UUID,
    number: ChunkNumber,
    request: Request,
    author: CallingDevice,
    attachments: Attachments,
    content_digest: Annotated[str, Header(description="RFC 9530, sha-256 alone", max_length=100)],
) -> None:
    expected = await attachments.expected_bytes(author, attachment_id, number)
    with attachments.place(author.user_id):
        content = await _body(request, expected)
        if hashlib.sha256(content).digest() != _digest(content_digest):
            raise bad_chunk("The bytes are not those of Content-Digest.")
        await attachments.put(author, attachment_id, number, content)


@router.post("/{attachment_id}/complete")
async def complete(attachment_id: UUID, author: CallingDevice, attachments: Attachments) -> AttachmentState:
    return await attachments.complete(author, attachment_id)


@router.get(
    "/{attachment_id}/chunks/{number}", response_class=Response, responses={status.HTTP_200_OK: {"content": _BYTES}}
)
async def read_chunk(
    attachment_id: UUID, number: ChunkNumber, author: CallingDevice, attachments: Attachments
) -> Response:
    content = await attachments.chunk(author.user_id, attachment_id, number)
    return Response(content, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})


@router.delete("/{attachment_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete(attachment_id: UUID, author: CallingDevice, attachments: Attachments) -> None:
    await attachments.delete(author.user_id, attachment_id)


async def _body(request: Request, expected: int) -> bytes:
    """Exactly as many bytes as the chunk has; what says or sends anything else is refused without reading on."""
    if request.headers.get("content-length") != str(expected):
        raise bad_chunk(f"Content-Length must be {expected}.")
    content = bytearray()
    try:
        async with asyncio.timeout(RECEIVE_SECONDS):
            async for part in request.stream():
                content += part
                if len(content) > expected:
                    break
    except TimeoutError as error:
        raise bad_chunk("The bytes came too slowly. Send the chunk again.") from error
    if len(content) != expected:
        raise bad_chunk(f"The chunk has {expected} bytes.")
    return bytes(content)


def _digest(header: str) -> bytes:
    found = _SHA_256.fullmatch(header.strip())
    try:
        return base64.b64decode(found[1], validate=True) if found else b""
    except binascii.Error:
        return b""
