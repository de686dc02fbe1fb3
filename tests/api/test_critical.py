"""Critical messages at the server: verified before they are stored, and given a receipt (PROTOCOL.md 8.2)."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from app_service.conversations import admission, chain
from app_service.conversations.schemas import Acknowledgement, LogPage
from app_service.models import LogEntry
from quantum_service.primitives.errors import InvalidSignature
from quantum_service.primitives.signatures import wrap_verify
from shared.encoding import Label, Reader, from_base64url, pack_signature, to_base64url
from tests.factories import Browser, Json
from tests.groups import active, code
from tests.services import QuantumService, Service, StartService

SEND = "/api/message/send"


class Held:
    """The way to quantum_service, which can be held up."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.calls: list[str] = []
        self._open = asyncio.Event()
        self._open.set()

    def hold(self) -> None:
        self.asked.clear()
        self.calls.clear()
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    async def passed(self, request: httpx.Request) -> None:
        self.calls.append(request.url.path)
        self.asked.set()
        await self._open.wait()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    held, inner = Held(), QuantumService.handle_async_request

    async def handle(self: QuantumService, request: httpx.Request) -> httpx.Response:
        await held.passed(request)
        return await inner(self, request)

    monkeypatch.setattr(QuantumService, "handle_async_request", handle)
    return held


async def waiting(service: Service, count: int) -> None:
    """Until so many wait behind the batch that is asked about now."""
    for _ in range(6000):
        if len(service.app.state.messages.admission._waiting) == count:
            return
        await asyncio.sleep(0.005)
    raise TimeoutError("they did not come")


