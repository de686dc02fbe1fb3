"""`curl` alone, against both services as people start them: the first thing that must work on a new machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from tests.curl import Curl
from tests.processes import House, house

TESTUSER: Final = {"username": "testuser", "email": "test@example.com", "password": "password123"}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("curl") / "house") as started:
        yield started


def test_the_story(services: House) -> None:
    curl = Curl(services.url)
    health = curl.get("/api/health").expect(200)
    assert health["status"] in {"ok", "degraded"}
    assert health["database"] == {"status": "ok", "kind": "sqlite"}

    registered = curl.post("/api/register", TESTUSER).expect(201)
    assert registered["warnings"], "a weak password is accepted in development, with a warning"
    assert registered["user"]["username"] == "testuser"
    assert "password" not in str(registered["user"])

    testuser = Curl(services.url).signed_in("testuser", "password123")
    by_mail = curl.post("/api/login", {"username": "test@example.com", "password": "password123"}).expect(200)
    assert set(by_mail) >= {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert by_mail["expires_in"] == 15 * 60

    friend = {"username": "friend", "email": "friend@example.com", "password": "another password"}
    curl.post("/api/register", friend).expect(201)
    friend_curl = Curl(services.url).signed_in("friend", "another password")

    [found] = testuser.get("/api/users/available?q=fri").expect(200)["items"]
    assert (found["username"], found["connection"]) == ("friend", "none")
    assert "email" not in found

    request = testuser.post("/api/connection/request", {"username": "friend"}).expect(201)
    assert request["state"] == "pending"
    [pending] = friend_curl.get("/api/connection/pending").expect(200)["items"]
    assert (pending["id"], pending["direction"], pending["peer"]["username"]) == (request["id"], "in", "testuser")
    answer = friend_curl.post("/api/connection/respond", {"request_id": request["id"], "accept": True}).expect(200)
    assert answer["state"] == "connected"

    for person in (testuser, friend_curl):
        [session] = person.get("/api/session/status").expect(200)["items"]
        assert session["id"] == answer["session_id"]
        assert (session["state"], session["is_active"]) == ("waiting_for_devices", False)
        assert len(session["waiting_for"]) == 2
        assert "session_key" not in session


def test_every_error_has_the_one_shape(services: House) -> None:
    curl = Curl(services.url)
    curl.post("/api/register", {"username": "erin", "email": "erin@example.com", "password": "erin's password"})
    erin = Curl(services.url).signed_in("erin", "erin's password")

    assert curl.get("/api/users/me").refusal(401) == "not_authenticated"
    assert Curl(services.url, "nonsense").get("/api/users/me").refusal(401) == "not_authenticated"
    assert curl.get("/api/nothing/here").refusal(404) == "not_found"
    assert curl.post("/api/health", {}).refusal(405) == "method_not_allowed"
    assert curl.post("/api/register", "{not json").refusal(422) == "malformed"
    assert curl.post("/api/register", {"username": "erin"}).refusal(422) == "malformed"
    assert curl.post("/api/register", TESTUSER | {"username": "no spaces"}).refusal(422) == "invalid_username"
    taken = {"username": "erin", "email": "other@example.com", "password": "erin's password"}
    assert curl.post("/api/register", taken).refusal(409) == "username_taken"
    assert curl.post("/api/login", {"username": "erin", "password": "wrong one"}).refusal(401) == "wrong_credentials"
    assert curl.post("/api/login", {"username": "nobody", "password": "wrong one"}).refusal(401) == "wrong_credentials"
    assert erin.post("/api/connection/request", {"username": "nobody-here"}).refusal(404) == "not_found"
    assert erin.post("/api/connection/request", {"username": "erin"}).refusal(422) == "not_yourself"
    assert erin.get("/api/devices/key-packages").refusal(403) == "device_required"
