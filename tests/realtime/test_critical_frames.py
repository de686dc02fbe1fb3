"""Critical messages over the WebSocket (PROTOCOL.md 8.1 and 8.2)."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.groups import active
from tests.realtime.wire import Wire
from tests.services import QuantumService


async def test_p8_2_a_critical_message_is_acknowledged_with_its_receipt_and_reaches_the_other(wire: Wire) -> None:
    group = await active(wire.service)
    alice, bob = group.members
    sender, reader = await wire.open(alice), await wire.open(bob)
    body = group.critical(alice)

    await sender.send(group, body)

    ack = await sender.until("message_ack")
    row = (await reader.rows(group, 2))[-1]
    assert ack["receipt"] is not None
    assert {name: row[name] for name in body} == body
    assert row["receipt"] == ack["receipt"]
    assert row["verified"] is True


async def test_p8_2_away_the_sender_hears_so_and_may_try_again(wire: Wire) -> None:
    group = await active(wire.service)
    alice = group.members[0]
    sender = await wire.open(alice)
    body = group.critical(alice)
    wire.service.quantum.away = True

    await sender.send(group, body)
    error = await sender.until("error")
    assert (error["code"], error["client_id"]) == ("quantum_service_unavailable", body["client_id"])
    assert error["retry_after"] > 0

    wire.service.quantum.away = False
    await wire.service.app.state.monitor.check()
    await sender.until("quantum_status", lambda frame: bool(frame["available"]))
    await sender.send(group, body)
    assert (await sender.until("message_ack"))["client_id"] == body["client_id"]


async def test_p8_1_secured_messages_overtake_a_critical_one_that_waits(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await active(wire.service)
    alice = group.members[0]
    sender = await wire.open(alice)
    asked, answer = asyncio.Event(), asyncio.Event()
    inner = QuantumService.handle_async_request

    async def slow(self: QuantumService, request: httpx.Request) -> httpx.Response:
        asked.set()
        await answer.wait()
        return await inner(self, request)

    monkeypatch.setattr(QuantumService, "handle_async_request", slow)
    critical, secured = group.critical(alice), group.message()
    await sender.send(group, critical)
    await asked.wait()

    await sender.send(group, secured)
    first = await sender.until("message_ack")
    answer.set()
    second = await sender.until("message_ack")

    assert [first["client_id"], second["client_id"]] == [secured["client_id"], critical["client_id"]]


async def test_p8_2_an_unsigned_critical_message_is_refused_and_the_socket_stays(wire: Wire) -> None:
    group = await active(wire.service)
    alice = group.members[0]
    sender = await wire.open(alice)
    body = group.critical(alice)

    await sender.send(group, {name: body[name] for name in body if not name.startswith("signature")})
    error = await sender.until("error")
    await sender.settled()

    assert (error["code"], error["details"]) == ("bad_signature", {"statement": "critical", "why": "missing"})
