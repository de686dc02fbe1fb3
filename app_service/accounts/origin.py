"""Which web pages may act with a person's cookies or open a socket."""

from __future__ import annotations

from starlette.requests import HTTPConnection


def origin_allowed(connection: HTTPConnection, allowed: tuple[str, ...]) -> bool:
    """Whether `Origin` is this server's own or one of `allowed`; a request without one is not from an allowed page.

    Behind a proxy that ends TLS the page says https where we are asked by http: the host decides then.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        return False
    host = connection.headers.get("host", "")
    schemes = {"https", "http"} if connection.url.scheme in {"http", "ws"} else {"https"}
    own = {f"{scheme}://{host}" for scheme in schemes}
    return origin in own or origin in allowed or "*" in allowed


def is_loopback(host: str | None) -> bool:
    """Names under which a browser grants a secure context without TLS."""
    return host in {"localhost", "127.0.0.1", "::1"}
