"""Conversations over HTTP."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response, status

from app_service.accounts.access import AccountCaller, BoundCaller
from app_service.conversations import claims, pages, repository, service
from app_service.conversations.commits import CommitService
from app_service.conversations.contributions import ContributionService
from app_service.conversations.entries import Author
from app_service.conversations.generations import GenerationService
from app_service.conversations.lost_devices import LostDeviceService
from app_service.conversations.rows import ack_json
from app_service.conversations.schemas import (
    Acknowledgement,
    ClaimedPackages,
    ClaimOptions,
    CommitPost,
    ContributionAnswer,
    ContributionRequest,
    GenerationPost,
    LogPage,
    LostStatePost,
    MessageSend,
    ReadMark,
)
from app_service.conversations.service import MessageService
from app_service.db import Reading, Writing
from app_service.realtime.events import Events
from app_service.realtime.hub import Hub

router = APIRouter(prefix="/api", tags=["conversations"])

MAX_PAGE = 200


async def _messages(request: Request) -> MessageService:
    found: MessageService = request.app.state.messages
    return found


async def _commits(request: Request) -> CommitService:
    found: CommitService = request.app.state.commits
    return found


async def _contributions(request: Request) -> ContributionService:
    found: ContributionService = request.app.state.contributions
    return found


async def _generations(request: Request) -> GenerationService:
    found: GenerationService = request.app.state.generations
    return found


async def _lost_devices(request: Request) -> LostDeviceService:
    found: LostDeviceService = request.app.state.lost_devices
    return found


async def _events(request: Request) -> Events:
    found: Events = request.app.state.events
    return found


async def _hub(request: Request) -> Hub:
    found: Hub = request.app.state.hub
    return found


async def _author(caller: BoundCaller) -> Author:
    return Author(caller.user_id, caller.device_id)


CallingDevice = Annotated[Author, Depends(_author)]


@router.get("/messages", response_model=LogPage)
async def read_messages(
    author: CallingDevice,
    session: Reading,
    conversation_id: UUID,
    after: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> Response:
    """Rows behind `after`; else the last ones in front of `before`; else the newest. Ascending in each case."""
    log = await repository.log_for(session, author, conversation_id)
    if after is not None:
        items = await pages.page_after(session, log, after, limit)
    else:
        items = await pages.page_before(session, log, before or log.seq + 1, limit)
    return _json({"items": items, "head": pages.head_json(log)})


@router.post("/message/send", status_code=status.HTTP_201_CREATED, response_model=Acknowledgement)
async def send_message(
    body: MessageSend, author: CallingDevice, messages: Annotated[MessageService, Depends(_messages)]
) -> Response:
    ack = await messages.send(author, body)
    return _json(ack_json(ack), status.HTTP_201_CREATED)


@router.post("/conversations/{conversation_id}/key-packages")
async def claim_key_packages(
    conversation_id: UUID, body: ClaimOptions, author: CallingDevice, unit: Writing
) -> ClaimedPackages:
    return await claims.claim(unit, author, conversation_id, body)


@router.post("/conversations/{conversation_id}/contributions")
async def draw_contribution(
    conversation_id: UUID,
    body: ContributionRequest,
    author: CallingDevice,
    contributions: Annotated[ContributionService, Depends(_contributions)],
) -> ContributionAnswer:
    return await contributions.draw(author, conversation_id, body)


@router.post(
    "/conversations/{conversation_id}/commits", status_code=status.HTTP_201_CREATED, response_model=Acknowledgement
)
async def post_commit(
    conversation_id: UUID,
    body: CommitPost,
    author: CallingDevice,
    commits: Annotated[CommitService, Depends(_commits)],
) -> Response:
    ack = await commits.post(author, conversation_id, body)
    return _json(ack_json(ack), status.HTTP_201_CREATED)


@router.post(
    "/conversations/{conversation_id}/generations",
    status_code=status.HTTP_201_CREATED,
    response_model=Acknowledgement,
)
async def begin_generation(
    conversation_id: UUID,
    body: GenerationPost,
    author: CallingDevice,
    generations: Annotated[GenerationService, Depends(_generations)],
) -> Response:
    ack = await generations.begin(author, conversation_id, body)
    return _json(ack_json(ack), status.HTTP_201_CREATED)


@router.post("/conversations/{conversation_id}/lost-state", status_code=status.HTTP_204_NO_CONTENT)
async def ask_to_be_added(
    conversation_id: UUID,
    body: LostStatePost,
    author: CallingDevice,
    lost_devices: Annotated[LostDeviceService, Depends(_lost_devices)],
) -> None:
    await lost_devices.ask(author, conversation_id, body)


@router.post("/conversations/{conversation_id}/read", status_code=status.HTTP_204_NO_CONTENT)
async def mark_read(
    conversation_id: UUID,
    body: ReadMark,
    caller: AccountCaller,
    unit: Writing,
    events: Annotated[Events, Depends(_events)],
    hub: Annotated[Hub, Depends(_hub)],
) -> None:
    await service.mark_read(unit, events, hub, caller.user_id, conversation_id, body)


def _json(content: dict[str, Any], code: int = status.HTTP_200_OK) -> Response:
    # Rows are most of what is sent: they are written once, not parsed and written again by a response model.
    return Response(orjson.dumps(content), code, media_type="application/json")
