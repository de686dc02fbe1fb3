"""Input that is made to hurt: always a 4xx with a stable code, fast, and nothing is changed."""

from __future__ import annotations

import json
import time

import pytest

from tests.groups import code
from tests.services import Service

LIMIT_SECONDS = 5.0  # it took minutes
_COMBINING = "\u0300" * 30_000 + "\u0316" * 30_000


@pytest.mark.parametrize("field", ["username", "email"])
async def test_a_name_is_not_normalised_before_its_length_is_known(service: Service, field: str) -> None:
    body = {"username": "alice", "email": "alice@example.com", "password": "correct horse battery"}
    started = time.process_time()
    answer = await service.client().post("/api/register", json={**body, field: _COMBINING})
    assert (answer.status_code, code(answer)) == (422, "malformed")
    assert time.process_time() - started < LIMIT_SECONDS


@pytest.mark.parametrize("path", ["/api/register", "/api/login", "/api/token/refresh"])
async def test_many_unknown_fields_are_one_problem(service: Service, path: str) -> None:
    fields = {str(number): 1 for number in range(8_000)}
    answer = await service.client().post(path, json=fields)
    assert (answer.status_code, code(answer)) == (422, "malformed")
    assert len(answer.json()["error"]["details"]["problems"]) == 1


async def test_few_problems_are_told_and_none_at_length(service: Service) -> None:
    body = {"username": "alice", "password": "x", "n" * 10_000: 1}
    problems = (await service.client().post("/api/login", json=body)).json()["error"]["details"]["problems"]
    assert [problem["problem"] for problem in problems] == ["extra_forbidden"]
    assert len(problems[0]["at"][-1]) == 64


@pytest.mark.parametrize("text", ["[" * 100_000, '{"username":' * 10_000, '{"username": ', '"\ud800"', ""])
async def test_what_is_no_json_is_malformed(service: Service, text: str) -> None:
    answer = await service.client().post(
        "/api/login", content=text.encode("utf-8", "surrogatepass"), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert code(answer) == "malformed"


async def test_control_characters_are_refused_on_every_database(service: Service) -> None:
    alice = await service.person("alice")
    before = await service.row_counts()
    calls = [
        ("GET", "/api/users/available?q=%00", None),
        ("GET", "/api/users/available?after=a%00", None),
        ("GET", "/api/login/parameters?username=a%00", None),
        ("POST", "/api/login", {"username": "\0alice", "password": "x"}),
        ("POST", "/api/connection/request", {"username": "bob\0"}),
        ("PATCH", "/api/users/me", {"email": "a\0b@example.com"}),
        ("POST", "/api/register", {"username": "bob", "email": "b@exam\0ple.com", "password": "correct horse battery"}),
    ]
    for method, path, body in calls:
        answer = await alice.call(method, path, body)
        assert (answer.status_code, code(answer)) == (422, "malformed"), path
    assert await service.row_counts() == before


async def test_a_password_that_is_no_text_is_refused(service: Service) -> None:
    body = json.dumps({"username": "alice", "password": "\ud800 horse battery"})  # an escaped lone surrogate
    answer = await service.client().post("/api/login", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, code(answer)) == (422, "malformed")
