"""Accounts over HTTP: registration, signing in and out, one's own data."""

from __future__ import annotations

from typing import Annotated, Final, TypeVar
from uuid import UUID

from fastapi import APIRouter, Cookie, Depends, Header, Query, Request, Response, status

from app_service.accounts import service
from app_service.accounts.access import AccountCaller
from app_service.accounts.origin import is_loopback, origin_allowed
from app_service.accounts.schemas import (
    LoginParameters,
    LoginRequest,
    Me,
    MeChange,
    Name,
    OwnSignIns,
    RefreshRequest,
    Registered,
    Registration,
    SignedIn,
    SignInsEnded,
    Transport,
    UserSummary,
)
from app_service.accounts.service import AccountService
from app_service.accounts.tokens import refresh_invalid
from app_service.db import Reading, Writing
from app_service.rate_limits import address_of
from app_service.settings import REFRESH_LIFETIME, Settings
from shared.errors import Forbidden

router = APIRouter(prefix="/api", tags=["accounts"])

COOKIE: Final = "quantumchat_refresh"
COOKIE_PATH: Final = "/api/token"

Answer = TypeVar("Answer", bound=SignedIn)


async def _service(request: Request) -> AccountService:
    accounts: AccountService = request.app.state.accounts
    return accounts


Accounts = Annotated[AccountService, Depends(_service)]


@router.post("/register", status_code=status.HTTP_201_CREATED)
async def register(body: Registration, request: Request, response: Response, accounts: Accounts) -> Registered:
    answer = await accounts.register(body, address_of(request))
    return _handed_over(answer, body.token_transport, request, response)


@router.get("/login/parameters")
async def login_parameters(username: Annotated[Name, Query()], accounts: Accounts) -> LoginParameters:
    return await accounts.parameters(username)


@router.post("/login")
async def login(body: LoginRequest, request: Request, response: Response, accounts: Accounts) -> SignedIn:
    answer = await accounts.login(body, address_of(request))
    return _handed_over(answer, body.token_transport, request, response)


@router.post("/token/refresh")
async def refresh(
    request: Request,
    response: Response,
    accounts: Accounts,
    body: RefreshRequest | None = None,
    cookie: Annotated[str | None, Cookie(alias=COOKIE)] = None,
    x_quantumchat: Annotated[str | None, Header()] = None,
) -> SignedIn:
    """With the token in the body, or with the cookie, a custom header and an allowed `Origin` (P2.7)."""
    if body is not None and body.refresh_token is not None:
        return await accounts.sign_ins.refresh(body.refresh_token)
    settings: Settings = request.app.state.settings
    if x_quantumchat != "1" or not origin_allowed(request, settings.origins):
        raise Forbidden("origin_not_allowed", "This page may not use the sign-in of this browser.")
    if cookie is None:
        raise refresh_invalid()
    return _handed_over(await accounts.sign_ins.refresh(cookie), "cookie", request, response)


@router.post("/logout", status_code=status.HTTP_204_NO_CONTENT)
async def logout(caller: AccountCaller, unit: Writing, accounts: Accounts, response: Response) -> None:
    await service.logout(unit, accounts.sign_ins, caller)
    response.delete_cookie(COOKIE, path=COOKIE_PATH, httponly=True, samesite="strict")


@router.get("/users/me")
async def read_me(caller: AccountCaller, session: Reading) -> Me:
    return await service.me(session, caller)


@router.patch("/users/me")
async def change_me(body: MeChange, caller: AccountCaller, accounts: Accounts, request: Request) -> UserSummary:
    return await accounts.change_email(caller, body, address_of(request))


@router.get("/sign-ins")
async def read_sign_ins(caller: AccountCaller, session: Reading) -> OwnSignIns:
    return await service.own_sign_ins(session, caller)


@router.delete("/sign-ins")
async def end_other_sign_ins(caller: AccountCaller, unit: Writing, accounts: Accounts) -> SignInsEnded:
    """All but the one that asks."""
    return await service.end_other_sign_ins(unit, accounts.sign_ins, caller)


@router.delete("/sign-ins/{sign_in_id}", status_code=status.HTTP_204_NO_CONTENT)
async def end_sign_in(sign_in_id: UUID, caller: AccountCaller, unit: Writing, accounts: Accounts) -> None:
    await service.end_sign_in(unit, accounts.sign_ins, caller, sign_in_id)


def _handed_over(answer: Answer, transport: Transport, request: Request, response: Response) -> Answer:
    """With `cookie`, the refresh token goes where no script can read it."""
    response.headers["Cache-Control"] = "no-store"
    if transport == "body" or answer.refresh_token is None:
        return answer
    response.set_cookie(
        COOKIE,
        answer.refresh_token,
        max_age=int(REFRESH_LIFETIME.total_seconds()),
        path=COOKIE_PATH,
        secure=not is_loopback(request.url.hostname),
        httponly=True,
        samesite="strict",
    )
    return answer.model_copy(update={"refresh_token": None})
