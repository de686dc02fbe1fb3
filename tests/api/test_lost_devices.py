"""P9.2: a device that cannot go on asks, and any member's client removes and adds it."""

from __future__ import annotations

import hashlib
import os
from uuid import UUID

from sqlalchemy import select
from uuid_utils.compat import uuid7

from app_service.models import LostDevice
from shared.encoding import Label, fields, from_base64url, to_base64url
from tests.factories import Browser, Json, milliseconds
from tests.groups import Group, active, code, establishing
from tests.services import Service


async def _ask(group: Group, browser: Browser) -> Json:
    body = await group.lost_state(browser)
    await browser.post(group.lost_states, body)
    return body


async def _claim(group: Group, browser: Browser) -> list[Json]:
    answer = await browser.post(f"/api/conversations/{group.session_id}/key-packages", {})
    items: list[Json] = answer["items"]
    return items


async def _remove(group: Group, author: Browser, lost: Browser) -> None:
    await author.post(group.commits, group.commit_body(uuid7(), removed=[lost]))
    group.epoch += 1
    group.members.remove(lost)


async def test_p9_2_a_lost_device_asks_is_removed_and_added_by_another(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members

    asked = await _ask(group, bob)
    for browser in (alice, bob):
        (shown,) = (await group.session(browser))["lost"]
        assert shown["device_id"] == str(bob.device.id)
        assert {name: shown[name] for name in ("statement", "signature")} == {
            name: asked[name] for name in ("statement", "signature")
        }
    assert await _claim(group, alice) == []  # still in the group

    await _remove(group, alice, bob)
    (claimed,) = await _claim(group, alice)
    assert claimed == {
        "user_id": str(bob.user_id),
        "device_id": str(bob.device.id),
        "key_package": asked["key_package"],
    }
    assert await _claim(group, alice) == [claimed]

    added = await alice.post(group.commits, group.commit_body(uuid7(), added=[bob]))
    group.epoch += 1
    group.members.append(bob)
    assert (await group.session(alice))["lost"] == []
    assert await service.rows(select(LostDevice)) == []
    welcomed = next(row for row in await group.log(bob) if row["seq"] == added["seq"])
    assert welcomed["welcomes"] is not None
    await group.send(bob)
    assert (await group.log(alice))[-1]["content"] is not None


async def test_p9_2_a_new_device_asks_and_is_added(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    tablet = bob.second(service.client())
    await tablet.login()
    await tablet.add_device()

    await _ask(group, tablet)
    (claimed,) = await _claim(group, alice)
    assert claimed["device_id"] == str(tablet.device.id)
    await alice.post(group.commits, group.commit_body(uuid7(), added=[tablet]))
    group.epoch += 1
    group.members.append(tablet)
    await group.send(tablet)
    assert (await group.session(bob))["lost"] == []


async def test_p9_2_asking_again_takes_the_place_of_the_first_request(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    await _ask(group, bob)
    second = await _ask(group, bob)
    (shown,) = (await group.session(alice))["lost"]
    assert shown["statement"] == second["statement"]


async def test_p9_2_asking_does_not_wait_for_quantum_service(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    service.quantum.away = True
    await _ask(group, bob)
    assert len((await group.session(alice))["lost"]) == 1


async def test_p9_2_a_statement_that_does_not_fit_is_refused(service: Service) -> None:
    group = await active(service)
    bob = group.members[1]
    before = await service.row_counts()
    lies: list[Json] = [
        {"server_name": "another-server"},
        {"user_id": uuid7()},
        {"device_id": uuid7()},
        {"conversation": uuid7()},
        {"generation": 1},
        {"epoch": 9},
        {"seq": 9},
        {"chain": bytes(32)},
        {"reason": "bored"},
        {"package_hash": bytes(32)},
    ]
    for lie in lies:
        refused = await bob.call("POST", group.lost_states, await group.lost_state(bob, **lie))
        assert (refused.status_code, code(refused)) == (422, "bad_lost_state"), lie
    garbled = {**await group.lost_state(bob), "statement": "AAAA"}
    assert code(await bob.call("POST", group.lost_states, garbled)) == "bad_lost_state"
    assert await service.row_counts() == before


async def test_p9_2_a_request_in_another_devices_name_is_refused(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    genuine = await group.lost_state(bob)

    stolen = await alice.call("POST", group.lost_states, genuine)
    assert (stolen.status_code, code(stolen)) == (422, "bad_lost_state")

    forged = await bob.call("POST", group.lost_states, await group.lost_state(bob, signer=alice.device.key))
    assert (forged.status_code, code(forged)) == (422, "bad_signature")
    garbled = await bob.call("POST", group.lost_states, {**genuine, "signature": to_base64url(os.urandom(700))})
    assert (garbled.status_code, code(garbled)) == (422, "bad_signature")
    assert await service.rows(select(LostDevice)) == []


async def test_p9_2_a_key_package_of_another_device_is_refused(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    body = await group.lost_state(bob, key_package=alice.key_package())
    refused = await bob.call("POST", group.lost_states, body)
    assert (refused.status_code, code(refused)) == (422, "bad_key_package")


async def test_p9_2_a_request_from_before_it_was_added_is_not_taken_again(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    old = await _ask(group, bob)
    await _remove(group, alice, bob)
    await alice.post(group.commits, group.commit_body(uuid7(), added=[bob]))
    refused = await bob.call("POST", group.lost_states, old)
    assert (refused.status_code, code(refused)) == (409, "already_added")


async def test_p9_2_strangers_and_those_without_a_device_ask_for_nothing(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    carol = await service.bound("carol")
    body = await group.lost_state(bob)

    stranger = await carol.call("POST", group.lost_states, await _as(group, carol, bob))
    assert (stranger.status_code, code(stranger)) == (404, "not_found")
    assert (await service.anonymous().call("POST", group.lost_states, body)).status_code == 401
    await alice.login()
    assert code(await alice.call("POST", group.lost_states, body)) == "device_required"


async def _as(group: Group, stranger: Browser, member: Browser) -> Json:
    session = await group.session(member)
    package = stranger.key_package()
    place = (group.id, 0, session["epoch"], session["seq"], from_base64url(session["chain"]))
    own: tuple[str, UUID, UUID] = (stranger.identity.server_name, stranger.user_id, stranger.device.id)
    last = ("no_state", hashlib.sha256(package).digest(), milliseconds())
    statement = fields(Label.LOST_STATE, *own, *place, *last)
    return {
        "statement": to_base64url(statement),
        "signature": to_base64url(stranger.device.key.sign(Label.LOST_STATE, statement)),
        "key_package": to_base64url(package),
    }


async def test_p9_2_only_a_device_in_the_group_gets_the_packages_of_those_who_ask(service: Service) -> None:
    group = await active(service)
    bob = group.members[1]
    tablet = bob.second(service.client())
    await tablet.login()
    await tablet.add_device()
    await _ask(group, tablet)
    path = f"/api/conversations/{group.session_id}/key-packages"
    outside = await tablet.call("POST", path, {})
    assert (outside.status_code, code(outside)) == (403, "not_in_group")
    carol = await service.bound("carol")
    assert (await carol.call("POST", path, {})).status_code == 404


async def test_p9_2_a_revoked_device_is_not_handed_out(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    tablet = bob.second(service.client())
    await tablet.login()
    await tablet.add_device()
    await _ask(group, tablet)
    _, body = bob.identity.signed_list(bob.identity.without_device(tablet.device.id))
    await bob.ok("DELETE", f"/api/devices/{tablet.device.id}", body)
    assert await _claim(group, alice) == []


async def test_p9_2_there_is_nothing_to_ask_for_before_there_is_a_group_or_after_its_end(service: Service) -> None:
    group = await establishing(service)
    bob = group.members[1]
    early = await bob.call("POST", group.lost_states, await group.lost_state(bob))
    assert (early.status_code, code(early)) == (409, "not_active")
    await group.found(bob)
    await bob.post("/api/session/terminate", group.termination())
    late = await bob.call("POST", group.lost_states, await group.lost_state(bob))
    assert (late.status_code, code(late)) == (409, "not_active")
