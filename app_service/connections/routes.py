"""Connections over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, status

from app_service.accounts.access import AccountCaller
from app_service.connections import service
from app_service.connections.schemas import (
    Answered,
    ConnectionRequest,
    ConnectionResponse,
    Connections,
    PendingRequests,
    Requested,
)
from app_service.connections.service import ConnectionService
from app_service.db import Reading, Writing
from app_service.rate_limits import RateLimits

router = APIRouter(prefix="/api", tags=["connections"])


async def _service(request: Request) -> ConnectionService:
    connections: ConnectionService = request.app.state.connections
    return connections


async def _limited(request: Request, caller: AccountCaller) -> None:
    limits: RateLimits = request.app.state.limits
    await limits.connection_request(str(caller.user_id))


ConnectionsNow = Annotated[ConnectionService, Depends(_service)]


@router.post("/connection/request", status_code=status.HTTP_201_CREATED, dependencies=[Depends(_limited)])
async def request_connection(
    body: ConnectionRequest, caller: AccountCaller, unit: Writing, connections: ConnectionsNow
) -> Requested:
    return await connections.request(unit, caller.user_id, body)


@router.get("/connection/pending")
async def pending(caller: AccountCaller, session: Reading) -> PendingRequests:
    return await service.pending(session, caller.user_id)


@router.post("/connection/respond")
async def respond(
    body: ConnectionResponse, caller: AccountCaller, unit: Writing, connections: ConnectionsNow
) -> Answered:
    return await connections.respond(unit, caller.user_id, body)


@router.get("/connections")
async def connections(caller: AccountCaller, session: Reading) -> Connections:
    return await service.connections(session, caller.user_id)


@router.delete("/connections/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove(user_id: UUID, caller: AccountCaller, unit: Writing, connections: ConnectionsNow) -> None:
    await connections.remove(unit, caller.user_id, user_id)


@router.post("/connections/{user_id}/block", status_code=status.HTTP_204_NO_CONTENT)
async def block(user_id: UUID, caller: AccountCaller, unit: Writing, connections: ConnectionsNow) -> None:
    await connections.block(unit, caller.user_id, user_id)


@router.delete("/connections/{user_id}/block", status_code=status.HTTP_204_NO_CONTENT)
async def unblock(user_id: UUID, caller: AccountCaller, unit: Writing, connections: ConnectionsNow) -> None:
    await connections.unblock(unit, caller.user_id, user_id)
