"""Refuses a request body before it is read into memory and parsed on the event loop."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES: Final = 4 << 20  # 1,000 recipients are 1.8 MB; a full parse of this much takes some 30 ms


class BodyLimit:
    """413 `too_large` for a body that goes on beyond `MAX_BODY_BYTES`, or the request's own `state.max_body_bytes`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0
        most: int = scope.get("state", {}).get("max_body_bytes", MAX_BODY_BYTES)

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(413, "The body is too large.")
            return message

        await self._app(scope, limited, send)
