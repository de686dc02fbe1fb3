"""Devices, certificates, lists and key packages over HTTP (PROTOCOL 3)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from app_service.accounts.access import DeviceCaller
from app_service.directory import key_packages
from app_service.directory.key_packages import ClaimedKeyPackage, claim_key_package
from app_service.directory.repository import device_keys, live_devices
from app_service.directory.schemas import KeyPackageUpload
from app_service.models import Device, DeviceList, Event, KeyPackage, MlKemKey, SignIn
from app_service.models.base import now
from shared.encoding import Label, from_base64url, to_base64url
from tests.factories import Browser, HybridKey, Json
from tests.factories import Device as BrowserDevice
from tests.services import Service


async def refused(browser: Browser, body: Json, status: int, code: str) -> Json:
    response = await browser.call("POST", "/api/devices", body)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code), response.text
    details: Json = response.json()["error"]["details"]
    return details


async def proposal(browser: Browser) -> tuple[BrowserDevice, bytes, Json]:
    device = BrowserDevice()
    statement, body = browser.identity.new_device(device, await browser.challenge())
    return device, statement, body


async def test_p3_3_a_new_device_binds_the_sign_in(service: Service) -> None:
    alice = await service.person("alice")

    answer = await alice.add_device()

    assert answer["list_version"] == 1
    me = await alice.get("/api/users/me")
    assert me["device_id"] == answer["device_id"] == str(alice.device.id)
    assert [row.id for row in await service.rows(select(Device))] == [alice.device.id]
    assert [row.version for row in await service.rows(select(DeviceList))] == [1]
    assert [row.number for row in await service.rows(select(MlKemKey))] == [1]
    assert [row.device_id for row in await service.rows(select(SignIn))] == [alice.device.id]


async def test_a_refresh_keeps_the_device(service: Service) -> None:
    alice = await service.bound("alice")

    alice.signed_in(await alice.post("/api/token/refresh", {"refresh_token": alice.refresh_token}))

    assert (await alice.get("/api/users/me"))["device_id"] == str(alice.device.id)


async def test_a_second_browser_adds_a_second_version(service: Service) -> None:
    alice = await service.bound("alice")
    laptop = alice.second(service.client())
    await laptop.login()

    answer = await laptop.add_device()

    assert answer["list_version"] == 2
    devices = (await alice.get("/api/devices"))["items"]
    assert {device["id"]: device["current"] for device in devices} == {
        str(alice.device.id): True,
        str(laptop.device.id): False,
    }


async def test_p3_1_a_list_on_an_old_version_hears_the_newest(service: Service) -> None:
    alice = await service.person("alice")
    laptop = alice.second(service.client())
    await laptop.login()
    _, _, late = await proposal(laptop)
    await alice.add_device()
    before = await service.row_counts()

    details = await refused(laptop, late, 409, "device_list_changed")

    newest = (await service.rows(select(DeviceList)))[0]
    assert details == {
        "version": 1,
        "statement": to_base64url(newest.statement),
        "signature": to_base64url(newest.signature),
    }
    assert await service.row_counts() == before


async def test_p3_1_a_list_that_forgets_a_device_is_refused(service: Service) -> None:
    alice = await service.bound("alice")
    laptop = alice.second(service.client())
    await laptop.login()
    device = BrowserDevice()
    _, body = laptop.identity.new_device(device, await laptop.challenge())
    statement = laptop.identity.list_statement(laptop.identity.with_device(device)[1:], 2, laptop.identity.list_hash)
    body["list"] = to_base64url(statement)
    body["list_signature"] = to_base64url(laptop.identity.key.sign(Label.DEVICE_LIST, statement))

    await refused(laptop, body, 422, "bad_device_list")


async def test_p3_1_a_list_with_another_hash_before_it_is_refused(service: Service) -> None:
    alice = await service.bound("alice")
    laptop = alice.second(service.client())
    await laptop.login()
    device = BrowserDevice()
    _, body = laptop.identity.new_device(device, await laptop.challenge())
    statement = laptop.identity.list_statement(laptop.identity.with_device(device), 2, bytes(32))
    body["list"] = to_base64url(statement)
    body["list_signature"] = to_base64url(laptop.identity.key.sign(Label.DEVICE_LIST, statement))

    await refused(laptop, body, 422, "bad_device_list")


SIGNATURES = ("certificate_signature", "list_signature", "challenge_signature")


@pytest.mark.parametrize("name", SIGNATURES)
async def test_p3_1_a_signature_of_another_key_changes_nothing(service: Service, name: str) -> None:
    alice = await service.person("alice")
    _, _, body = await proposal(alice)
    before = await service.row_counts()
    body[name] = to_base64url(HybridKey().sign(Label.DEVICE_CERTIFICATE, b"something else"))

    await refused(alice, body, 422, "bad_signature")

    assert await service.row_counts() == before


async def test_p3_5_the_ml_kem_key_is_signed_by_the_device(service: Service) -> None:
    alice = await service.person("alice")
    device, _, body = await proposal(alice)
    statement = alice.identity.ml_kem_statement(device, 1)
    body["ml_kem"]["signature"] = to_base64url(alice.identity.key.sign(Label.ML_KEM_KEY, statement))

    details = await refused(alice, body, 422, "bad_signature")

    assert details["statement"] == "ml-kem-key"


async def test_p3_5_a_malformed_ml_kem_key_is_refused(service: Service) -> None:
    alice = await service.person("alice")
    device, _, body = await proposal(alice)
    statement = bytearray(alice.identity.ml_kem_statement(device, 1))
    at = len(statement) - 12 - 1184
    statement[at : at + 3] = b"\xff\xff\xff"  # coefficients above the modulus, FIPS 203 section 7.2
    body["ml_kem"]["statement"] = to_base64url(bytes(statement))
    body["ml_kem"]["signature"] = to_base64url(device.key.sign(Label.ML_KEM_KEY, bytes(statement)))

    await refused(alice, body, 422, "bad_ml_kem_key")


async def test_p3_1_a_certificate_for_another_account_is_refused(service: Service) -> None:
    alice, bob = await service.person("alice"), await service.person("bob")
    device, _, body = await proposal(alice)
    theirs = bob.identity.certificate(device, 1)
    body["certificate"] = to_base64url(theirs)
    body["certificate_signature"] = to_base64url(alice.identity.key.sign(Label.DEVICE_CERTIFICATE, theirs))

    await refused(alice, body, 422, "bad_certificate")


async def test_p3_3_a_challenge_of_another_sign_in_is_refused(service: Service) -> None:
    alice, bob = await service.person("alice"), await service.person("bob")
    device = BrowserDevice()
    _, body = alice.identity.new_device(device, await bob.challenge())

    await refused(alice, body, 401, "challenge_invalid")


async def test_p3_3_an_access_token_is_no_challenge(service: Service) -> None:
    alice = await service.person("alice")
    assert alice.token is not None
    _, body = alice.identity.new_device(BrowserDevice(), alice.token)

    await refused(alice, body, 401, "challenge_invalid")


async def test_an_account_made_by_curl_has_no_identity_to_certify_with(service: Service) -> None:
    carol = await service.curl_person("carol")
    await carol.prepare_identity(carol.user_id)
    _, _, body = await proposal(carol)

    await refused(carol, body, 409, "no_identity")


async def test_a_device_id_is_taken_once(service: Service) -> None:
    alice, bob = await service.bound("alice"), await service.person("bob")
    device = BrowserDevice(id=alice.device.id)
    _, body = bob.identity.new_device(device, await bob.challenge())

    await refused(bob, body, 409, "device_exists")


async def test_a_device_id_is_a_uuidv7(service: Service) -> None:
    alice = await service.person("alice")
    _, body = alice.identity.new_device(BrowserDevice(id=uuid4()), await alice.challenge())

    await refused(alice, body, 422, "malformed")


async def test_without_quantum_service_nothing_is_stored_and_the_browser_may_come_back(service: Service) -> None:
    alice = await service.person("alice")
    _, _, body = await proposal(alice)
    before = await service.row_counts()
    service.quantum.away = True

    response = await alice.call("POST", "/api/devices", body)

    assert response.status_code == 503
    assert response.json()["error"]["code"] == "quantum_service_unavailable"
    assert int(response.headers["Retry-After"]) > 0
    assert await service.row_counts() == before
    service.quantum.away = False
    assert (await alice.call("POST", "/api/devices", body)).status_code == 201


async def test_p3_3_a_new_sign_in_is_bound_by_the_device_that_is_there(service: Service) -> None:
    alice = await service.bound("alice")
    await alice.login()
    assert (await alice.get("/api/users/me"))["device_id"] is None

    answer = await alice.post(
        f"/api/devices/{alice.device.id}/bind", alice.identity.challenge_answer(alice.device, await alice.challenge())
    )
    alice.token = answer["access_token"]

    assert (await alice.get("/api/users/me"))["device_id"] == str(alice.device.id)


async def test_p3_3_another_key_does_not_bind(service: Service) -> None:
    alice = await service.bound("alice")
    await alice.login()
    stranger = BrowserDevice(id=alice.device.id)
    body = alice.identity.challenge_answer(stranger, await alice.challenge())

    response = await alice.call("POST", f"/api/devices/{alice.device.id}/bind", body)

    assert (response.status_code, response.json()["error"]["code"]) == (422, "bad_signature")
    assert (await alice.get("/api/users/me"))["device_id"] is None


async def test_another_persons_device_cannot_be_bound(service: Service) -> None:
    alice, bob = await service.bound("alice"), await service.person("bob")
    body = bob.identity.challenge_answer(alice.device, await bob.challenge())

    response = await bob.call("POST", f"/api/devices/{alice.device.id}/bind", body)

    assert response.status_code == 404


async def test_a_revoked_device_is_out_for_good(service: Service) -> None:
    alice = await service.bound("alice")
    await alice.upload_key_packages()
    laptop = alice.second(service.client())
    await laptop.login()
    await laptop.add_device()
    statement, body = laptop.identity.signed_list(laptop.identity.without_device(alice.device.id))

    response = await laptop.call("DELETE", f"/api/devices/{alice.device.id}", body)

    assert response.status_code == 204
    gone = await alice.call("GET", "/api/users/me")
    assert (gone.status_code, gone.json()["error"]["code"]) == (401, "signed_out")
    assert await service.rows(select(KeyPackage)) == []
    revoked = await service.rows(select(Device).where(Device.revoked_at.is_not(None)))
    assert [row.id for row in revoked] == [alice.device.id]
    await alice.login()
    answer = alice.identity.challenge_answer(alice.device, await alice.challenge())
    assert (await alice.call("POST", f"/api/devices/{alice.device.id}/bind", answer)).status_code == 404
    laptop.identity.accept(laptop.identity.without_device(alice.device.id), statement)


async def test_a_revocation_must_revoke_that_device_and_no_other(service: Service) -> None:
    alice = await service.bound("alice")
    laptop = alice.second(service.client())
    await laptop.login()
    await laptop.add_device()
    _, body = laptop.identity.signed_list(laptop.identity.without_device(laptop.device.id))
    before = await service.row_counts()

    response = await laptop.call("DELETE", f"/api/devices/{alice.device.id}", body)

    assert (response.status_code, response.json()["error"]["code"]) == (422, "bad_device_list")
    assert await service.row_counts() == before


async def test_key_change_reaches_who_knows_the_account_and_nobody_else(service: Service) -> None:
    alice, bob = await service.connected("alice", "bob")
    stranger = await service.bound("stranger")
    laptop = alice.second(service.client())
    await laptop.login()

    await laptop.add_device()

    events = await service.rows(
        select(Event).where(Event.type == "key_change", Event.payload.contains('"list_version":2'))
    )
    assert {event.user_id for event in events} == {alice.user_id, bob.user_id}
    assert stranger.user_id not in {event.user_id for event in events}


async def test_keys_of_a_connected_person_verify(service: Service) -> None:
    alice, bob = await service.connected("alice", "bob")

    keys = await bob.get(f"/api/users/{alice.user_id}/keys")

    assert from_base64url(keys["identity_public_key"]) == alice.identity.key.public
    assert [row["version"] for row in keys["lists"]] == [1]
    assert [(row["id"], row["revoked"]) for row in keys["devices"]] == [(str(alice.device.id), False)]
    assert keys["devices"][0]["ml_kem"]["number"] == 1
    assert (await bob.get(f"/api/users/{alice.user_id}/keys?since=1"))["lists"] == []


async def test_keys_are_for_people_who_know_each_other(service: Service) -> None:
    alice, bob = await service.bound("alice"), await service.bound("bob")

    assert (await bob.call("GET", f"/api/users/{alice.user_id}/keys")).status_code == 404
    assert (await alice.call("GET", f"/api/users/{alice.user_id}/keys")).status_code == 200
    assert (await bob.call("GET", f"/api/users/{uuid7()}/keys")).status_code == 404
    assert (await service.anonymous().call("GET", f"/api/users/{alice.user_id}/keys")).status_code == 401

    await alice.post("/api/connection/request", {"username": "bob"})
    assert (await bob.call("GET", f"/api/users/{alice.user_id}/keys")).status_code == 200


async def test_keys_of_many_are_those_of_each_and_leave_strangers_out(service: Service) -> None:
    alice, bob = await service.connected("alice", "bob")
    carol = await service.bound("carol")
    await bob.post("/api/connection/request", {"username": "carol"})
    stranger = await service.bound("stranger")
    laptop = alice.second(service.client())
    await laptop.login()
    await laptop.add_device()
    everybody = {str(who): 0 for who in (alice.user_id, bob.user_id, carol.user_id, stranger.user_id, uuid7())}

    for replaced in (False, True):
        found = await bob.post("/api/users/keys", {"since": everybody, "replaced": replaced})
        alone = [
            await bob.get(f"/api/users/{who}/keys?replaced={str(replaced).lower()}")
            for who in (alice.user_id, bob.user_id, carol.user_id)
        ]
        assert sorted(found["items"], key=_owner) == sorted(alone, key=_owner)
    newer = await bob.post("/api/users/keys", {"since": {str(alice.user_id): 1, str(bob.user_id): 1}})
    assert {_owner(each): [row["version"] for row in each["lists"]] for each in newer["items"]} == {
        str(alice.user_id): [2],
        str(bob.user_id): [],
    }
    asked = await carol.post("/api/users/keys", {"since": everybody})
    assert {_owner(each) for each in asked["items"]} == {str(bob.user_id), str(carol.user_id)}
    assert (await service.anonymous().call("POST", "/api/users/keys", {"since": everybody})).status_code == 401
    many = {str(uuid7()): 0 for _ in range(51)}
    for refused in ({}, many):
        assert (await bob.call("POST", "/api/users/keys", {"since": refused})).status_code == 422


def _owner(keys: Json) -> str:
    return str(keys["user_id"])


async def test_p3_6_key_packages_are_claimed_once_and_the_last_resort_stays(service: Service) -> None:
    alice = await service.bound("alice")
    stock = await alice.upload_key_packages(2)
    assert (stock["count"], stock["has_last_resort"]) == (2, True)

    claimed = []
    for _ in range(4):
        async with service.database.write() as unit:
            package = await claim_key_package(unit, alice.device.id)
        assert package is not None
        claimed.append(package.key_package)

    assert len(set(claimed[:2])) == 2
    assert claimed[2] == claimed[3]
    assert claimed[2] not in claimed[:2]
    stock = await alice.get("/api/devices/key-packages")
    assert (stock["count"], stock["has_last_resort"]) == (0, True)
    assert abs(datetime.fromisoformat(stock["time"]) - now()) < timedelta(hours=1)


async def test_p3_6_a_claim_waits_for_the_last_resort_that_is_being_replaced(service: Service) -> None:
    alice = await service.bound("alice")
    await alice.upload_key_packages(0)
    caller = DeviceCaller(alice.user_id, uuid7(), alice.device.id, 0)
    newest = alice.key_package(last_resort=True)

    async def claim() -> ClaimedKeyPackage | None:
        async with service.database.write() as unit:
            return await claim_key_package(unit, alice.device.id)

    async with service.database.write() as unit:
        await key_packages.upload(unit, caller, KeyPackageUpload(key_packages=[], last_resort=to_base64url(newest)))
        claiming = asyncio.create_task(claim())
        done, _ = await asyncio.wait([claiming], timeout=0.3)
        assert not done
    claimed = await claiming
    assert claimed is not None
    assert claimed.key_package == newest


async def test_p3_6_a_claim_that_fails_takes_nothing(service: Service) -> None:
    alice = await service.bound("alice")
    await alice.upload_key_packages(1, last_resort=False)

    async def fail_after_claiming() -> None:
        async with service.database.write() as unit:
            await claim_key_package(unit, alice.device.id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_claiming()

    assert (await alice.get("/api/devices/key-packages"))["count"] == 1


async def test_p3_6_a_package_with_less_than_a_day_left_is_passed_over(service: Service) -> None:
    alice = await service.bound("alice")
    await alice.upload_key_packages(1, last_resort=False)
    async with service.database.write() as unit:
        for row in await unit.session.scalars(select(KeyPackage)):
            row.not_after -= timedelta(days=88, hours=12)

    async with service.database.write() as unit:
        assert await claim_key_package(unit, alice.device.id) is None


async def test_a_new_last_resort_replaces_the_old_one(service: Service) -> None:
    alice = await service.bound("alice")
    await alice.upload_key_packages(0)
    await alice.upload_key_packages(0)

    assert len(await service.rows(select(KeyPackage))) == 1


BAD_PACKAGES: dict[str, dict[str, Any]] = {
    "another suite": {"suite": 1},
    "no capability for our extensions": {"extensions": (0xF0A1, 0xF0A2)},
    "expired": {"lifetime": (timedelta(days=-90), timedelta(hours=-1))},
    "less than a day left": {"lifetime": (timedelta(hours=-1), timedelta(hours=23))},
    "not valid yet": {"lifetime": (timedelta(days=1), timedelta(days=80))},
    "valid for ever": {"lifetime": (timedelta(hours=-1), timedelta(days=5000))},
    "a last resort among the others": {"last_resort": True},
}


@pytest.mark.parametrize("name", BAD_PACKAGES)
async def test_p3_6_a_bad_package_refuses_all(service: Service, name: str) -> None:
    alice = await service.bound("alice")
    body = {"key_packages": [to_base64url(alice.key_package()), to_base64url(alice.key_package(**BAD_PACKAGES[name]))]}

    response = await alice.call("POST", "/api/devices/key-packages", body)

    assert (response.status_code, response.json()["error"]["code"]) == (422, "bad_key_package")
    assert response.json()["error"]["details"] == {"index": 1}
    assert await service.rows(select(KeyPackage)) == []


async def test_p3_6_a_package_of_another_device_or_key_is_refused(service: Service) -> None:
    alice, bob = await service.bound("alice"), await service.bound("bob")
    stolen = bob.key_package()
    bob.device, bob.user_id, kept = alice.device, alice.user_id, bob.device
    bob.device = BrowserDevice(id=alice.device.id, key=kept.key)
    swapped_key = bob.key_package()

    for package in (stolen, swapped_key, b"\x00\x01\x00\x05\x00"):
        body = {"key_packages": [to_base64url(package)]}
        response = await alice.call("POST", "/api/devices/key-packages", body)
        assert (response.status_code, response.json()["error"]["code"]) == (422, "bad_key_package")


async def test_p3_6_the_same_package_twice_is_refused(service: Service) -> None:
    alice = await service.bound("alice")
    package = to_base64url(alice.key_package())
    assert (await alice.call("POST", "/api/devices/key-packages", {"key_packages": [package]})).status_code == 200

    again = await alice.call("POST", "/api/devices/key-packages", {"key_packages": [package]})

    assert (again.status_code, again.json()["error"]["code"]) == (422, "bad_key_package")


async def test_at_most_two_hundred_packages_are_kept(service: Service) -> None:
    alice = await service.bound("alice")
    await alice.upload_key_packages(100)
    await alice.upload_key_packages(99, last_resort=False)

    response = await alice.call(
        "POST", "/api/devices/key-packages", {"key_packages": [to_base64url(alice.key_package())]}
    )

    assert (response.status_code, response.json()["error"]["code"]) == (409, "too_many_key_packages")


async def test_p3_6_fresh_key_packages_take_the_place_of_all_before(service: Service) -> None:
    alice = await service.bound("alice")
    await alice.upload_key_packages(3)
    fresh: Json = {
        "key_packages": [to_base64url(alice.key_package())],
        "last_resort": to_base64url(alice.key_package(last_resort=True)),
        "replace": True,
    }

    answers = [await alice.post("/api/devices/key-packages", fresh) for _ in range(2)]

    assert [(answer["count"], answer["has_last_resort"]) for answer in answers] == [(1, True), (1, True)]
    kept = {to_base64url(row.key_package) for row in await service.rows(select(KeyPackage))}
    assert kept == {*fresh["key_packages"], fresh["last_resort"]}


async def test_lookups_for_conversations_take_one_query_each(service: Service) -> None:
    alice, carol = await service.bound("alice"), await service.curl_person("carol")
    async with service.database.read() as session:
        keys = await device_keys(
            session, [alice.device.id, uuid7()], [(alice.device.id, 1), (alice.device.id, 2**64 - 1)]
        )
        devices = await live_devices(session, [alice.user_id, carol.user_id])

    assert list(keys) == [alice.device.id]
    assert keys[alice.device.id].signature_key == alice.device.key.public
    assert list(keys[alice.device.id].ml_kem) == [1]
    assert devices == {alice.user_id: [alice.device.id], carol.user_id: []}


LEVELS = [
    ("GET", "/api/devices", 200),
    ("POST", "/api/devices/challenge", 200),
    ("GET", "/api/devices/key-packages", 403),
    ("POST", "/api/devices/ml-kem-keys", 403),
    ("POST", "/api/devices/key-packages", 403),
    ("DELETE", f"/api/devices/{uuid7()}", 403),
]


@pytest.mark.parametrize(("method", "path", "unbound"), LEVELS)
async def test_who_may_call(service: Service, method: str, path: str, unbound: int) -> None:
    alice = await service.person("alice")
    body: Json | None = None if method == "GET" else {}

    assert (await service.anonymous().call(method, path, body)).status_code == 401
    response = await alice.call(method, path, body)
    assert response.status_code == unbound
    if unbound == 403:
        assert response.json()["error"]["code"] == "device_required"


async def test_people_are_found_by_name_and_pages(service: Service) -> None:
    alice, bob = await service.connected("alice", "bob")
    for name in ("carl", "carla", "dora"):
        await service.person(name)
    await alice.post("/api/connection/request", {"username": "carl"})

    everybody = await alice.get("/api/users/available")
    states = {person["username"]: person["connection"] for person in everybody["items"]}
    assert states == {"bob": "connected", "carl": "pending_out", "carla": "none", "dora": "none"}
    assert everybody["next"] is None
    assert [person["username"] for person in (await alice.get("/api/users/available?q=CARL"))["items"]] == [
        "carl",
        "carla",
    ]
    assert (await alice.get("/api/users/available?q=%25"))["items"] == []

    first = await alice.get("/api/users/available?limit=2")
    rest = await alice.get(f"/api/users/available?limit=2&after={first['next']}")
    assert [person["username"] for person in first["items"] + rest["items"]] == ["bob", "carl", "carla", "dora"]
    assert "email" not in str(everybody)
    assert bob.username in states


async def test_blocked_people_do_not_find_each_other(service: Service) -> None:
    alice, bob = await service.person("alice"), await service.person("bob")
    await alice.post(f"/api/connections/{bob.user_id}/block")

    assert (await alice.get("/api/users/available"))["items"] == []
    assert (await bob.get("/api/users/available"))["items"] == []


async def test_a_request_that_was_hidden_shows_no_state_to_the_one_asked(service: Service) -> None:
    alice, bob = await service.person("alice"), await service.person("bob")
    await alice.post(f"/api/connections/{bob.user_id}/block")
    await bob.post("/api/connection/request", {"username": "alice"})
    await alice.ok("DELETE", f"/api/connections/{bob.user_id}/block")

    assert (await alice.get("/api/users/available"))["items"][0]["connection"] == "none"
    assert (await bob.get("/api/users/available"))["items"][0]["connection"] == "pending_out"
    assert (await alice.call("GET", f"/api/users/{bob.user_id}/keys")).status_code == 404
    crossing = await alice.post("/api/connection/request", {"username": "bob"})
    assert crossing["state"] == "connected"


async def test_two_connected_people_change_their_lists_at_once(service: Service) -> None:
    alice, bob = await service.connected("alice", "bob")
    browsers = [alice.second(service.client()), bob.second(service.client())]
    for browser in browsers:
        await browser.login()

    answers = await asyncio.gather(*(browser.add_device() for browser in browsers))

    assert [answer["list_version"] for answer in answers] == [2, 2]
