"""Sessions over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, status

from app_service.accounts.access import AccountCaller
from app_service.rate_limits import RateLimits
from app_service.sessions.schemas import (
    NewSession,
    RotationAsked,
    RotationRequest,
    SessionList,
    SessionView,
    Termination,
)
from app_service.sessions.service import SessionService

router = APIRouter(prefix="/api", tags=["sessions"])


async def _service(request: Request) -> SessionService:
    sessions: SessionService = request.app.state.sessions
    return sessions


async def _limited(request: Request, caller: AccountCaller) -> None:
    limits: RateLimits = request.app.state.limits
    await limits.rotation(str(caller.user_id))


Sessions = Annotated[SessionService, Depends(_service)]


@router.get("/sessions")
async def list_sessions(caller: AccountCaller, sessions: Sessions) -> SessionList:
    return await sessions.status(caller, None)


@router.get("/session/status")
async def session_status(caller: AccountCaller, sessions: Sessions, session_id: UUID | None = None) -> SessionList:
    """All of one's sessions with their state, or one."""
    return await sessions.status(caller, session_id)


@router.post("/sessions", status_code=status.HTTP_201_CREATED)
async def begin_session(body: NewSession, caller: AccountCaller, sessions: Sessions) -> SessionView:
    return await sessions.begin(caller, body.user_id)


@router.post("/session/terminate")
async def terminate_session(body: Termination, caller: AccountCaller, sessions: Sessions) -> SessionView:
    return await sessions.terminate(caller, body)


@router.post("/session/rotate", status_code=status.HTTP_202_ACCEPTED, dependencies=[Depends(_limited)])
async def rotate_session(body: RotationRequest, caller: AccountCaller, sessions: Sessions) -> RotationAsked:
    return RotationAsked(asked=await sessions.rotate(caller, body.session_id))
