from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest
from sqlalchemy import func, select
from uuid_utils.compat import uuid7

from app_service.models import Commit, KeyPackage, LogEntry, Welcome
from shared.encoding import from_base64url, to_base64url
from tests import factories_mls as mls
from tests.groups import Group, active, code, establishing, leaf, roster, sha256
from tests.services import Service


async def test_p4_1_a_first_commit_makes_the_session_active(service: Service) -> None:
    group = await establishing(service)
    alice, bob = group.members

    ack = await group.found(bob)

    session = await group.session(alice)
    assert session["state"] == "active"
    assert session["is_active"] is True
    assert session["epoch"] == 1
    assert session["founder_device_id"] == str(bob.device.id)
    assert {each["device_id"] for each in session["members"]} == {str(alice.device.id), str(bob.device.id)}
    assert session["ml_kem_keys"] != []
    assert (session["seq"], session["chain"]) == (ack["seq"], ack["chain"]) == (1, ack["chain"])
    assert ack["previous_chain"] == session["chain_0"]
    assert "session_key" not in session


async def test_p7_2_commit_welcome_and_transcript_come_together(service: Service) -> None:
    group = await establishing(service)
    alice, bob = group.members
    founding = await group.founding(bob)
    await bob.post(group.commits, founding.body)

    (joiner,) = await group.log(alice)
    (founder,) = await group.log(bob)

    given = {name: founding.contribution[name] for name in ("transcript", "signature")}
    assert joiner["kind"] == "commit"
    assert joiner["content"] is None
    assert joiner["welcomes"] == founding.body["welcomes"]
    assert joiner["contribution"] == given
    assert founder["content"] == founding.body["commit"]
    assert founder["welcomes"] is None
    assert founder["contribution"] == given


