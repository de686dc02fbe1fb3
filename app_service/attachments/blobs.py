"""Where the bytes of attachments are: a folder by default, S3 or Azure Blob by their address.

Promises: a blob is there whole or not at all; file access runs on obstore's own threads, never on the event loop; an
unusable store is a 503 with a name.
Does not: know who may read what, or what is inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from app_service.attachments.refusals import not_found
from shared.errors import Unavailable
from shared.logging import get_logger
from shared.settings import ConfigurationError

log = get_logger("attachments")


class Blobs:
    """The chunks of attachments, one blob each: `attachment id/number`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, attachment_id: UUID, number: int, content: bytes) -> None:
        with _named_failures():
            await obstore.put_async(self._store, _path(attachment_id, number), content, use_multipart=False)

    async def get(self, attachment_id: UUID, number: int) -> bytes:
        """404 when somebody has removed it meanwhile."""
        with _named_failures():
            found = await obstore.get_async(self._store, _path(attachment_id, number))
            return bytes(await found.bytes_async())

    async def remove(self, attachment_id: UUID) -> None:
        """All chunks of an attachment, whichever of them there are."""
        with _named_failures():
            found = await obstore.list(self._store, prefix=f"{attachment_id}/").collect_async()
            for each in found:
                await self._delete(each["path"])

    async def remove_chunk(self, attachment_id: UUID, number: int) -> None:
        with _named_failures():
            await self._delete(_path(attachment_id, number))

    async def _delete(self, path: str) -> None:
        try:
            await obstore.delete_async(self._store, path)
        except FileNotFoundError:
            return


def open_blobs(address: str | None, folder: Path) -> Blobs:
    """At `address` (`s3://bucket/prefix`, `az://container/prefix`, `file:///folder`), else in `folder`.

    Keys and endpoints come from the variables that the providers' own tools read: `AWS_…`, `AZURE_STORAGE_…`.
    """
    if address is not None and not address.startswith("file:"):
        try:
            return Blobs(from_url(address))
        except (BaseError, ValueError) as error:
            raise ConfigurationError("ATTACHMENT_STORE cannot be used: is everything said that it needs?") from error
    place = folder if address is None else Path(address.removeprefix("file://"))
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.chmod(0o700)
    return Blobs(LocalStore(place, automatic_cleanup=True))


def _path(attachment_id: UUID, number: int) -> str:
    return f"{attachment_id}/{number}"


@contextmanager
def _named_failures() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise not_found() from error
    except (BaseError, OSError) as error:
        # Its text may name buckets and folders.
        log.warning("attachment_store_fails", kind=type(error).__name__)
        raise Unavailable(
            "files_unavailable", "Files cannot be stored or read at the moment. Try again.", retry_after=5
        ) from error
