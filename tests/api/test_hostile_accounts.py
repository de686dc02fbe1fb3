"""Guessing at accounts: what races, addresses and made-up names must not tell or cost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from uuid_utils.compat import uuid7

from app_service.rate_limits import RateLimits
from shared.errors import TooManyRequests
from tests.groups import code
from tests.services import Service, settings_for_tests


async def test_registrations_at_once_name_what_is_taken(service: Service) -> None:
    browsers = [service.browser("email") for _ in range(4)]
    bodies = []
    for number, browser in enumerate(browsers):
        await browser.prepare_identity()
        bodies.append({**browser.registration(), "email": f"{number}@example.com"})
    answers = await asyncio.gather(
        *(browser.call("POST", "/api/register", body) for browser, body in zip(browsers, bodies, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {code(answer) for answer in answers if answer.status_code == 409} == {"username_taken"}


async def test_p2_6_parameters_do_not_tell_whose_an_address_is(service: Service) -> None:
    await service.person("alice")
    nobody = service.anonymous()
    by_name = await nobody.get("/api/login/parameters?username=alice")
    by_address = await nobody.get("/api/login/parameters?username=alice@example.com")
    assert by_address["salt"] != by_name["salt"]
    assert by_address == await nobody.get("/api/login/parameters?username=ALICE@example.com")


async def test_an_address_is_the_same_sign_in_with_a_password(service: Service) -> None:
    alice = await service.curl_person("alice")
    password = "correct horse battery staple"
    answer = await alice.post("/api/login", {"username": alice.email, "password": password})
    assert answer["user"]["username"] == "alice"


async def test_made_up_names_from_one_address_fill_no_memory(tmp_path: Path) -> None:
    limits = RateLimits(settings_for_tests(tmp_path, "sqlite:////unused.db", rate_limit_login="2/minute"))
    refused = 0
    for _ in range(300):
        try:
            await limits.login(str(uuid7()), "203.0.113.7")
        except TooManyRequests:
            refused += 1
    assert refused == 290
    with pytest.raises(TooManyRequests):
        await limits.login("alice", "203.0.113.7")
    await limits.login("alice", "203.0.113.8")
    assert len(limits._limiter.storage.storage) < 60  # type: ignore[attr-defined]  # of its memory store
