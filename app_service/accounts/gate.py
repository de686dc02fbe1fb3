"""Before a call is read: how many an account and an address may make, and how much they may send.

Promises: nobody fills memory or the event loop with a large body before it is known that they have signed in.
Does not: ask the database; whether the sign-in is still alive is asked by the route (`access.py`).
"""

from __future__ import annotations

from typing import Final

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from app_service.accounts.access import Access
from app_service.accounts.tokens import Caller
from app_service.rate_limits import RateLimits, address_of
from shared.errors import ApiError, Unauthorized
from shared.http import error_response

MAX_ANONYMOUS_BODY_BYTES: Final = 131_072
"""The largest registration, with a vault of 64 KiB, fits."""
_SOCKET: Final = "/ws"
_HEALTH: Final = "/api/health"


class Gate:
    """429 `too_many_requests`, or the 401 of a token that is not ours, in front of the API and the WebSocket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and _is_counted(scope["path"]):
            try:
                _check(HTTPConnection(scope))
            except ApiError as refusal:
                await _refuse(refusal, scope, receive, send)
                return
        await self._app(scope, receive, send)


def _is_counted(path: str) -> bool:
    return path == _SOCKET or (path.startswith("/api/") and not path.startswith(_HEALTH))


def _check(connection: HTTPConnection) -> None:
    limits: RateLimits = connection.app.state.limits
    caller: Caller | None = None
    invalid: Unauthorized | None = None
    try:
        caller = _caller(connection)
    except Unauthorized as error:
        invalid = error
    limits.call(None if caller is None else caller.user_id, address_of(connection))
    if caller is None:
        connection.state.max_body_bytes = MAX_ANONYMOUS_BODY_BYTES
        # A browser whose token expired must hear that, and not that its message is too large.
        if invalid is not None and _declared_length(connection) > MAX_ANONYMOUS_BODY_BYTES:
            raise invalid


def _caller(connection: HTTPConnection) -> Caller | None:
    access: Access = connection.app.state.access
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return access.claimed(token.strip()) if scheme.lower() == "bearer" else None


def _declared_length(connection: HTTPConnection) -> int:
    text = connection.headers.get("content-length", "")
    return int(text) if text.isdecimal() and len(text) < 20 else 0


async def _refuse(refusal: ApiError, scope: Scope, receive: Receive, send: Send) -> None:
    response = error_response(HTTPConnection(scope), refusal)
    if scope["type"] == "http":
        await response(scope, receive, send)
    else:
        await WebSocket(scope, receive, send).send_denial_response(response)
