"""Why a log says no: one place for the codes of docs/api.md, *Conversations*."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from app_service.conversations.entries import Head
from shared.errors import Conflict, Forbidden, Malformed, NotFound


def not_found() -> NotFound:
    return NotFound("not_found", "There is no such conversation.")


def not_active() -> Conflict:
    return Conflict("not_active", "This conversation takes no messages.")


def attachment_missing() -> Conflict:
    return Conflict("attachment_missing", "A file of this message is not there, or not complete.")


def not_establishing() -> Conflict:
    return Conflict("not_establishing", "This conversation is not waiting for its first commit.")


def waiting_for_devices() -> Conflict:
    return Conflict("waiting_for_devices", "Somebody has no device with keys yet.")


def blocked() -> Forbidden:
    return Forbidden("blocked", "One of you has blocked the other.")


def not_connected() -> Forbidden:
    return Forbidden("not_connected", "You are not connected any more.")


def not_in_group() -> Forbidden:
    return Forbidden("not_in_group", "This device is not in the conversation's group.")


def not_allowed(missing: str) -> Forbidden:
    """`missing`: the word of docs/crypto.md, *Rooms*, for the right that it takes."""
    return Forbidden("not_allowed", "Your role in this room does not allow that.", details={"missing": missing})


def bad_room() -> Malformed:
    return Malformed("bad_room", "The commit leads to a room that there cannot be.")


def epoch_stale(head: Head) -> Conflict:
    return Conflict(
        "epoch_stale",
        "The group has moved on. Read what you missed, encrypt again and send under the same id.",
        details={"generation": head.generation, "epoch": head.epoch},
    )


def bad_message() -> Malformed:
    return Malformed("bad_message", "The message does not fit the conversation's log.")


def bad_expiry(timer: int) -> Malformed:
    details = {"timer": timer}
    return Malformed("bad_expiry", "Messages last as long as its members agreed, and no other time.", details=details)


def bad_signature(why: str) -> Malformed:
    """`why`: `missing`, or the code of quantum_service's verdict."""
    details = {"statement": "critical", "why": why}
    return Malformed("bad_signature", "A critical message needs a valid signature of its device.", details=details)


def message_required() -> Malformed:
    return Malformed("message_required", "Only a member's last message ends a conversation that has a group.")


def bad_commit(why: str) -> Malformed:
    return Malformed("bad_commit", why)


def bad_contribution(why: str) -> Malformed:
    return Malformed("bad_contribution", why)


def contribution_required() -> Malformed:
    return Malformed("contribution_required", "The first commit of a group carries a contribution.")


def outsider() -> Malformed:
    return Malformed("outsider", "A conversation holds devices of its own people only.")


def revoked_device() -> Malformed:
    return Malformed("revoked_device", "A device is revoked by its account's newest list.")


def unknown_recipient() -> Malformed:
    return Malformed("unknown_recipient", "A recipient is no device of this conversation, or has no such key.")


def recipient_key_replaced(user_ids: Iterable[UUID]) -> Conflict:
    """P3.5: nothing new is made for a key that its device has replaced."""
    details = {"user_ids": sorted(str(user_id) for user_id in user_ids)}
    return Conflict("recipient_key_replaced", "Devices have newer ML-KEM keys. Fetch them.", details=details)


def bad_lost_state(why: str) -> Malformed:
    return Malformed("bad_lost_state", why)


def already_added() -> Conflict:
    return Conflict("already_added", "This device has been added since it asked. Read what you missed.")


def already_member(room_id: UUID) -> Conflict:
    return Conflict("already_member", "This person is in the room already.", details={"room_id": str(room_id)})


def bad_generation(why: str) -> Malformed:
    return Malformed("bad_generation", why)


def nothing_lost() -> Conflict:
    return Conflict("nothing_lost", "Only a device that asked to be added begins a group anew.")


def epoch_conflict(missed: list[dict[str, Any]]) -> Conflict:
    """P6.1: the first commit of an epoch wins; the others get what they missed."""
    return Conflict("epoch_conflict", "Another commit came first.", details={"missed": missed})
