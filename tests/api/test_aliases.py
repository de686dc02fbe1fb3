"""Other names of calls: the same answers, the same limits, and nothing of them in the schema."""

from __future__ import annotations

import pytest

from app_service.accounts.gate import MAX_ANONYMOUS_BODY_BYTES
from app_service.aliases import ALIASES, proper
from tests.factories import Browser
from tests.groups import code
from tests.rooms import founded, room_of
from tests.services import Service, StartService


def test_the_table_leads_to_documented_calls_and_stands_in_no_document(service: Service) -> None:
    documented = service.app.openapi()["paths"]
    for alias, name in ALIASES.items():
        assert name in documented
        assert not [path for path in documented if path.startswith(alias)]


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/chatrooms", "/api/rooms"),
        ("/chatrooms/7/leave", "/api/rooms/7/leave"),
        ("/auth/login/parameters", "/api/login/parameters"),
        ("/chatroomsandmore", "/chatroomsandmore"),
        ("/auth", "/auth"),
        ("/auth/sessions", "/auth/sessions"),
        ("/api/chatrooms", "/api/chatrooms"),
    ],
)
def test_only_whole_names_are_other_names(path: str, meant: str) -> None:
    assert proper(path) == meant


async def test_an_account_from_beginning_to_end(service: Service) -> None:
    browser = service.browser("alias")
    credentials = {"username": "alias", "password": "correct horse battery staple"}

    made = await browser.post("/auth/register", {**credentials, "email": "alias@example.org"})
    signed_in = await browser.post("/auth/login", credentials)
    refreshed = await browser.post("/auth/refresh", {"refresh_token": signed_in["refresh_token"]})
    browser.token = refreshed["access_token"]

    assert made["user"]["id"] == refreshed["user"]["id"] == (await browser.get("/api/users/me"))["id"]
    left = await browser.call("POST", "/auth/logout")
    assert left.status_code == 204
    assert code(await browser.call("GET", "/api/users/me")) == "signed_out"


async def test_the_limits_are_those_of_the_calls_themselves(start: StartService) -> None:
    service = await start(rate_limit_login="2/hour")
    browser = service.browser("nobody")
    wrong = {"username": "nobody", "password": "correct horse battery staple"}
    paths = ["/api/login", "/auth/login", "/auth/login"]
    codes = [code(await browser.call("POST", path, wrong)) for path in paths]
    assert codes == ["wrong_credentials", "wrong_credentials", "too_many_requests"]
    # The gate stands in front of them too: strangers' bodies are small.
    large = {**wrong, "password": "x" * MAX_ANONYMOUS_BODY_BYTES}
    assert (await browser.call("POST", "/auth/register", large)).status_code == 413


async def test_a_room_under_its_other_name(service: Service) -> None:
    room = await room_of(service, "anna")
    olga, anna = room.members
    path = f"/chatrooms/{room.session_id}"

    assert await olga.get("/chatrooms") == await olga.get("/api/rooms")
    assert await anna.get(path) == await room.view(anna)
    sent = room.message()
    ack = await olga.post(f"{path}/messages", sent)
    assert await olga.post("/api/message/send", sent) == ack
    page = await anna.get(f"{path}/messages?after=1&limit=2")
    assert page == await anna.get(f"/api/messages?conversation_id={room.session_id}&after=1&limit=2")
    assert page["items"][-1]["seq"] == ack["seq"]
    assert (await anna.post(f"{path}/leave", room.last_word("leave")))["left"] is True
    assert (await olga.post("/chatrooms"))["state"] == "establishing"
    assert code(await olga.call("GET", "/chatrooms/join/nothing")) == "link_unknown"


async def test_a_message_goes_where_its_address_and_its_body_say(service: Service) -> None:
    room, other = await founded(service), await founded(service, "otto")
    (olga,) = room.members
    refused = await olga.call("POST", f"/chatrooms/{other.session_id}/messages", room.message())
    assert (refused.status_code, code(refused)) == (422, "bad_message")


async def test_search_is_refused_with_its_reason_and_strangers_learn_nothing(service: Service) -> None:
    room = await room_of(service, "anna")
    stranger = await service.bound("sam")

    async def answer(browser: Browser, path: str) -> tuple[int, str]:
        given = await browser.call("POST", f"{path}/search", {"query": "willow"})
        return given.status_code, code(given)

    for path in (room.path, f"/chatrooms/{room.session_id}"):
        for member in room.members:
            assert await answer(member, path) == (501, "search_is_client_side")
        assert await answer(stranger, path) == (404, "not_found")
        assert await answer(service.anonymous(), path) == (401, "not_authenticated")
