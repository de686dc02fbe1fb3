"""One open socket: a reader of the client's frames, and a pump that sends what its outbox says.

Promises: each query has a short unit of its own; a slow client slows only itself, since nothing is kept for it but
cursors; the socket ends when its token expires, its sign-in is ended or its device connects again.
Does not: decide anything about conversations (`conversations/`), or know other sockets (`realtime/hub.py`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from fastapi import WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketState

from app_service.accounts.access import DeviceCaller
from app_service.conversations.append import Outcome
from app_service.conversations.entries import Author
from app_service.conversations.rows import ack_json, frame
from app_service.rate_limits import too_many
from app_service.socket.closing import CloseCode, Ended
from app_service.socket.frames import (
    AnyClientFrame,
    FreshToken,
    Hello,
    MessageAckFromClient,
    MessageSendFrame,
    Ping,
    TypingFromClient,
    read_frame,
)
from app_service.socket.outbox import Outbox
from app_service.socket.pump import Pump
from app_service.socket.services import SocketServices
from shared.errors import ApiError, Unauthorized
from shared.logging import get_logger
from shared.stoppable import Stoppable

log = get_logger("socket")

HELLO_SECONDS: Final = 10.0
IDLE_SECONDS: Final = 90.0
BLOCKED_SECONDS: Final = 60.0
CLOSE_SECONDS: Final = 5.0
MAX_FRAME_CHARACTERS: Final = 1_048_576
MAX_OPEN: Final = 32
"""Messages of one client that wait for their answer; it is not read on before."""
MAX_UNSENT: Final = 256
TYPING_SECONDS: Final = 1.0
"""So often a client may say in one conversation that somebody types; what comes sooner goes nowhere."""

_PONG: Final = frame("pong", {})
_TOKEN_OK: Final = frame("token_ok", {})


class Socket:
    def __init__(self, websocket: WebSocket, services: SocketServices, caller: DeviceCaller, *, visible: bool) -> None:
        self._websocket = websocket
        self._together = websocket.query_params.get("frames") == "together"
        self._services = services
        self._expires_at = caller.expires_at
        self._author = Author(caller.user_id, caller.device_id)
        self._outbox = Outbox()
        self._reading, self._sending = Stoppable(), Stoppable()
        self._pump = Pump(self._send, self._sending, self._outbox, services, self._author)
        self._ended: Ended | None = None
        self._open = 0
        self._heard_at = time.monotonic()
        self._meter = services.limits.frames()
        self.user_id = caller.user_id
        self.device_id = caller.device_id
        self.sign_in_id = caller.sign_in_id
        self.visible = visible
        self._typed: dict[tuple[UUID, str], float] = {}

    async def run(self, hello: Hello) -> None:
        """Serve the client until one of us goes."""
        hub, presence = self._services.hub, self._services.presence
        came = hub.add(self)
        try:
            await self._check_sign_in(hello.token)
            await self._pump.begin(hello.cursors, hello.event_cursor, self._join)
            if came:
                await presence.changed(self.user_id)
            await self._serve()
        finally:
            if hub.remove(self, self._outbox.cursors):
                with suppress(ApiError):
                    await presence.changed(self.user_id)

    async def _check_sign_in(self, token: str) -> None:
        """It may have ended while we looked at it, before the hub knew of this socket."""
        try:
            await self._services.access.authenticate(token)
        except Unauthorized as error:
            raise signed_out(error.details.get("reason")) from error

    async def _serve(self) -> None:
        if self._ended is not None:
            raise self._ended
        tasks = (self._reading.start(self._read()), self._sending.start(self._pump.run(self._join)))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stop()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        if self._ended is not None:
            raise self._ended
        for result in results:
            if isinstance(result, Exception):
                raise result

    def _stop(self) -> None:
        self._reading.stop()
        self._sending.stop()

    def _join(self, log_id: UUID) -> None:
        self._services.hub.follow(self, log_id)

    async def _send(self, frames: Sequence[str]) -> None:
        if self._together and len(frames) > 1:
            frames = (f"[{','.join(frames)}]",)
        for text in frames:
            await self._websocket.send_text(text)

    # What the hub says

    def offer(self, log: UUID, first: int, last: int, frame: Callable[[], str]) -> None:
        self._outbox.offer(log, first, last, frame)

    def behind(self, log: UUID) -> None:
        self._outbox.mark_behind(log)

    def has_events(self) -> None:
        self._outbox.mark_events()

    def tell(self, frame: str) -> None:
        self._outbox.tell(frame)

    def tell_of(self, log: UUID, frame: str) -> None:
        self._outbox.tell_of(log, frame)

    def hint(self, log: UUID, frame: str) -> None:
        self._outbox.hint(log, frame)

    def signed_out(self, because: str) -> None:
        self._end(signed_out(because))

    def replaced(self) -> None:
        self._end(Ended(CloseCode.REPLACED))

    def check(self) -> None:
        """End a socket that is silent, stuck or expired."""
        at = time.monotonic()
        if time.time() >= self._expires_at:
            self._end(Ended(CloseCode.NOT_AUTHENTICATED))
        elif at - self._heard_at > IDLE_SECONDS or self._pump.blocked_for(at) > BLOCKED_SECONDS:
            self._end(Ended(CloseCode.TOO_SLOW))

    def _end(self, ended: Ended) -> None:
        if self._ended is None:
            self._ended = ended
            if self._sending.task is not None:  # else `_serve` is still to come, and sees it
                self._stop()

    # What the client says

    async def _read(self) -> None:
        while True:
            with self._reading:
                while self._open >= MAX_OPEN or len(self._outbox.frames) >= MAX_UNSENT:
                    await self._pump.drained()
                said = await receive(self._websocket)
            await self._take(said)

    async def _take(self, said: AnyClientFrame) -> None:
        self._heard_at = time.monotonic()
        wait = self._meter.take(self._heard_at)
        if wait > 0:
            raise Ended(CloseCode.TOO_MANY, refusal_frame(too_many(wait), None))
        match said:
            case MessageSendFrame():
                self._open += 1
                await self._services.messages.submit(self._author, said, self._answer(said.client_id))
            case MessageAckFromClient():
                self._note(said)
            case TypingFromClient():
                self._pass_on(said)
            case Ping():
                self._outbox.answer(_PONG)
            case FreshToken():
                await self._renew(said.token)
            case Hello():
                raise Ended(CloseCode.MALFORMED)

    def _answer(self, client_id: UUID) -> Callable[[Outcome], None]:
        def answer(outcome: Outcome) -> None:
            self._open -= 1
            if isinstance(outcome, ApiError):
                self._outbox.answer(refusal_frame(outcome, client_id))
            else:
                told = frame("message_ack", ack_json(outcome))
                self._outbox.acknowledge(outcome.conversation_id, outcome.seq, told)

        return answer

    def _note(self, said: MessageAckFromClient) -> None:
        cursor = self._outbox.cursors.get(said.conversation_id)
        if cursor is None:
            self._outbox.answer(error_frame("not_found", "There is no such conversation."))
        else:
            self._services.receipts.note(said.conversation_id, self.device_id, min(said.seq, cursor))

    def _pass_on(self, typing: TypingFromClient) -> None:
        log, key = typing.conversation_id, (typing.conversation_id, typing.type)
        if not self._outbox.reads(log) or self._heard_at - self._typed.get(key, -TYPING_SECONDS) < TYPING_SECONDS:
            return
        self._typed[key] = self._heard_at
        told = frame(typing.type, {"conversation_id": str(log), "user_id": str(self.user_id)})
        self._services.hub.hint(log, told, but=self.user_id)

    async def _renew(self, token: str) -> None:
        try:
            caller = await self._services.access.authenticate(token)
        except Unauthorized as error:
            raise Ended(CloseCode.NOT_AUTHENTICATED) from error
        except ApiError as error:
            self._outbox.answer(refusal_frame(error, None))
            return
        if (caller.user_id, caller.sign_in_id, caller.device_id) != (self.user_id, self.sign_in_id, self.device_id):
            raise Ended(CloseCode.NOT_AUTHENTICATED)
        self._expires_at = caller.expires_at
        self._outbox.answer(_TOKEN_OK)


def signed_out(because: str | None) -> Ended:
    """The sign-in behind a socket is over, and why."""
    return Ended(CloseCode.SIGNED_OUT, frame("signed_out", {"reason": because}))


async def receive(websocket: WebSocket) -> AnyClientFrame:
    """The next frame of the client; `Ended` for what is none."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text = message.get("text")
    if text is None:
        raise Ended(CloseCode.MALFORMED)
    if len(text) > MAX_FRAME_CHARACTERS:
        raise Ended(CloseCode.TOO_BIG)
    try:
        return read_frame(text)
    except ValueError as error:
        raise Ended(CloseCode.MALFORMED) from error


async def close(websocket: WebSocket, code: int, last_frame: str | None = None) -> None:
    """Say why and close; a client that takes nothing any more is not waited for."""
    if websocket.application_state is not WebSocketState.CONNECTED:
        return
    with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            if last_frame is not None:
                await websocket.send_text(last_frame)
            await websocket.close(code)


def error_frame(code: str, message: str, *, retry_after: int | None = None) -> str:
    return refusal_frame(ApiError(code, message, retry_after=retry_after), None)


def refusal_frame(refusal: ApiError, client_id: UUID | None) -> str:
    return frame(
        "error",
        {
            "code": refusal.code,
            "message": refusal.message,
            "details": refusal.details,
            "client_id": None if client_id is None else str(client_id),
            "retry_after": refusal.retry_after,
        },
    )
