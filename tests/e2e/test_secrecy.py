"""What the services keep, write and answer holds no plaintext, password or recovery code (P1, and PROTOCOL.md 2.2)."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.people import PASSWORD, Town

pytestmark = pytest.mark.browser

SECRET: Final = "the-heron-nests-behind-the-mill"


def spellings(text: str) -> set[bytes]:
    """As it would stand in a file: text in two encodings, hexadecimal, base64 at each of its three alignments."""
    plain = text.encode()
    found = {plain, text.encode("utf-16-le"), plain.hex().encode()}
    for shift in range(3):
        encoded = base64.urlsafe_b64encode(bytes(shift) + plain)
        found.add(encoded[4 if shift else 0 : -4])  # whole groups only: the rest depends on the neighbours
    return found


def memory_of(pid: int) -> bytes:
    """What a process holds in memory, as far as it can be read."""
    chunks = []
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, permissions, *_ = line.split()
            start, end = (int(part, 16) for part in span.split("-"))
            if not permissions.startswith("rw") or end - start > 1 << 30:
                continue
            try:
                memory.seek(start)
                chunks.append(memory.read(end - start))
            except (OSError, ValueError, OverflowError):
                continue
    return b"\0".join(chunks)


async def test_database_logs_answers_and_memory_hold_no_plaintext(town: Town) -> None:
    alice = await town.browser("alice")
    code = "".join((await alice.register()).split())
    bob = await town.person("bob")
    await alice.asks("bob")
    await bob.accepts("alice")
    await alice.opens("bob")
    await bob.opens("alice")
    await alice.writes(SECRET)
    await bob.reads(SECRET)
    await alice.sees_state(SECRET, "delivered")
    memory = {service.name: memory_of(service.pid) for service in (town.house.app, town.house.quantum)}
    town.house.app.stop()  # what is only in the journal goes into the file

    places = {
        "database and logs": town.house.everything_kept(),
        "answers and frames": b"\0".join(alice.heard + bob.heard),
        **{f"memory of {name}": dump for name, dump in memory.items()},
    }
    # The search itself works: what is no secret is found.
    assert b"alice" in places["database and logs"]
    assert b"alice" in places["answers and frames"]
    assert b"message_receive" in places["answers and frames"]
    assert b"alice" in places["memory of app_service"]
    for secret in (SECRET, PASSWORD, code):
        for place, content in places.items():
            assert not [one for one in spellings(secret) if one in content], f"{place} holds a secret"


async def test_a_raw_password_is_forgotten(town: Town) -> None:
    """`curl` sends one; neither file nor log keeps it."""
    password = "rowboat-cedar-41-violin"
    body = {"username": "dora", "email": "dora@example.org", "password": password}
    with town.house.client() as client:
        assert client.post("/api/register", json=body).status_code == 201
        answer = client.post("/api/login", json={"username": "dora", "password": password})
        assert answer.status_code == 200
        client.post("/api/login", json={"username": "dora", "password": password + "x"})
        client.post("/api/register", json=body | {"unknown": password})
    town.house.app.stop()
    kept = town.house.everything_kept()
    assert b"dora" in kept
    assert not [one for one in spellings(password) if one in kept]
    assert answer.json()["refresh_token"].encode() not in kept
