"""From password to verifier (PROTOCOL 2.1 to 2.3), without a server."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from app_service.accounts import passwords as module
from app_service.accounts.passwords import Passwords, derive_auth, invented_salt
from shared.errors import Unauthorized, Unavailable
from tests.processes import PATIENCE

VECTORS: Any = json.loads((Path(__file__).parents[2] / "vectors" / "encoding.json").read_text())["password"]


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    made = Passwords("chat", unsafe_bcrypt_rounds=4)
    yield made
    await made.close()


async def test_p2_1_a_verifier_fits_its_secret_and_no_other(passwords: Passwords) -> None:
    secret = bytes(range(32))
    verifier = await passwords.verifier(secret)

    await passwords.check(secret, verifier)
    with pytest.raises(Unauthorized):
        await passwords.check(secret[:-1] + b"\x00", verifier)


async def test_p2_1_the_product_uses_cost_12() -> None:
    strong = Passwords("chat")
    try:
        assert (await strong.verifier(bytes(32))).startswith("$2b$12$")
    finally:
        await strong.close()


async def test_secrets_with_a_zero_byte_or_long_ones_are_told_apart(passwords: Passwords) -> None:
    """bcrypt alone would stop at a zero byte, and refuse more than 72."""
    verifier = await passwords.verifier(b"\x00" + b"a" * 99)

    with pytest.raises(Unauthorized):
        await passwords.check(b"\x00" + b"b" * 99, verifier)


async def test_nobody_matches_nothing_and_costs_the_same(passwords: Passwords) -> None:
    assert passwords.nobody[:7] == (await passwords.verifier(bytes(32)))[:7]
    assert not bcrypt.checkpw(b"", passwords.nobody.encode())
    with pytest.raises(Unauthorized):
        await passwords.check(bytes(32), passwords.nobody)


def test_p2_1_the_server_derives_what_the_browser_derives() -> None:
    derived = derive_auth(
        VECTORS["password"], VECTORS["server_name"], VECTORS["username"], bytes.fromhex(VECTORS["salt"])
    )

    assert derived.hex() == VECTORS["auth"]


def test_p2_1_name_server_and_salt_all_count() -> None:
    one = derive_auth("correct horse", "chat", "alice", bytes(16))

    assert one == derive_auth("correct horse", "chat", "alice", bytes(16))
    assert one != derive_auth("correct horse", "chat", "alicf", bytes(16))
    assert one != derive_auth("correct horse", "chau", "alice", bytes(16))
    assert one != derive_auth("correct horse", "chat", "alice", bytes(15) + b"\x01")
    assert derive_auth("e\u0301toile", "chat", "alice", bytes(16)) == derive_auth("étoile", "chat", "alice", bytes(16))


def test_p2_6_invented_salts_are_stable_and_differ() -> None:
    assert invented_salt(b"key", "alice") == invented_salt(b"key", "alice")
    assert invented_salt(b"key", "alice") != invented_salt(b"key", "alicf")
    assert invented_salt(b"key", "alice") != invented_salt(b"other", "alice")


@pytest.mark.parametrize("password", ["password123", "alice2024", "qwertyuiop"])
async def test_p2_3_guessable_passwords_are_weak(passwords: Passwords, password: str) -> None:
    assert await passwords.weakness(password, "alice", "alice@example.com")


async def test_p2_3_long_random_ones_are_not(passwords: Passwords) -> None:
    assert await passwords.weakness("correct horse battery staple", "alice") is None
    assert await passwords.weakness("vK7#" * 32, "alice") is not None
    assert await passwords.weakness("zPq8-wTn4-Rk2m-Xb9v", "alice") is None


async def test_hashing_never_blocks_the_event_loop_and_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_THREADS", 1)
    monkeypatch.setattr(module, "_QUEUE", 1)
    busy = Passwords("chat", unsafe_bcrypt_rounds=4)
    loop_is_free = threading.Event()
    monkeypatch.setattr(module, "_hash", lambda *_: "hash" if loop_is_free.wait(PATIENCE) else "the loop was blocked")
    try:
        jobs = [asyncio.create_task(busy.verifier(bytes(32))) for _ in range(2)]
        await asyncio.sleep(0.01)
        with pytest.raises(Unavailable) as refusal:
            await busy.verifier(bytes(32))
        assert refusal.value.retry_after == 1
        loop_is_free.set()
        assert await asyncio.gather(*jobs) == ["hash", "hash"]
    finally:
        await busy.close()
