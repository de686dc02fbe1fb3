"""P9.3: a new group of the same conversation, as far as the server can see that it has a reason."""

from __future__ import annotations

import asyncio

from sqlalchemy import select, update
from uuid_utils.compat import uuid7

from app_service.models import LogEntry, Member
from app_service.models.base import now
from shared.encoding import fields, from_base64url
from tests.anew import Anew, contribution_for, leaves
from tests.factories import Json
from tests.groups import Group, active, code
from tests.services import Service


async def _poisoned(service: Service) -> Group:
    """A group in which bob's last commit is one that only members can judge."""
    group = await active(service)
    await group.rotate(group.members[1])
    return group


async def test_p9_3_statement_and_founding_commit_are_one(service: Service) -> None:
    group = await _poisoned(service)
    alice, bob = group.members
    await alice.post(group.lost_states, await group.lost_state(alice))
    path = f"/api/conversations/{group.session_id}/key-packages"
    (claimed,) = (await alice.post(path, {"generation": 1}))["items"]
    assert claimed["device_id"] == str(bob.device.id)

    anew = Anew(group, alice)
    body = await anew.body()
    ack = await alice.post(anew.path, body)
    assert (ack["generation"], ack["epoch"], ack["seq"]) == (1, 0, 4)
    assert await alice.post(anew.path, body) == ack  # a repeat gets the first answer

    statement, commit = (await group.log(bob))[-2:]
    assert (statement["kind"], statement["generation"], statement["epoch"]) == ("generation", 1, 0)
    signed = fields(from_base64url(body["statement"]), from_base64url(body["signature"]))
    assert from_base64url(statement["content"]) == signed
    assert commit["welcomes"] == body["founding"]["welcomes"]
    assert commit["previous_chain"] == statement["chain"]
    session = await group.session(bob)
    assert (session["generation"], session["epoch"], session["lost"]) == (1, 1, [])
    assert {each["device_id"] for each in session["members"]} == {str(each.device.id) for each in group.members}

    late = await bob.call("POST", "/api/message/send", group.message())
    assert (late.status_code, code(late)) == (409, "epoch_stale")


async def test_p9_3_of_two_the_first_wins_and_the_other_gets_what_it_missed(service: Service) -> None:
    group = await _poisoned(service)
    alice, bob = group.members
    bodies = [await Anew(group, each).body() for each in (alice, bob)]
    path = Anew(group, alice).path
    answers = await asyncio.gather(alice.call("POST", path, bodies[0]), bob.call("POST", path, bodies[1]))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    lost = next(answer for answer in answers if answer.status_code == 409)
    assert code(lost) == "epoch_conflict"
    assert [row["kind"] for row in lost.json()["error"]["details"]["missed"]] == ["generation", "commit"]


async def test_p9_3_the_log_moved_on(service: Service) -> None:
    group = await _poisoned(service)
    alice, bob = group.members
    body = await Anew(group, alice).body()
    await group.send(bob)
    late = await alice.call("POST", Anew(group, alice).path, body)
    assert (late.status_code, code(late)) == (409, "epoch_conflict")
    assert [row["kind"] for row in late.json()["error"]["details"]["missed"]] == ["message"]


async def test_p9_3_at_most_one_in_an_hour(service: Service) -> None:
    group = await _poisoned(service)
    alice, bob = group.members
    await Anew(group, alice).post()
    second = Anew(group, bob, generation=2)
    soon = await bob.call("POST", second.path, await second.body())
    assert (soon.status_code, code(soon)) == (429, "too_many_requests")
    assert 3000 < int(soon.headers["Retry-After"]) <= 3601


async def test_p9_3_a_statement_that_does_not_fit_is_refused(service: Service) -> None:
    group = await _poisoned(service)
    alice, bob = group.members
    anew = Anew(group, alice)
    contribution = await contribution_for(group, alice, group.members)
    before = await service.row_counts()
    lies: list[Json] = [
        {"server_name": "another-server"},
        {"user_id": bob.user_id},
        {"device_id": bob.device.id},
        {"conversation": uuid7()},
        {"generation": 2},
        {"old_group": group.id.bytes + (7).to_bytes(4, "big")},
        {"epoch": 9},
        {"seq": 99},
        {"chain": bytes(32)},
        {"reason": "bored"},
        {"reason": "lost", "reason_seq": 0},  # alice asked for nothing
        {"reason_seq": 99},
        {"roster": leaves([alice])},
        {"left_out": leaves([bob])},
    ]
    for lie in lies:
        refused = await alice.call("POST", anew.path, await anew.body(contribution=contribution, **lie))
        assert (refused.status_code, code(refused)) == (422, "bad_generation"), lie
    forged = await alice.call("POST", anew.path, await anew.body(contribution=contribution, signer=bob.device.key))
    assert (forged.status_code, code(forged)) == (422, "bad_signature")
    without = await anew.body(contribution=contribution)
    without["founding"]["contribution"] = None
    assert (await alice.call("POST", anew.path, without)).status_code == 422
    assert await service.row_counts() == before


async def test_p9_3_only_the_author_of_the_commit_may_be_left_out(service: Service) -> None:
    group = await active(service)
    alice, bob = group.members
    tablet = bob.second(service.client())
    await tablet.login()
    await tablet.add_device()
    await alice.post(group.commits, group.commit_body(uuid7(), added=[tablet]))
    group.epoch += 1
    group.members.append(tablet)
    await group.rotate(tablet)

    another = Anew(group, alice, [alice, tablet])
    refused = await alice.call("POST", another.path, await another.body(left_out=leaves([bob])))
    assert (refused.status_code, code(refused)) == (422, "bad_generation")
    await Anew(group, alice, [alice, bob]).post(left_out=leaves([tablet]))
    out = await service.rows(select(Member.device_id).where(Member.removed_seq.is_not(None)))
    assert out == [tablet.device.id]


async def test_p9_3_strangers_and_devices_outside_begin_nothing(service: Service) -> None:
    group = await _poisoned(service)
    alice, bob = group.members
    body = await Anew(group, alice).body()
    path = Anew(group, alice).path
    assert code(await bob.call("POST", path, body)) == "bad_generation"
    carol = await service.bound("carol")
    assert code(await carol.call("POST", path, body)) == "bad_generation"
    assert (await service.anonymous().call("POST", path, body)).status_code == 401
    packages = f"/api/conversations/{group.session_id}/key-packages"
    nothing = await alice.call("POST", packages, {"generation": 1})
    assert (nothing.status_code, code(nothing)) == (409, "nothing_lost")
    assert (await carol.call("POST", packages, {"generation": 1})).status_code == 404


async def test_p9_3_an_hour_later_it_may_begin_again(service: Service) -> None:
    group = await _poisoned(service)
    alice = group.members[0]
    await Anew(group, alice).post()
    async with service.database.write() as unit:
        past = now().replace(year=now().year - 1)
        await unit.session.execute(update(LogEntry).where(LogEntry.kind == "generation").values(timestamp=past))
    assert (await Anew(group, alice, generation=2).post())["generation"] == 2
