"""Why a file is refused: one place for the codes of docs/api.md, *Files*."""

from __future__ import annotations

from shared.errors import Conflict, InsufficientStorage, Malformed, NotFound, TooLarge


def not_found() -> NotFound:
    return NotFound("not_found", "There is no such file.")


def attachment_exists() -> Conflict:
    return Conflict("attachment_exists", "Another upload has this id.")


def file_too_large(limit: int) -> TooLarge:
    return TooLarge("file_too_large", "The file is larger than this server takes.", details={"limit": limit})


def quota_exceeded(quota: int, used: int) -> InsufficientStorage:
    details = {"quota": quota, "used": used}
    return InsufficientStorage("quota_exceeded", "Your files would take more room than you have.", details=details)


def bad_chunk(why: str) -> Malformed:
    return Malformed("bad_chunk", why)


def chunk_exists() -> Conflict:
    return Conflict("chunk_exists", "This chunk is there with other bytes.")


def already_complete() -> Conflict:
    return Conflict("already_complete", "This file is complete: nothing is added to it.")


def incomplete(missing: list[int]) -> Conflict:
    return Conflict("incomplete", "Chunks are missing.", details={"missing": missing})
