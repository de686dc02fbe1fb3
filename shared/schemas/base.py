"""Types that appear in the JSON of both services."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema, model_validator

from shared.encoding import MalformedEncoding, from_base64url, to_base64url

_SPARE_FIELDS: Final = 16


def _decode(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError("base64url text is expected")  # noqa: TRY004 - pydantic turns ValueError into a 422
    try:
        return from_base64url(value)
    except MalformedEncoding as error:
        raise ValueError("not base64url without padding") from error


def _time_text(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Base64Bytes = Annotated[
    bytes,
    BeforeValidator(_decode),
    PlainSerializer(to_base64url, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "base64url"}),
]
"""Bytes in the program, base64url without padding in JSON; `Field(min_length=, max_length=)` counts bytes."""

Time = Annotated[datetime, PlainSerializer(_time_text, return_type=str, when_used="json")]
"""RFC 3339 in UTC with milliseconds."""


class Wire(BaseModel):
    """A shape on the wire: unknown fields are refused, so that a misspelt option never passes in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_serialization_defaults_required=True)

    @model_validator(mode="before")
    @classmethod
    def _few_fields(cls, given: Any) -> Any:
        # One error instead of one for each of half a million unknown fields, which would take seconds.
        if isinstance(given, dict) and len(given) > len(cls.model_fields) + _SPARE_FIELDS:
            raise ValueError("too many fields")
        return given
