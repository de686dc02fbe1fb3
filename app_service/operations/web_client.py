"""The built web client: its files, and its one page for every place that a browser navigates to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from app_service import VERSION
from app_service.operations.schemas import About
from shared.errors import NotFound
from shared.settings import PROJECT_ROOT

CLIENT_FOLDER: Final = PROJECT_ROOT / "frontend" / "dist"
_HASHED: Final = re.compile(r"assets/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+")
_IN_A_FRAME: Final = re.compile(r"assets/pdf-frame-.+\.js")
"""Loaded by a frame without origin, for which everything comes from elsewhere; it is public, as all of the client."""
_FOREVER: Final = "public, max-age=31536000, immutable"
_ASK_FIRST: Final = "no-cache"
_ABOUT: Final = About(name="QuantumChat", version=VERSION, docs="/docs", health="/api/health")
_NOT_BUILT: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>QuantumChat</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><h1>QuantumChat runs, but its web client is not built yet</h1>
<p>Run <code>./start_services.sh</code>, or in the folder <code>frontend</code>:</p>
<pre>npm ci
npm run build</pre>
<p>Then load this page again. The API is described under <a href="/docs">/docs</a>.</p></body></html>
"""


class WebClient:
    """What answers where no route matches: an ASGI app, so that a wrong method on a route is still a 405."""

    def __init__(self, folder: Path = CLIENT_FOLDER) -> None:
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        response = await run_in_threadpool(self._answer, Request(scope))
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        path = request.url.path.lstrip("/")
        page_wanted = "text/html" in request.headers.get("accept", "")
        if request.method not in {"GET", "HEAD"} or path == "api" or path.startswith("api/"):
            raise _nothing_here()
        if not path:
            return self._page() if page_wanted else _about()
        file = _file(self._folder, path)
        if file is not None:
            headers = {"Cache-Control": _FOREVER if _HASHED.fullmatch(path) else _ASK_FIRST}
            if _IN_A_FRAME.fullmatch(path):
                headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            return FileResponse(file, headers=headers)
        # A missing script must be a 404: HTML in its place would break the page with a riddle.
        if path.startswith("assets/") or not page_wanted:
            raise _nothing_here()
        return self._page()

    def _page(self) -> Response:
        headers = {"Cache-Control": _ASK_FIRST, "Vary": "Accept"}
        index = self._folder / "index.html"
        if index.is_file():
            return FileResponse(index, headers=headers)
        return HTMLResponse(_NOT_BUILT, status_code=503, headers=headers)


def _about() -> Response:
    return Response(_ABOUT.model_dump_json(), media_type="application/json", headers={"Vary": "Accept"})


def _nothing_here() -> NotFound:
    return NotFound("not_found", "There is nothing under this address.")


def _file(folder: Path, path: str) -> Path | None:
    """The client's file of this name; nothing outside its folder, whatever the path says."""
    try:
        file = (folder / path).resolve(strict=True)
    except (OSError, ValueError):
        return None
    return file if file.is_file() and file.is_relative_to(folder.resolve()) else None
