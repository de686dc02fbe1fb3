"""Other names for calls, for scripts that expect them: one table, and behind it the same handlers, limits and schemas.

Does not: stand in the OpenAPI document, or answer a name that the table leads to nothing.
"""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

ALIASES: Final = {
    "/auth/register": "/api/register",
    "/auth/login": "/api/login",
    "/auth/refresh": "/api/token/refresh",
    "/auth/logout": "/api/logout",
    "/chatrooms": "/api/rooms",
}
"""What stands for what, with everything below it."""


class Aliases:
    """Gives a call its proper path before anybody counts, limits or routes it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = proper(scope["path"])
            if path != scope["path"]:
                # In place: what stands around it reads of this scope which route was taken.
                scope.update(path=path, raw_path=path.encode())
        await self._app(scope, receive, send)


def proper(path: str) -> str:
    for alias, name in ALIASES.items():
        if path == alias or path.startswith(f"{alias}/"):
            return name + path.removeprefix(alias)
    return path
