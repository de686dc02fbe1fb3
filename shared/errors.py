"""The one shape in which both services say no.

Every error a caller can meet is an `ApiError` with a stable code; `shared/http.py` turns it into
`{"error": {"code", "message", "details", "request_id"}}`. Messages never repeat what the caller sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """A refusal: `code` is for programs and never changes, `message` is for people."""

    status = 400

    def __init__(
        self,
        code: str,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.details = dict(details or {})
        self.retry_after = retry_after

    def body(self, request_id: str | None) -> dict[str, Any]:
        """The JSON body of the answer."""
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "details": self.details,
                "request_id": request_id,
            }
        }


class BadRequest(ApiError):
    status = 400


class Unauthorized(ApiError):
    status = 401


class Forbidden(ApiError):
    status = 403


class NotFound(ApiError):
    status = 404


class Conflict(ApiError):
    status = 409


class PreconditionFailed(ApiError):
    status = 412


class TooLarge(ApiError):
    status = 413


class Malformed(ApiError):
    """The input is not what the call takes, whatever the state of the server."""

    status = 422


class PreconditionRequired(ApiError):
    status = 428


class TooManyRequests(ApiError):
    status = 429


class NotPossible(ApiError):
    """Something that people expect, and that this service cannot do by its nature."""

    status = 501


class Unavailable(ApiError):
    """Something this call needs is away; `retry_after` says in how many seconds to ask again."""

    status = 503


class InsufficientStorage(ApiError):
    """What is to be kept does not fit into what the caller may keep; asking again changes nothing."""

    status = 507
