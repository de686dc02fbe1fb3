"""`WS /ws`: the handshake, and what is said when a socket ends. `POST /api/poll`: the same frames without a socket."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, WebSocket, WebSocketDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from app_service.accounts.access import BoundCaller, DeviceCaller
from app_service.accounts.origin import origin_allowed
from app_service.socket.closing import CloseCode, Ended
from app_service.socket.frames import Hello
from app_service.socket.polling import Poll, PollAnswer, PollingService
from app_service.socket.services import SocketServices
from app_service.socket.socket import HELLO_SECONDS, Socket, close, receive, refusal_frame, signed_out
from shared.errors import Unauthorized, Unavailable
from shared.logging import get_logger

router = APIRouter()

log = get_logger("socket")

PATH = "/ws"
_FAILED = 1011


class SocketRoute:
    """Serves `WS /ws` before the router, whose wrapping would cost time per frame and memory per socket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and scope["path"] == PATH:
            await _serve(WebSocket(scope, receive, send))
        else:
            await self._app(scope, receive, send)


async def _serve(websocket: WebSocket) -> None:
    services: SocketServices = websocket.app.state.sockets
    if not origin_allowed(websocket, services.origins):
        await websocket.close()  # before `accept`: the upgrade is refused with 403
        return
    await websocket.accept()
    try:
        hello = await _hello(websocket)
        caller = await _caller(services, hello)
        await Socket(websocket, services, caller, visible=hello.visible).run(hello)
    except WebSocketDisconnect:
        return
    except Ended as ended:
        await close(websocket, ended.code, ended.frame)
    except Unavailable as refusal:  # the database is away, or busy
        await close(websocket, CloseCode.TRY_AGAIN, refusal_frame(refusal, None))
    except Exception as error:
        log.exception("socket_failed", kind=type(error).__name__)
        await close(websocket, _FAILED)


async def _hello(websocket: WebSocket) -> Hello:
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            hello = await receive(websocket)
    except TimeoutError as error:
        raise Ended(CloseCode.NOT_AUTHENTICATED) from error
    except Ended as error:
        raise Ended(CloseCode.NOT_AUTHENTICATED) from error
    if not isinstance(hello, Hello):
        raise Ended(CloseCode.NOT_AUTHENTICATED)
    return hello


async def _caller(services: SocketServices, hello: Hello) -> DeviceCaller:
    """Logs, and receipts for them, belong to devices: a sign-in without one has nothing to listen to yet."""
    if not services.enabled:  # said no sooner: a browser that is about to speak would complain of a closing socket
        raise Ended(CloseCode.NO_SOCKETS)
    try:
        caller = await services.access.authenticate(hello.token)
    except Unauthorized as error:
        if error.code == "signed_out":
            raise signed_out(error.details.get("reason")) from error
        raise Ended(CloseCode.NOT_AUTHENTICATED) from error
    if caller.device_id is None:
        raise Ended(CloseCode.NOT_AUTHENTICATED)
    return DeviceCaller(caller.user_id, caller.sign_in_id, caller.device_id, caller.expires_at)


async def _polling(request: Request) -> PollingService:
    found: PollingService = request.app.state.polling
    return found


@router.post("/api/poll", response_model=PollAnswer, tags=["realtime"])
async def poll(body: Poll, caller: BoundCaller, polling: Annotated[PollingService, Depends(_polling)]) -> Response:
    """What a socket would have been sent after these cursors, for clients that cannot open one."""
    return Response(await polling.answer(caller, body), media_type="application/json")
