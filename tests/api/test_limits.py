"""How often and how much: 429 with `Retry-After` per account, device and address; large bodies only when signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app_service.accounts.gate import MAX_ANONYMOUS_BODY_BYTES
from app_service.rate_limits import Meter, Rate
from tests.groups import active, code
from tests.services import Service, StartService

LARGE = b'{"username": "' + b"x" * MAX_ANONYMOUS_BODY_BYTES + b'"}'
JSON = {"Content-Type": "application/json"}


def _refused(answer: httpx.Response) -> None:
    assert (answer.status_code, code(answer)) == (429, "too_many_requests")
    assert 1 <= int(answer.headers["Retry-After"]) <= 86_400
    assert answer.headers["X-Request-ID"] == answer.json()["error"]["request_id"]


async def test_calls_of_one_account_are_limited_wherever_they_come_from(start: StartService) -> None:
    service = await start(rate_limit_calls="3/day")
    alice, bob = await service.person("alice"), await service.person("bob")
    headers = {"Authorization": f"Bearer {alice.token}"}
    for number in range(3):
        answer = await service.client(f"203.0.113.{number}").get("/api/users/me", headers=headers)
        assert answer.status_code == 200
    _refused(await service.client("203.0.113.4").get("/api/users/me", headers=headers))
    await bob.get("/api/users/me")


async def test_calls_of_one_address_are_limited_and_it_cannot_pretend_to_be_another(start: StartService) -> None:
    service = await start(rate_limit_calls="1/day")
    client = service.client("203.0.113.1")
    pretending: Iterable[dict[str, str]] = ({"X-Forwarded-For": f"198.51.100.{number}"} for number in range(6))
    answers = [await client.get("/api/config", headers=headers) for headers in pretending]
    assert [answer.status_code for answer in answers[:5]] == [200] * 5
    _refused(answers[5])
    assert (await service.client("203.0.113.2").get("/api/config")).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "203.0.113.1",
        "203.0.113.1:{port}",  # as the front ends of Azure write it
        "::ffff:203.0.113.1",
        "[2001:db8::{port}]:{port}",  # a customer's network
        "2001:db8::{port}",
        "unknown-{port}",
    ],
)
async def test_behind_a_named_proxy_an_address_is_the_last_that_the_proxy_wrote(
    start: StartService, address: str
) -> None:
    service = await start(rate_limit_calls="1/day")
    ours: Any = service.app
    app: Any = ProxyHeadersMiddleware(ours, trusted_hosts="10.0.0.1,10.0.0.2")  # as uvicorn puts it around ours
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, client=("10.0.0.1", 50_000)), base_url="http://localhost:8000"
    ) as proxy:

        async def call(forwarded: str) -> int:
            return (await proxy.get("/api/config", headers={"X-Forwarded-For": forwarded})).status_code

        # What comes before was sent along by the caller itself.
        calls = [
            await call(f"198.51.100.{port}, {address.format(port=port)}, 10.0.0.2:{port}") for port in range(10, 16)
        ]
        assert calls == [200] * 5 + [429]
        assert [await call("203.0.113.2:4711"), await call("[2001:db8:0:1::1]:4711")] == [200, 200]


async def test_health_and_metrics_always_answer(start: StartService) -> None:
    service = await start(rate_limit_calls="1/day")
    client = service.client("203.0.113.1")
    for path in ("/api/health", "/api/health/live", "/api/health/ready", "/metrics"):
        assert [(await client.get(path)).status_code for _ in range(7)] == [200] * 7


async def test_messages_of_one_device_are_limited(start: StartService) -> None:
    service = await start(rate_limit_messages="2/day")
    group = await active(service)
    alice, bob = group.members
    for _ in range(2):
        await group.send(alice)
    before = await service.row_counts()
    _refused(await alice.call("POST", "/api/message/send", group.message()))
    assert await service.row_counts() == before
    await group.send(bob)


@pytest.mark.parametrize("path", ["/api/login", "/api/register", "/api/message/send"])
async def test_a_large_body_of_nobody_is_refused(service: Service, path: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(LARGE), 65_536):
            yield LARGE[start : start + 65_536]

    for content in (LARGE, chunks()):
        answer = await service.client().post(path, content=content, headers=JSON)
        assert (answer.status_code, code(answer)) == (413, "too_large")


async def test_a_large_body_with_a_token_that_is_not_ours_is_not_read(service: Service) -> None:
    read = []

    async def never() -> AsyncIterator[bytes]:
        read.append(1)
        yield LARGE

    headers = {**JSON, "Authorization": "Bearer x", "Content-Length": str(len(LARGE))}
    answer = await service.client().post("/api/message/send", content=never(), headers=headers)
    assert (answer.status_code, code(answer)) == (401, "not_authenticated")
    assert not read


async def test_who_signed_in_may_send_more(service: Service) -> None:
    alice = await service.bound("alice")
    headers = {**JSON, "Authorization": f"Bearer {alice.token}"}
    answer = await service.client().post("/api/message/send", content=LARGE, headers=headers)
    assert (answer.status_code, code(answer)) == (422, "malformed")


def test_a_bucket_holds_its_amount_and_fills_again() -> None:
    meter = Meter(Rate(0.5, 2), 100.0)
    assert [meter.take(100.0) for _ in range(3)] == [0.0, 0.0, 2.0]
    assert meter.take(101.0) == 1.0
    assert [meter.take(102.0), meter.take(102.0)] == [0.0, 2.0]
    assert [meter.take(1000.0) for _ in range(3)] == [0.0, 0.0, 2.0]