def flipped(text: str) -> str:
    """The same bytes but for one bit in their middle."""
    data = bytearray(from_base64url(text))
    data[len(data) // 2] ^= 1
    return to_base64url(bytes(data))


async def refused(sender: Browser, body: Json) -> tuple[int, str, Any]:
    response = await sender.call("POST", SEND, body)
    error = response.json()["error"]
    return response.status_code, error["code"], error["details"]


def check_receipt(receipt: Json, notary_key: bytes, body: Json, device_id: UUID) -> None:
    statement = from_base64url(receipt["statement"])
    signature = from_base64url(receipt["signature"])
    wrap_verify(notary_key, Label.RECEIPT, b"", hashlib.sha512(statement).digest(), signature)
    reader = Reader(statement)
    reader.label(Label.RECEIPT)
    named = (reader.uuid(), reader.uuid(), reader.blob(64), reader.uuid())
    reader.number()
    reader.end()
    content = hashlib.sha512(from_base64url(body["content"])).digest()
    assert named == (UUID(body["conversation_id"]), UUID(body["client_id"]), content, device_id)


async def receipt_key(service: Service) -> bytes:
    config = await service.anonymous().get("/api/config")
    return from_base64url(config["notary_keys"]["receipt"]["public_key"])


async def test_p8_2_a_signed_message_is_stored_with_signature_and_receipt(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    body = group.critical(alice)

    ack = await alice.post(SEND, body)

    Acknowledgement.model_validate(ack)
    page = await bob.get(f"/api/messages?conversation_id={group.session_id}&after=0")
    LogPage.model_validate(page)
    row = page["items"][-1]
    assert {name: row[name] for name in body} == body
    assert row["verified"] is True
    assert row["kind"] == "message"
    assert row["receipt"] == ack["receipt"]
    check_receipt(row["receipt"], await receipt_key(service), body, alice.device.id)


async def test_p5_1_the_chain_covers_the_signature(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    body = group.critical(alice)
    await alice.post(SEND, body)

    row = (await group.log(alice))[-1]

    halves = (from_base64url(body[name]) for name in ("signature_falcon", "signature_ecdsa"))
    content = from_base64url(body["content"])
    assert chain.body_hash(content, pack_signature(*halves)) == from_base64url(row["body_hash"])
    assert chain.body_hash(content) != from_base64url(row["body_hash"])


async def test_secured_messages_have_neither_signature_nor_receipt(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    ack = await group.send(alice)

    row = (await group.log(alice))[-1]

    assert ack["receipt"] is None
    assert [row[name] for name in ("signature_falcon", "signature_ecdsa", "verified", "receipt")] == [None] * 4
    assert row["message_type"] == "secured"


@pytest.mark.parametrize("half", ["signature_falcon", "signature_ecdsa"])
async def test_p8_2_either_half_that_is_wrong_or_missing_is_refused(service: Service, half: str) -> None:
    group = await active(service)
    alice = group.members[0]
    body = group.critical(alice)
    before = await service.row_counts()

    stripped = {name: value for name, value in body.items() if name != half}
    bare = {name: value for name, value in body.items() if not name.startswith("signature")}
    assert await refused(alice, stripped) == (422, "bad_signature", {"statement": "critical", "why": "missing"})
    assert await refused(alice, bare) == (422, "bad_signature", {"statement": "critical", "why": "missing"})
    wrong = await refused(alice, body | {half: flipped(body[half])})
    assert wrong == (422, "bad_signature", {"statement": "critical", "why": "invalid_signature"})
    assert (await refused(alice, body | {half: "no base64url!"}))[:2] == (422, "malformed")
    assert (await refused(alice, body | {half: ""}))[:2] == (422, "malformed")

    assert await service.row_counts() == before


async def test_p8_2_the_signature_is_for_this_very_message(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    client_id = uuid7()
    body, other = group.critical(alice, client_id), group.critical(alice, client_id)
    signature = {name: other[name] for name in ("signature_falcon", "signature_ecdsa")}
    before = await service.row_counts()

    for wrong in (body | signature, group.critical(bob, client_id), group.critical(alice, client_id, epoch=0)):
        again = wrong | {"content": body["content"]}
        assert (await refused(alice, again))[1:] == (
            "bad_signature",
            {"statement": "critical", "why": "invalid_signature"},
        )

    assert await service.row_counts() == before


async def test_p8_2_another_devices_key_does_not_do(service: Service) -> None:
    """Also not that of another device of the same person."""
    group = await active(service)
    alice, bob = group.members
    second = alice.second(service.client())
    await second.login()
    await second.add_device()
    for signer in (bob, second):
        body = group.critical(alice)
        body |= {name: value for name, value in group.critical(signer).items() if name.startswith("signature")}
        assert (await refused(alice, body))[:2] == (422, "bad_signature")
        assert (await refused(alice, group.critical(signer)))[:2] == (422, "bad_signature")


async def test_p8_2_the_type_stands_in_the_authenticated_data_too(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    critical, secured = group.critical(alice), group.message()
    signature = {name: value for name, value in critical.items() if name.startswith("signature")}
    before = await service.row_counts()

    assert (await refused(alice, secured | signature | {"message_type": "critical"}))[:2] == (422, "bad_message")
    assert (await refused(alice, secured | signature))[:2] == (422, "bad_message")
    unsigned = {name: value for name, value in critical.items() if not name.startswith("signature")}
    assert (await refused(alice, unsigned | {"message_type": "secured"}))[:2] == (422, "bad_message")
    assert (await refused(alice, critical | {"message_type": "urgent"}))[:2] == (422, "malformed")

    assert await service.row_counts() == before


async def test_strangers_and_bystanders_get_nowhere_and_cost_quantum_service_nothing(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    mallory = await service.bound("mallory")
    second = alice.second(service.client())
    await second.login()
    await second.add_device()
    unbound = await service.person("nobody")
    before, asked = await service.row_counts(), len(service.quantum.calls)

    assert (await refused(mallory, group.critical(mallory)))[:2] == (404, "not_found")
    assert (await refused(mallory, group.critical(alice)))[:2] == (404, "not_found")
    assert (await refused(unbound, group.critical(alice)))[:2] == (403, "device_required")
    assert (await refused(service.anonymous(), group.critical(alice)))[:2] == (401, "not_authenticated")
    assert "/api/quantum/wrap_verify" not in service.quantum.calls[asked:]
    assert (await refused(second, group.critical(second)))[:2] == (403, "not_in_group")

    assert await service.row_counts() == before


async def test_p8_2_away_nothing_is_stored_and_the_rest_goes_on(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    body = group.critical(alice)
    before = await service.row_counts()
    service.quantum.away = True

    response = await alice.call("POST", SEND, body)

    assert (response.status_code, code(response)) == (503, "quantum_service_unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert await service.row_counts() == before
    await group.send(alice)
    await group.send(bob)
    service.quantum.away = False
    ack = await alice.post(SEND, body)
    assert ack["seq"] == 4


async def test_p5_4_a_repeat_gets_the_first_answer_also_while_quantum_service_is_away(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    body = group.critical(alice)
    first = await alice.post(SEND, body)
    service.quantum.away = True

    again = await alice.post(SEND, body)
    other_bytes = await alice.post(SEND, group.critical(alice, UUID(body["client_id"])))
    stripped = await alice.post(SEND, {name: body[name] for name in body if not name.startswith("signature")})

    assert first == again == other_bytes == stripped
    assert [row["client_id"] for row in await group.log(alice)].count(body["client_id"]) == 1


async def test_p8_2_many_that_wait_share_a_round_trip_and_keep_their_order(service: Service, held: Held) -> None:
    group = await active(service)
    alice, bob = group.members
    authors = (alice, bob) * 6
    bodies = [group.critical(author) for author in authors]
    bodies[4]["signature_ecdsa"] = flipped(bodies[4]["signature_ecdsa"])
    held.hold()
    answers = []
    for author, body in zip(authors, bodies, strict=True):
        answers.append(asyncio.create_task(author.call("POST", SEND, body)))
        await held.asked.wait()
        await waiting(service, len(answers) - 1)

    held.release()
    statuses = [(await answer).status_code for answer in answers]

    assert statuses == [201] * 4 + [422] + [201] * 7
    rows = [row["client_id"] for row in await group.log(alice)][1:]
    assert rows == [body["client_id"] for at, body in enumerate(bodies) if at != 4]
    assert held.calls.count("/api/quantum/wrap_verify") == 2


async def test_what_the_writer_refuses_leaves_no_trace(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    stale = group.critical(alice)
    second = bob.second(service.client())
    await second.login()
    await second.add_device()
    await second.upload_key_packages()
    body = group.commit_body(uuid7(), added=[second])
    await bob.post(group.commits, body)
    group.epoch += 1
    before = await service.row_counts()

    assert (await refused(alice, stale))[:2] == (409, "epoch_stale")
    await bob.ok("DELETE", f"/api/connections/{alice.user_id}")
    assert (await refused(alice, group.critical(alice)))[:2] == (403, "not_connected")

    assert (await service.row_counts())["log_entries"] == before["log_entries"]


async def test_quantum_service_sees_digests_only(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    group = await active(service)
    alice = group.members[0]
    body = group.critical(alice)
    seen: list[bytes] = []
    inner = QuantumService.handle_async_request

    async def listen(self: QuantumService, request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return await inner(self, request)

    monkeypatch.setattr(QuantumService, "handle_async_request", listen)
    await alice.post(SEND, body)

    told = b"".join(seen).decode()
    assert "QuantumChat/critical/v1" in told
    content = from_base64url(body["content"])
    for secret in (group.id.bytes, UUID(body["client_id"]).bytes, alice.device.id.bytes, content):
        # Wherever it stood, its middle would show in one of the three alignments of base64.
        for shift in range(3):
            assert to_base64url(bytes(shift) + secret)[4:-4] not in told
    assert group.session_id not in told


async def test_another_master_key_makes_no_receipts(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    health = service.app.state.monitor.health
    notaries = service.app.state.notaries
    await notaries.receipt.follow(health.model_copy(update={"master_key_id": "00" * 8}))

    assert (await service.anonymous().get("/api/health"))["notary"] == "notary_unavailable"
    assert (await refused(alice, group.critical(alice)))[:2] == (503, "quantum_service_unavailable")

    await notaries.receipt.follow(health)
    await alice.post(SEND, group.critical(alice))


async def test_too_many_that_wait_are_refused_and_all_are_told_when_it_ends(
    service: Service, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await active(service)
    alice = group.members[0]
    monkeypatch.setattr(admission, "MAX_WAITING", 2)
    monkeypatch.setattr(admission, "MAX_BATCH", 1)
    held.hold()
    first = asyncio.create_task(alice.call("POST", SEND, group.critical(alice)))
    await held.asked.wait()
    others = [asyncio.create_task(alice.call("POST", SEND, group.critical(alice))) for _ in range(2)]
    await waiting(service, 2)
    assert (await refused(alice, group.critical(alice)))[:2] == (503, "overloaded")
    await group.send(alice)  # the writer never waits for quantum_service
    service.quantum.away = True
    held.release()

    codes = {code(response) for response in await asyncio.gather(first, *others)}

    assert codes == {"quantum_service_unavailable"}
    assert [row.kind for row in await service.rows(select(LogEntry).order_by(LogEntry.seq))] == ["commit", "message"]


async def test_the_metrics_count_verdicts(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    await alice.post(SEND, group.critical(alice))
    body = group.critical(alice)
    await refused(alice, body | {"signature_ecdsa": flipped(body["signature_ecdsa"])})
    service.quantum.away = True
    await refused(alice, group.critical(alice))

    text = (await service.client().get("/metrics")).text

    for outcome in ("valid", "invalid_signature", "unavailable"):
        assert f'critical_messages_total{{outcome="{outcome}"}} 1.0' in text
    assert "critical_verification_seconds_count" in text


async def test_p11_2_receipts_have_a_notary_key_of_their_own(start: StartService) -> None:
    one, two = await asyncio.gather(start(), start())
    keys = [(await service.anonymous().get("/api/config"))["notary_keys"] for service in (one, two)]
    assert keys[0] == keys[1]
    assert keys[0]["receipt"]["public_key"] != keys[0]["establish"]["public_key"]

    group = await active(one)
    alice = group.members[0]
    body = group.critical(alice)
    receipt = (await alice.post(SEND, body))["receipt"]
    check_receipt(receipt, from_base64url(keys[0]["receipt"]["public_key"]), body, alice.device.id)
    with pytest.raises(InvalidSignature):
        check_receipt(receipt, from_base64url(keys[0]["establish"]["public_key"]), body, alice.device.id)


async def test_a_device_reads_signatures_with_the_bodies_only(service: Service) -> None:
    """As with `content`: a device that joins later gets chain fields of what was before."""
    group = await active(service)
    alice, bob = group.members
    await alice.post(SEND, group.critical(alice))
    second = bob.second(service.client())
    await second.login()
    await second.add_device()

    row = (await group.log(second))[-1]

    assert [row[name] for name in ("content", "signature_falcon", "signature_ecdsa", "verified", "receipt")] == [
        None
    ] * 5
    assert row["message_type"] == "critical"
