"""P10.1: policies of rooms and verdicts on their commits against `rooms.json`, which the client's tests read too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app_service.conversations.authenticated_data import Leaf
from app_service.conversations.join_statement import read_join_statement
from app_service.conversations.roles import NotAllowed, RoomCommit, check_commit
from app_service.conversations.room_policy import Invitation, Policy, Role, Settings, decode_policy, encode_policy
from shared.encoding import MalformedEncoding

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("rooms.json").read_text(encoding="utf-8"))


def _name(case: dict[str, Any]) -> str:
    return str(case["name"])


def _settings(given: dict[str, Any]) -> Settings:
    levels: dict[str, Any] = {
        name: Role(given[name]) for name in ("invite", "remove", "configure", "post") if name in given
    }
    return Settings(**levels, **{name: given[name] for name in ("approval", "timer") if name in given})


@pytest.mark.parametrize("case", VECTORS["policies"], ids=_name)
def test_p10_1_a_policy_has_one_encoding(case: dict[str, Any]) -> None:
    policy = Policy(
        UUID(case["owner"]),
        frozenset(map(UUID, case["moderators"])),
        frozenset(map(UUID, case["banned"])),
        frozenset(map(UUID, case["away"])),
        _settings(case["settings"]),
        tuple(_invitation(each) for each in case["invitations"]),
    )

    assert encode_policy(policy).hex() == case["hex"]
    assert decode_policy(bytes.fromhex(case["hex"])) == policy


def _invitation(given: dict[str, Any]) -> Invitation:
    key = bytes.fromhex(given["public_key_byte"]) * 962
    return Invitation(UUID(given["id"]), key, UUID(given["inviter"]), given["expiry"], given["allowed"], given["used"])


@pytest.mark.parametrize("case", VECTORS["malformed_policies"], ids=_name)
def test_p10_1_what_is_no_policy_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(MalformedEncoding):
        decode_policy(bytes.fromhex(case["hex"]))


@pytest.mark.parametrize("case", VECTORS["joins"], ids=_name)
def test_p10_2_what_a_joiner_signs_has_one_encoding(case: dict[str, Any]) -> None:
    asks = read_join_statement(bytes.fromhex(case["hex"]))

    assert asks.server_name == case["server_name"]
    assert asks.group_id == UUID(case["room"]).bytes + int(case["generation"]).to_bytes(4, "big")
    assert [asks.link_id, asks.user_id, asks.device_id] == [UUID(case[name]) for name in ("link", "user", "device")]
    assert asks.account_hash.hex() == case["account_hash_byte"] * 32
    assert asks.package_hash.hex() == case["package_hash_byte"] * 32


@pytest.mark.parametrize("case", VECTORS["malformed_joins"], ids=_name)
def test_p10_2_what_no_joiner_signs_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(MalformedEncoding):
        read_join_statement(bytes.fromhex(case["hex"]))


def _user(name: str) -> UUID:
    return UUID(int=ord(name[0]))


def _users(names: list[str]) -> frozenset[UUID]:
    return frozenset(map(_user, names))


def _device(name: str) -> UUID:
    return UUID(int=ord(name[0]) << 8 | ord(name[1]))


def _leaves(names: list[str]) -> frozenset[Leaf]:
    return frozenset(Leaf(_user(name), _device(name)) for name in names)


def _policy(given: dict[str, Any], before: Policy | None = None) -> Policy:
    policy = before or Policy(_user(given["owner"]))
    if "owner" in given:
        policy = policy._replace(owner=_user(given["owner"]))
    people: dict[str, Any] = {name: _users(given[name]) for name in ("moderators", "banned", "away") if name in given}
    policy = policy._replace(**people)
    if "settings" in given:
        policy = policy._replace(settings=_settings(given["settings"]))
    return policy._replace(invitations=tuple(_link(each) for each in given.get("links", ())))


def _link(given: dict[str, Any]) -> Invitation:
    key = bytes([given.get("key", 0)]) * 962
    return Invitation(UUID(int=given["id"]), key, _user(given["by"]), given["expiry"], given["allowed"], given["used"])


@pytest.mark.parametrize("case", VECTORS["commits"], ids=_name)
def test_p10_1_the_epoch_before_decides_what_a_commit_may_do(case: dict[str, Any]) -> None:
    before = _policy(case["before"])
    commit = RoomCommit(
        _user(case["actor"]),
        _leaves(case["leaves"]),
        _leaves(case["added"]),
        _leaves(case["removed"]),
        frozenset(map(_device, case["excused"])),
        _users(case["left"]),
        None if case["after"] is None else _policy(case["after"], before),
        case["profile"],
        {_user(name): UUID(int=link) for name, link in case.get("admitted", {}).items()},
        case.get("time", 0),
    )

    assert _verdict(before, commit) == case["verdict"]


def _verdict(before: Policy, commit: RoomCommit) -> str:
    try:
        after = check_commit(before, commit)
    except NotAllowed as refusal:
        return refusal.missing
    return "ok" if after == (commit.policy or before) else "another policy"