async def test_p6_1_the_first_commit_of_an_epoch_wins(service: Service) -> None:
    group = await establishing(service)
    alice, bob = group.members
    ours, theirs = await group.founding(alice), await group.founding(bob)

    answers = await asyncio.gather(
        alice.call("POST", group.commits, ours.body), bob.call("POST", group.commits, theirs.body)
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    lost = next(answer for answer in answers if answer.status_code == 409)
    assert code(lost) == "epoch_conflict"
    (missed,) = lost.json()["error"]["details"]["missed"]
    assert missed["kind"] == "commit"
    assert missed["welcomes"] is not None
    assert len(await service.rows(select(LogEntry.seq))) == 1


async def test_p6_1_many_rotations_at_once_leave_one(service: Service) -> None:
    group = await active(service)
    bodies = [group.commit_body(uuid7()) for _ in range(8)]

    answers = await asyncio.gather(
        *(group.members[at % 2].call("POST", group.commits, body) for at, body in enumerate(bodies))
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {code(answer) for answer in answers if answer.status_code == 409} == {"epoch_conflict"}
    assert [row["epoch"] for row in await group.log(group.members[0])] == [0, 1]


async def test_p6_2_a_repeated_commit_gets_the_first_answer(service: Service) -> None:
    group = await establishing(service)
    bob = group.members[1]
    founding = await group.founding(bob)

    first = await bob.post(group.commits, founding.body)
    again = await bob.post(group.commits, founding.body)

    assert first == again
    assert len(await group.log(bob)) == 1


async def test_p6_5_the_member_table_follows_the_authenticated_data(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    tablet = alice.second(service.client())
    await tablet.login()
    await tablet.add_device()

    added = await alice.post(group.commits, group.commit_body(uuid7(), added=[tablet]))
    group.epoch += 1
    group.members.append(tablet)
    session = await group.session(bob)
    assert {each["device_id"] for each in session["members"]} == {str(each.device.id) for each in group.members}
    assert next(each for each in session["members"] if each["device_id"] == str(tablet.device.id))["joined_seq"] == 2
    assert added["seq"] == 2

    await bob.post(group.commits, group.commit_body(uuid7(), removed=[tablet]))
    group.epoch += 1
    group.members.remove(tablet)
    refused = await tablet.call("POST", "/api/message/send", group.message())
    assert code(refused) == "not_in_group"
    await group.send(bob)
    rows = await group.log(tablet)
    # The first row is older than the tablet; the second welcomes it, the third removes it, the fourth is not for it.
    assert [row["content"] is not None for row in rows] == [False, False, True, False]
    assert [row["welcomes"] is not None for row in rows] == [False, True, False, False]


async def test_p5_2_everybody_gets_the_chain_fields_of_every_row(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    await group.send(bob)
    late = alice.second(service.client())
    await late.login()
    await late.add_device()

    hidden, seen = await group.log(late), await group.log(alice)

    assert [row["content"] for row in hidden] == [None, None]
    for name in ("seq", "chain", "previous_chain", "body_hash", "sender_tag", "timestamp", "epoch", "generation"):
        assert [row[name] for row in hidden] == [row[name] for row in seen]


async def test_p4_1_a_session_holds_devices_of_its_two_people_only(service: Service) -> None:
    group = await establishing(service)
    bob = group.members[1]
    mallory = await service.bound("mallory")
    contribution = await group.contribution(bob, "found")
    added = [group.members[0], mallory]
    body = group.commit_body(uuid7(), added=added, contribution=contribution)

    assert code(await bob.call("POST", group.commits, body)) == "outsider"


async def test_p4_1_another_account_cannot_be_named_for_a_device(service: Service) -> None:
    group = await establishing(service)
    alice, bob = group.members
    mallory = await service.bound("mallory")
    contribution = await group.contribution(bob, "found")
    client_id = uuid7()
    posing = leaf(mallory)._replace(user_id=alice.user_id)
    details = mls.commit_details(
        added=[leaf(alice), posing],
        contribution_id=from_base64url(contribution["contribution_id"]),
        roster_hash=roster(group.members),
    )
    body = group.commit_body(client_id, added=[alice], contribution=contribution, welcomes=2)
    body["commit"] = to_base64url(mls.commit(group.id, client_id, details, epoch=0))

    assert code(await bob.call("POST", group.commits, body)) == "outsider"


async def test_p6_9_the_server_refuses_to_add_a_revoked_device(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    lost = alice.second(service.client())
    await lost.login()
    await lost.add_device()
    await _revoke(alice, lost)

    refused = await bob.call("POST", group.commits, group.commit_body(uuid7(), added=[lost]))
    assert code(refused) == "revoked_device"
    asked = {
        "recipients": [{"device_id": str(lost.device.id), "number": 1}],
        "nonce": to_base64url(os.urandom(32)),
        "generation": 0,
        "epoch": 1,
        "purpose": "rotate",
    }
    drawn = await bob.call("POST", f"/api/conversations/{group.session_id}/contributions", asked)
    assert code(drawn) == "revoked_device"


async def test_a_contribution_that_requires_hardware_is_refused_without_it(service: Service) -> None:
    group = await active(service)
    author = group.members[0]
    asked = {
        "recipients": [{"device_id": str(member.device.id), "number": 1} for member in group.members],
        "nonce": to_base64url(os.urandom(32)),
        "generation": 0,
        "epoch": group.epoch,
        "purpose": "rotate",
    }
    path = f"/api/conversations/{group.session_id}/contributions"
    refused = await author.call("POST", path, {**asked, "require": "hardware"})
    assert (refused.status_code, code(refused)) == (503, "hardware_entropy_unavailable")
    assert (await author.call("POST", path, {**asked, "require": "any"})).status_code == 200
    assert (await author.call("POST", path, {**asked, "require": "luck"})).status_code == 422


@pytest.mark.parametrize("drawn", [True, False])
async def test_p6_9_a_revoked_device_is_removed_with_and_without_a_contribution(service: Service, drawn: bool) -> None:
    group = await active(service)
    alice, bob = group.members
    lost = alice.second(service.client())
    await lost.login()
    await lost.add_device()
    await bob.post(group.commits, group.commit_body(uuid7(), added=[lost]))
    group.members.append(lost)
    group.epoch += 1
    await _revoke(alice, lost)
    service.quantum.away = not drawn

    await _contributions_for_the_lost_are_refused(group, bob, lost)
    contribution = await group.contribution(bob, "rotate", [alice, bob]) if drawn else None
    body = group.commit_body(uuid7(), removed=[lost], contribution=contribution)
    answer = await bob.call("POST", group.commits, body)
    assert answer.status_code == 201
    assert {each["device_id"] for each in (await group.session(bob))["members"]} == {
        str(each.device.id) for each in (alice, bob)
    }


async def _contributions_for_the_lost_are_refused(group: Group, author: Any, lost: Any) -> None:
    asked = {
        "recipients": [{"device_id": str(each.device.id), "number": 1} for each in group.members],
        "nonce": to_base64url(os.urandom(32)),
        "generation": 0,
        "epoch": group.epoch,
        "purpose": "rotate",
    }
    refused = await author.call("POST", f"/api/conversations/{group.session_id}/contributions", asked)
    assert (refused.status_code, code(refused)) == (422, "revoked_device")


@pytest.mark.parametrize("reason", ["blocked", "not_connected"])
async def test_people_who_cannot_write_can_only_remove(service: Service, reason: str) -> None:
    group = await active(service)
    alice, bob = group.members
    lost, new = [bob.second(service.client()) for _ in range(2)]
    for each in (lost, new):
        await each.login()
        await each.add_device()
    await bob.post(group.commits, group.commit_body(uuid7(), added=[lost]))
    group.members.append(lost)
    group.epoch += 1
    await _revoke(bob, lost)
    path = f"/api/connections/{bob.user_id}"
    await (alice.ok("POST", f"{path}/block") if reason == "blocked" else alice.ok("DELETE", path))

    before = await service.row_counts()
    for refused in (group.commit_body(uuid7()), group.commit_body(uuid7(), added=[new])):
        answer = await bob.call("POST", group.commits, refused)
        assert (answer.status_code, code(answer)) == (403, reason)
    assert await service.row_counts() == before
    contribution = await group.contribution(bob, "rotate", [alice, bob])
    removal = group.commit_body(uuid7(), removed=[lost], contribution=contribution)
    assert (await bob.call("POST", group.commits, removal)).status_code == 201
    group.epoch += 1
    assert (await bob.call("POST", "/api/session/terminate", group.termination())).status_code == 200


async def _revoke(own: Any, lost: Any) -> None:
    entries = own.identity.without_device(lost.device.id)
    statement, body = own.identity.signed_list(entries)
    await own.ok("DELETE", f"/api/devices/{lost.device.id}", body)
    own.identity.accept(entries, statement)


async def test_p7_3_a_first_commit_needs_a_contribution(service: Service) -> None:
    group = await establishing(service)
    bob = group.members[1]
    body = group.commit_body(uuid7(), added=[group.members[0]])

    assert code(await bob.call("POST", group.commits, body)) == "contribution_required"


async def test_p7_3_a_first_commit_waits_for_quantum_service(service: Service) -> None:
    group = await establishing(service)
    bob = group.members[1]
    founding = await group.founding(bob)
    service.quantum.away = True

    refused = await bob.call("POST", group.commits, founding.body)

    assert (refused.status_code, code(refused)) == (503, "quantum_service_unavailable")
    assert refused.headers["Retry-After"]
    service.quantum.away = False
    assert (await bob.post(group.commits, founding.body))["seq"] == 1


async def test_p7_3_a_rotation_never_waits(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    contribution = await group.contribution(bob, "rotate")
    service.quantum.away = True

    with_it = await bob.call("POST", group.commits, group.commit_body(uuid7(), contribution=contribution))
    group.epoch += 1
    without = await alice.call("POST", group.commits, group.commit_body(uuid7()))

    assert (with_it.status_code, without.status_code) == (201, 201)


@pytest.mark.parametrize("purpose", ["found", "rotate"])
async def test_p7_1_a_forged_signature_of_the_notary_is_refused(service: Service, purpose: str) -> None:
    group = await (establishing if purpose == "found" else active)(service)
    alice, bob = group.members
    contribution = await group.contribution(bob, purpose)
    signature = bytearray(from_base64url(contribution["signature"]))
    signature[-1] ^= 1
    contribution["signature"] = to_base64url(bytes(signature))
    body = group.commit_body(uuid7(), added=[alice] if purpose == "found" else [], contribution=contribution)

    assert code(await bob.call("POST", group.commits, body)) == "bad_contribution"


async def test_p7_1_a_ghost_recipient_is_refused(service: Service) -> None:
    """The contribution must be for exactly the devices after the commit."""
    group = await establishing(service)
    alice, bob = group.members
    ghost = alice.second(service.client())
    await ghost.login()
    await ghost.add_device()
    contribution = await group.contribution(bob, "found", [alice, bob, ghost])
    body = group.commit_body(uuid7(), added=[alice], contribution=contribution)

    assert code(await bob.call("POST", group.commits, body)) == "bad_contribution"


async def test_p7_1_a_missing_recipient_is_refused(service: Service) -> None:
    group = await establishing(service)
    alice, bob = group.members
    contribution = await group.contribution(bob, "found", [bob])
    body = group.commit_body(uuid7(), added=[alice], contribution=contribution)

    assert code(await bob.call("POST", group.commits, body)) == "bad_contribution"


async def test_p7_2_the_contribution_is_the_one_that_the_commit_names(service: Service) -> None:
    group = await establishing(service)
    alice, bob = group.members
    named, sent = await group.contribution(bob, "found"), await group.contribution(bob, "found")
    body = group.commit_body(uuid7(), added=[alice], contribution=named)
    body["contribution"] = {"transcript": sent["transcript"], "signature": sent["signature"]}

    assert code(await bob.call("POST", group.commits, body)) == "bad_contribution"
    assert sha256(named["transcript"]) == from_base64url(named["contribution_id"])


async def test_p7_1_a_contribution_of_another_epoch_is_refused(service: Service) -> None:
    group = await active(service)
    bob = group.members[1]
    old = await group.contribution(bob, "rotate")
    await group.rotate(bob)

    assert (
        code(await bob.call("POST", group.commits, group.commit_body(uuid7(), contribution=old))) == "bad_contribution"
    )


async def test_p6_9_recipients_are_devices_of_the_session(service: Service) -> None:
    group = await establishing(service)
    mallory = await service.bound("mallory")
    path = f"/api/conversations/{group.session_id}/contributions"
    asked = {"nonce": to_base64url(os.urandom(32)), "generation": 0, "epoch": 0, "purpose": "found"}
    for device, number in ((mallory.device.id, 1), (uuid7(), 1), (group.members[0].device.id, 2)):
        body = asked | {"recipients": [{"device_id": str(device), "number": number}]}
        assert code(await group.members[1].call("POST", path, body)) == "unknown_recipient"


async def test_p6_5_a_wrong_roster_hash_is_refused(service: Service) -> None:
    group = await active(service)
    body = group.commit_body(uuid7(), roster_after=os.urandom(32))

    assert code(await group.members[0].call("POST", group.commits, body)) == "bad_commit"


async def test_p6_6_a_commit_adds_or_removes_never_both(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    tablet = bob.second(service.client())
    await tablet.login()
    await tablet.add_device()
    body = group.commit_body(uuid7(), added=[tablet], removed=[alice])

    assert code(await bob.call("POST", group.commits, body)) == "bad_commit"


@pytest.mark.parametrize("change", ["own", "absent", "present", "no welcome", "too many welcomes", "only one side"])
async def test_p6_4_changes_that_cannot_be_are_refused(service: Service, change: str) -> None:
    group = await active(service)
    alice, bob = group.members
    tablet = bob.second(service.client())
    await tablet.login()
    await tablet.add_device()
    bodies = {
        "own": group.commit_body(uuid7(), removed=[bob]),
        "absent": group.commit_body(uuid7(), removed=[tablet]),
        "present": group.commit_body(uuid7(), added=[alice]),
        "no welcome": group.commit_body(uuid7(), added=[tablet], welcomes=0),
        "too many welcomes": group.commit_body(uuid7(), added=[tablet], welcomes=2),
        "only one side": group.commit_body(uuid7(), welcomes=1),
    }
    before = await service.row_counts()

    assert code(await bob.call("POST", group.commits, bodies[change])) == "bad_commit"
    assert await service.row_counts() == before


async def test_p4_1_a_session_begins_with_devices_of_both(service: Service) -> None:
    group = await establishing(service)
    bob = group.members[1]
    contribution = await group.contribution(bob, "found", [bob])
    body = group.commit_body(uuid7(), after=[bob], contribution=contribution)

    assert code(await bob.call("POST", group.commits, body)) == "bad_commit"


@pytest.mark.parametrize("wrong", ["text", "application message", "other conversation", "other id", "other epoch"])
async def test_p6_6_other_bytes_are_no_commit(service: Service, wrong: str) -> None:
    group = await active(service)
    bob = group.members[1]
    body = group.commit_body(uuid7())
    if wrong == "text":
        body["commit"] = "hello everybody"
    elif wrong == "application message":
        body["commit"] = group.message()["content"]
    elif wrong == "other conversation":
        other = Group(str(uuid7()), group.members)
        other.epoch = 1
        body["commit"] = other.commit_body(uuid7())["commit"]
    elif wrong == "other id":
        body["client_id"] = str(uuid7())
    else:
        body["epoch"] = 0

    expected = "not_encrypted" if wrong == "text" else "bad_commit"
    assert code(await bob.call("POST", group.commits, body)) == expected


async def test_p6_1_a_commit_of_a_later_epoch_is_refused(service: Service) -> None:
    group = await active(service)
    body = group.commit_body(uuid7(), epoch=2)

    assert code(await group.members[0].call("POST", group.commits, body)) == "bad_commit"


async def test_only_devices_of_the_two_people_may_commit(service: Service) -> None:
    group = await active(service)
    alice = group.members[0]
    tablet = alice.second(service.client())
    await tablet.login()
    unbound = await tablet.call("POST", group.commits, group.commit_body(uuid7()))
    await tablet.add_device()
    outside = await tablet.call("POST", group.commits, group.commit_body(uuid7()))
    stranger = await (await service.bound("mallory")).call("POST", group.commits, group.commit_body(uuid7()))
    anonymous = await service.anonymous().call("POST", group.commits, group.commit_body(uuid7()))

    assert (unbound.status_code, code(unbound)) == (403, "device_required")
    assert (outside.status_code, code(outside)) == (403, "not_in_group")
    assert (stranger.status_code, code(stranger)) == (404, "not_found")
    assert (anonymous.status_code, code(anonymous)) == (401, "not_authenticated")


async def test_p3_6_claims_are_kept_for_a_founder(service: Service) -> None:
    group = await establishing(service)
    alice, bob = group.members
    path = f"/api/conversations/{group.session_id}/key-packages"

    first, again = await bob.post(path, {}), await bob.post(path, {})
    other = await alice.post(path, {})

    assert first == again
    assert [item["device_id"] for item in first["items"]] == [str(alice.device.id)]
    assert [item["device_id"] for item in other["items"]] == [str(bob.device.id)]
    left = await service.rows(select(func.count()).select_from(KeyPackage))
    assert left == [2 * 4 - 2]


async def test_p4_1_a_claim_covers_ones_own_other_devices(service: Service) -> None:
    group = await establishing(service)
    alice, bob = group.members
    tablet = bob.second(service.client())
    await tablet.login()
    await tablet.add_device()
    await tablet.upload_key_packages(1)

    claimed = await bob.post(f"/api/conversations/{group.session_id}/key-packages", {})

    assert {item["device_id"] for item in claimed["items"]} == {str(alice.device.id), str(tablet.device.id)}


async def test_p3_6_the_last_resort_is_given_again(service: Service) -> None:
    group = await establishing(service)
    alice, bob = group.members
    carol = await service.bound("carol")
    await carol.upload_key_packages(0)
    claimed = []
    for peer in (alice, bob):
        request = await peer.post("/api/connection/request", {"username": "carol"})
        answer = await carol.post("/api/connection/respond", {"request_id": request["id"], "accept": True})
        found = await peer.post(f"/api/conversations/{answer['session_id']}/key-packages", {})
        claimed += [item["key_package"] for item in found["items"]]

    assert len(claimed) == 2
    assert claimed[0] == claimed[1]


async def test_p4_1_without_key_packages_the_founder_waits(service: Service) -> None:
    await service.seen_quantum_service()
    alice, bob = await service.connected("alice", "bob")
    (session,) = (await bob.get("/api/sessions"))["items"]

    refused = await bob.call("POST", f"/api/conversations/{session['id']}/key-packages", {})

    assert (refused.status_code, code(refused)) == (409, "waiting_for_devices")
    assert alice.user_id != bob.user_id


async def test_claims_need_a_session_that_goes_on_and_a_member(service: Service) -> None:
    group = await active(service)
    path = f"/api/conversations/{group.session_id}/key-packages"
    mallory = await service.bound("mallory")

    assert await group.members[0].post(path, {}) == {"items": []}  # nobody asked to be added
    await group.members[0].post("/api/session/terminate", group.termination())
    assert code(await group.members[0].call("POST", path, {})) == "not_establishing"
    assert code(await mallory.call("POST", path, {})) == "not_found"
    assert code(await (await service.person("eve")).call("POST", path, {})) == "device_required"
    assert code(await service.anonymous().call("POST", path, {})) == "not_authenticated"


async def test_contributions_need_the_current_epoch_and_a_member(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    path = f"/api/conversations/{group.session_id}/contributions"
    asked = {
        "recipients": [{"device_id": str(bob.device.id), "number": 1}],
        "nonce": to_base64url(os.urandom(32)),
        "generation": 0,
        "epoch": 1,
        "purpose": "rotate",
    }
    mallory = await service.bound("mallory")

    assert code(await alice.call("POST", path, asked | {"epoch": 0})) == "epoch_conflict"
    assert code(await alice.call("POST", path, asked | {"purpose": "found"})) == "not_establishing"
    assert code(await mallory.call("POST", path, asked)) == "not_found"
    assert code(await service.anonymous().call("POST", path, asked)) == "not_authenticated"
    service.quantum.away = True
    away = await alice.call("POST", path, asked)
    assert (away.status_code, code(away)) == (503, "quantum_service_unavailable")


async def test_founding_needs_connected_people(service: Service) -> None:
    group = await establishing(service)
    alice, bob = group.members
    founding = await group.founding(bob)
    await alice.ok("POST", f"/api/connections/{bob.user_id}/block")
    assert code(await bob.call("POST", group.commits, founding.body)) == "blocked"
    await alice.ok("DELETE", f"/api/connections/{bob.user_id}/block")
    await alice.ok("DELETE", f"/api/connections/{bob.user_id}")

    assert code(await bob.call("POST", group.commits, founding.body)) == "not_active"
    assert await service.rows(select(Commit.seq)) == await service.rows(select(Welcome.seq)) == []
