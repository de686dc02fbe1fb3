"""Rooms over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response, status

from app_service.accounts.access import AccountCaller
from app_service.conversations.refusals import bad_message
from app_service.conversations.routes import CallingDevice, read_messages, send_message
from app_service.conversations.schemas import ClaimedPackages, MessageSend
from app_service.rate_limits import RateLimits
from app_service.rooms.links import LinkService, link_unknown
from app_service.rooms.schemas import (
    Invitee,
    JoinList,
    JoinPost,
    JoinView,
    LastWord,
    LinkPost,
    LinkView,
    RequestList,
    RoomList,
    RoomView,
)
from app_service.rooms.service import RoomService
from shared.encoding import from_base64url
from shared.errors import NotPossible

router = APIRouter(prefix="/api/rooms", tags=["rooms"])


async def _service(request: Request) -> RoomService:
    rooms: RoomService = request.app.state.rooms
    return rooms


async def _limited(request: Request, author: CallingDevice) -> None:
    limits: RateLimits = request.app.state.limits
    await limits.room(str(author.user_id))


async def _links(request: Request) -> LinkService:
    links: LinkService = request.app.state.links
    return links


Rooms = Annotated[RoomService, Depends(_service)]
Links = Annotated[LinkService, Depends(_links)]
Code = Annotated[str, Path(max_length=64)]


def _link_id(code: str) -> UUID:
    """A link's id is its code: 16 bytes, chosen by whoever made it, beside its seed."""
    try:
        return UUID(bytes=from_base64url(code))
    except ValueError as error:
        raise link_unknown() from error


@router.get("")
async def list_rooms(caller: AccountCaller, rooms: Rooms) -> RoomList:
    return await rooms.all(caller.user_id)


@router.post("", status_code=status.HTTP_201_CREATED, dependencies=[Depends(_limited)])
async def create_room(author: CallingDevice, rooms: Rooms) -> RoomView:
    """A room without a group yet: its creator's client founds that, and only there are its name and topic."""
    return await rooms.create(author.user_id)


@router.get("/join")
async def list_own_requests(caller: AccountCaller, links: Links) -> JoinList:
    """Rooms that one asked to come into, and is not in."""
    return await links.own(caller.user_id)


@router.get("/join/{code}")
async def look_at_link(code: Code, caller: AccountCaller, links: Links) -> LinkView:
    return await links.look(caller.user_id, _link_id(code))


@router.post("/join/{code}", status_code=status.HTTP_202_ACCEPTED, dependencies=[Depends(_limited)])
async def ask_to_join(code: Code, body: JoinPost, author: CallingDevice, links: Links) -> JoinView:
    """Ask to be let in; who may do that hears of it at once."""
    return await links.ask(author, _link_id(code), body)


@router.get("/{room_id}")
async def show_room(room_id: UUID, caller: AccountCaller, rooms: Rooms) -> RoomView:
    return await rooms.one(caller.user_id, room_id)


@router.delete("/{room_id}")
async def end_room(room_id: UUID, author: CallingDevice, rooms: Rooms, last: LastWord | None = None) -> RoomView:
    return await rooms.end(author, room_id, last)


@router.post("/{room_id}/invite", dependencies=[Depends(_limited)])
async def invite_person(room_id: UUID, body: Invitee, author: CallingDevice, rooms: Rooms) -> ClaimedPackages:
    return await rooms.invite(author, room_id, body.user_id)


@router.post("/{room_id}/leave")
async def leave_room(room_id: UUID, last: LastWord, author: CallingDevice, rooms: Rooms) -> RoomView:
    return await rooms.leave(author, room_id, last)


@router.post("/{room_id}/links", status_code=status.HTTP_204_NO_CONTENT, dependencies=[Depends(_limited)])
async def keep_link(room_id: UUID, body: LinkPost, author: CallingDevice, links: Links) -> None:
    await links.create(author, room_id, body)


@router.get("/{room_id}/requests")
async def list_requests(room_id: UUID, author: CallingDevice, links: Links) -> RequestList:
    return await links.requests(author, room_id)


@router.delete("/{room_id}/requests/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
async def drop_request(room_id: UUID, user_id: UUID, author: CallingDevice, links: Links) -> None:
    """Withdraw one's own request, or decline another's."""
    await links.drop(author, room_id, user_id)


# What people expect below a room; the calls of `conversations/` are the ones that clients use.

router.add_api_route("/{conversation_id}/messages", read_messages, methods=["GET"], include_in_schema=False)


@router.post("/{room_id}/messages", status_code=status.HTTP_201_CREATED, include_in_schema=False)
async def send_to_room(room_id: UUID, body: MessageSend, author: CallingDevice, request: Request) -> Response:
    if body.conversation_id != room_id:
        raise bad_message()
    return await send_message(body, author, request.app.state.messages)


@router.post("/{room_id}/search", include_in_schema=False)
async def search_room(room_id: UUID, caller: AccountCaller, rooms: Rooms) -> None:
    await rooms.one(caller.user_id, room_id)
    reason = "The server holds ciphertext only. Messages can be searched where they can be read: in the client."
    raise NotPossible("search_is_client_side", reason)
