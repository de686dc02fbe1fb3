"""A device replaces its ML-KEM key: in order, signed, once; what is drawn then is for the new one (PROTOCOL 3.5)."""

from __future__ import annotations

import asyncio

from sqlalchemy import select
from uuid_utils.compat import uuid7

from app_service.models import Event, MlKemKey
from shared.encoding import Label, from_base64url, to_base64url
from tests.factories import Browser, HybridKey, Json
from tests.groups import active, code
from tests.services import Service, StartService

PATH = "/api/devices/ml-kem-keys"


async def refused(browser: Browser, body: Json, status: int, why: str) -> Json:
    response = await browser.call("POST", PATH, body)
    assert (response.status_code, code(response)) == (status, why), response.text
    details: Json = response.json()["error"]["details"]
    return details


async def numbers(service: Service) -> list[int]:
    return [row.number for row in await service.rows(select(MlKemKey).order_by(MlKemKey.number))]


async def test_p3_5_the_next_key_takes_the_place_of_the_one_before(service: Service) -> None:
    alice, bob = await service.connected("alice", "bob")
    first = (await bob.get(f"/api/users/{alice.user_id}/keys"))["devices"][0]["ml_kem"]

    body = alice.next_ml_kem_key()
    answer = await alice.post(PATH, body)

    assert answer["number"] == 2
    (device,) = (await bob.get(f"/api/users/{alice.user_id}/keys"))["devices"]
    assert (device["ml_kem"], device["replaced_ml_kem"]) == (body, [])
    (device,) = (await bob.get(f"/api/users/{alice.user_id}/keys?replaced=true"))["devices"]
    assert (device["ml_kem"], device["replaced_ml_kem"]) == (body, [first])


async def test_everybody_who_knows_the_keys_is_told_once(service: Service) -> None:
    alice, bob = await service.connected("alice", "bob")
    await service.bound("carol")
    key_changes = select(Event.user_id).where(Event.type == "key_change")
    before = await service.rows(key_changes)
    body = alice.next_ml_kem_key()

    first = await alice.post(PATH, body)
    again = await alice.post(PATH, body)

    assert first == again
    told = await service.rows(key_changes)
    assert sorted(told) == sorted([*before, alice.user_id, bob.user_id])


async def test_p3_5_a_number_that_is_taken_or_leaves_one_out_is_refused(service: Service) -> None:
    alice = await service.bound("alice")
    old = alice.identity.signed_ml_kem(alice.device, 1)
    await alice.post(PATH, alice.next_ml_kem_key())
    newest = alice.identity.signed_ml_kem(alice.device, 2)
    alice.device.replace_ml_kem()
    before = await service.row_counts()

    for number in (1, 2, 4, 2**63 - 1):
        body = alice.identity.signed_ml_kem(alice.device, number)
        assert await refused(alice, body, 409, "ml_kem_key_exists") == {"number": 2}
    assert await refused(alice, old, 409, "ml_kem_key_exists") == {"number": 2}

    assert await service.row_counts() == before
    assert (await alice.post(PATH, newest))["number"] == 2


async def test_p3_5_a_key_of_the_past_does_not_come_back(service: Service) -> None:
    alice = await service.bound("alice")
    first = alice.device.ml_kem
    await alice.post(PATH, alice.next_ml_kem_key())
    alice.device.ml_kem = first

    await refused(alice, alice.identity.signed_ml_kem(alice.device, 3), 422, "bad_ml_kem_key")
    assert await numbers(service) == [1, 2]


async def test_p3_5_a_key_that_the_device_did_not_sign_is_refused(service: Service) -> None:
    alice = await service.bound("alice")
    body = alice.next_ml_kem_key()
    statement = from_base64url(body["statement"])
    for signer in (alice.identity.key, HybridKey()):
        forged = {**body, "signature": to_base64url(signer.sign(Label.ML_KEM_KEY, statement))}
        assert (await refused(alice, forged, 422, "bad_signature"))["statement"] == "ml-kem-key"
    await refused(alice, {**body, "number": 3}, 422, "bad_ml_kem_key")
    await refused(alice, {**body, "statement": to_base64url(statement[:-1])}, 422, "bad_ml_kem_key")
    assert await numbers(service) == [1]


async def test_p3_5_a_key_is_of_the_device_that_calls(service: Service) -> None:
    alice = await service.bound("alice")
    laptop = alice.second(service.client())
    await laptop.login()
    await laptop.add_device()

    await refused(laptop, alice.next_ml_kem_key(), 422, "bad_ml_kem_key")


async def test_a_revoked_device_replaces_nothing(service: Service) -> None:
    alice = await service.bound("alice")
    laptop = alice.second(service.client())
    await laptop.login()
    await laptop.add_device()
    _, revocation = alice.identity.signed_list(alice.identity.without_device(laptop.device.id))
    await alice.ok("DELETE", f"/api/devices/{laptop.device.id}", revocation)

    response = await laptop.call("POST", PATH, laptop.next_ml_kem_key())

    assert response.status_code == 401
    assert await numbers(service) == [1, 1]


async def test_two_next_keys_at_once_leave_one(service: Service) -> None:
    alice = await service.bound("alice")
    bodies = [alice.next_ml_kem_key()]
    alice.device.ml_kem_number = 1
    bodies.append(alice.next_ml_kem_key())

    answers = await asyncio.gather(*(alice.call("POST", PATH, body) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await numbers(service) == [1, 2]


async def test_p3_5_nothing_is_drawn_for_a_replaced_key(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    await bob.post(PATH, bob.next_ml_kem_key())
    recipients = [{"device_id": str(alice.device.id), "number": 1}, {"device_id": str(bob.device.id), "number": 1}]
    body = {"recipients": recipients, "nonce": to_base64url(bytes(32)), "generation": 0, "epoch": 1}
    path = f"/api/conversations/{group.session_id}/contributions"

    stale = await alice.call("POST", path, {**body, "purpose": "rotate"})
    assert (stale.status_code, code(stale)) == (409, "recipient_key_replaced")
    assert stale.json()["error"]["details"] == {"user_ids": [str(bob.user_id)]}
    recipients[1]["number"] = 3
    unknown = await alice.call("POST", path, {**body, "purpose": "rotate"})
    assert (unknown.status_code, code(unknown)) == (422, "unknown_recipient")
    await group.contribution(alice, "rotate")


async def test_p7_1_a_commit_whose_draw_came_before_the_new_key_is_taken(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    contribution = await group.contribution(alice, "rotate")
    await bob.post(PATH, bob.next_ml_kem_key())

    await alice.post(group.commits, group.commit_body(uuid7(), contribution=contribution))

    assert (await group.session(bob))["epoch"] == 2


async def test_a_device_replaces_its_key_so_often_and_no_more(start: StartService) -> None:
    service = await start(rate_limit_requests="2/minute")
    alice = await service.bound("alice")
    await alice.post(PATH, alice.next_ml_kem_key())
    await alice.post(PATH, alice.next_ml_kem_key())

    response = await alice.call("POST", PATH, alice.next_ml_kem_key())

    assert (response.status_code, code(response)) == (429, "too_many_requests")
    assert int(response.headers["retry-after"]) > 0
