"""The one way to the bytes of files, over a store in memory and over folders."""

from __future__ import annotations

from pathlib import Path

import obstore
import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import AzureStore, MemoryStore, S3Store
from uuid_utils.compat import uuid7

from app_service.attachments.blobs import Blobs, open_blobs
from app_service.attachments.schemas import CHUNK_BYTES
from app_service.attachments.service import chunk_count, chunk_length
from shared.errors import Malformed, NotFound, Unavailable
from shared.settings import ConfigurationError


async def test_what_is_put_can_be_got_until_it_is_removed() -> None:
    store = MemoryStore()
    blobs, one, other = Blobs(store), uuid7(), uuid7()
    for number in (0, 1, 10):
        await blobs.put(one, number, bytes([number]))
    await blobs.put(other, 0, b"other")
    assert await blobs.get(one, 10) == b"\x0a"

    await blobs.remove_chunk(one, 1)
    await blobs.remove_chunk(one, 1)
    with pytest.raises(NotFound):
        await blobs.get(one, 1)
    await blobs.remove(one)
    await blobs.remove(one)

    assert [each["path"] for each in obstore.list(store).collect()] == [f"{other}/0"]


async def test_a_folder_keeps_nothing_of_what_was_removed(tmp_path: Path) -> None:
    blobs, attachment = open_blobs(f"file://{tmp_path}/elsewhere", tmp_path / "unused"), uuid7()
    await blobs.put(attachment, 0, b"x")
    assert (tmp_path / "elsewhere" / str(attachment) / "0").read_bytes() == b"x"

    await blobs.remove(attachment)

    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert not (tmp_path / "unused").exists()


async def test_a_store_that_cannot_be_reached_has_a_name() -> None:
    store = S3Store(
        "bucket",
        endpoint="http://127.0.0.1:1",
        access_key_id="key",
        secret_access_key="secret",
        region="nowhere",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
    with pytest.raises(Unavailable, match="files_unavailable"):
        await Blobs(store).put(uuid7(), 0, b"x")


@pytest.mark.parametrize(("address", "kind"), [("s3://bucket/prefix", S3Store), ("az://container/prefix", AzureStore)])
def test_an_address_names_the_kind_of_store(
    address: str, kind: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    blobs = open_blobs(address, tmp_path / "unused")

    assert isinstance(blobs._store, kind)
    assert not (tmp_path / "unused").exists()


def test_an_address_that_lacks_something_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(ConfigurationError, match="ATTACHMENT_STORE"):
        open_blobs("az://container/prefix", tmp_path)


@given(st.integers(17, 20 * CHUNK_BYTES))
def test_chunks_are_the_whole_file(size: int) -> None:
    lengths = [chunk_length(size, number) for number in range(chunk_count(size))]

    assert sum(lengths) == size
    assert set(lengths[:-1]) <= {CHUNK_BYTES}
    assert 0 < lengths[-1] <= CHUNK_BYTES
    with pytest.raises(Malformed):
        chunk_length(size, len(lengths))
