"""The HTTP skin that both services wear: request ids, one error shape, security headers, offline docs, metrics."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from importlib import resources
from typing import Final

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

from shared.errors import ApiError
from shared.logging import get_logger

log = get_logger("http")


class JsonLines(StreamingResponse):
    """One JSON object to the line, each sent when there is something to tell."""

    media_type = "application/x-ndjson"


REQUEST_ID_HEADER: Final = "X-Request-ID"
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
_MAX_PROBLEMS: Final = 20
_MAX_PLACE: Final = 64
_QUIET_PATHS: Final = frozenset({"/api/health", "/api/health/live", "/api/health/ready", "/metrics"})

# A file, since a client that is served from elsewhere carries the same rules in its page (frontend/vite.config.ts).
# The hash in it is that of the empty string: Emotion fills an empty <style> through the CSSOM.
CONTENT_SECURITY_POLICY: Final = "; ".join(
    orjson.loads(resources.files("shared").joinpath("content_security_policy.json").read_bytes())
)

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

_STATUS_CODES: Final = {
    400: "malformed",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    429: "too_many_requests",
}


def request_id() -> str | None:
    """The id of the request that is being answered, to pass on to the next service."""
    value = structlog.contextvars.get_contextvars().get("request_id")
    return value if isinstance(value, str) else None


class HttpMetrics:
    """Counts and times of requests by route template; paths with ids in them never become labels."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._requests = Counter(
            "http_requests_total", "Requests answered", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "http_request_seconds", "Time to answer a request, in seconds", ("route",), registry=registry
        )

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        self._requests.labels(scope["method"], route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def exposition(self) -> Response:
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)


class RequestMiddleware:
    """Gives each request an id, the security headers, a line in the log and its place in the metrics."""

    def __init__(self, app: ASGIApp, metrics: HttpMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        identifier = given if _REQUEST_ID.fullmatch(given) else str(uuid7())
        scope.setdefault("state", {})["request_id"] = identifier
        status = 500
        started = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_headers(message["headers"], identifier)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=identifier):
            try:
                await self._app(scope, receive, send_with_headers)
            finally:
                seconds = time.perf_counter() - started
                self._metrics.observe(scope, status, seconds)
                if scope["path"] not in _QUIET_PATHS:
                    route = getattr(scope.get("route"), "path", "unmatched")
                    log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))


def _with_headers(headers: list[tuple[bytes, bytes]], identifier: str) -> list[tuple[bytes, bytes]]:
    present = {name.lower() for name, _ in headers}
    ours = {**SECURITY_HEADERS, REQUEST_ID_HEADER: identifier}
    added = [(name.lower().encode(), value.encode()) for name, value in ours.items()]
    return [*headers, *(header for header in added if header[0] not in present)]


def error_response(request: HTTPConnection, error: ApiError) -> Response:
    """The one error shape."""
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = orjson.dumps(error.body(getattr(request.state, "request_id", None)))
    return Response(body, error.status, headers, media_type="application/json")


async def _on_api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for this type only
    return error_response(request, error)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    refusal = ApiError(_STATUS_CODES.get(error.status_code, "refused"), str(error.detail))
    refusal.status = error.status_code
    response = error_response(request, refusal)
    response.headers.update(error.headers or {})
    return response


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
    # Only place and kind: the rejected value itself may be a secret.
    problems = [
        {"at": [str(part)[:_MAX_PLACE] for part in item["loc"]], "problem": item["type"]}
        for item in error.errors()[:_MAX_PROBLEMS]
    ]
    refusal = ApiError("malformed", "The request does not have the expected form.", details={"problems": problems})
    refusal.status = 422
    return error_response(request, refusal)


async def _on_crash(request: Request, error: Exception) -> Response:
    identifier = getattr(request.state, "request_id", "")
    # The middleware, whose lines carry it by themselves, has ended already.
    log.error("crash", kind=type(error).__name__, request_id=identifier, exc_info=error)
    refusal = ApiError("internal_error", "The server failed. Nothing was changed; try again, or tell its operator.")
    refusal.status = 500
    response = error_response(request, refusal)
    # This answer too is made outside the middleware, which therefore cannot add them.
    response.headers.update({**SECURITY_HEADERS, REQUEST_ID_HEADER: identifier})
    return response


def dress(app: FastAPI, registry: CollectorRegistry) -> None:
    """Put the skin on `app`: middleware, error handlers, `/metrics` and offline `/docs`.

    The app itself is made with `docs_url=None, redoc_url=None`.
    """
    metrics = HttpMetrics(registry)
    app.add_middleware(RequestMiddleware, metrics=metrics)
    app.add_exception_handler(ApiError, _on_api_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(Exception, _on_crash)

    @app.get("/metrics", include_in_schema=False)
    async def prometheus() -> Response:
        return metrics.exposition()

    _add_docs(app)


_DOCS_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}: API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head>
<body><div id="docs"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
"""
_DOCS_START: Final = (
    "SwaggerUIBundle({url: '/openapi.json', dom_id: '#docs', deepLinking: true, "
    "presets: [SwaggerUIBundle.presets.apis], layout: 'BaseLayout'})"
)


def _add_docs(app: FastAPI) -> None:
    """Swagger UI from the package's own files: no CDN, no inline script."""
    assets = resources.files("fastapi_swagger") / "resources"
    app.mount("/docs/assets", StaticFiles(directory=str(assets)), name="docs-assets")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(_DOCS_PAGE.format(title=app.title))

    @app.get("/docs/start.js", include_in_schema=False)
    async def start() -> Response:
        return Response(_DOCS_START, media_type="text/javascript")
