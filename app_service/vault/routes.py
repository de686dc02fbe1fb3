"""The sealed records over HTTP, with entity tags against lost updates (RFC 9110 section 13)."""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Request, Response

from app_service.accounts.access import AccountCaller, BoundCaller, OwnerCaller
from app_service.db import Reading, Writing
from app_service.rate_limits import address_of
from app_service.realtime.events import Events
from app_service.vault import service
from app_service.vault.preconditions import IfMatch, IfNoneMatch, seen_version
from app_service.vault.schemas import SealedPins, StoredVault, VaultBody, VaultCompletion, VaultRewrite
from app_service.vault.service import VaultService
from shared.errors import Malformed

router = APIRouter(prefix="/api", tags=["accounts"])


async def _service(request: Request) -> VaultService:
    vault: VaultService = request.app.state.vault
    return vault


Versioned = TypeVar("Versioned", StoredVault, SealedPins)
Vaults = Annotated[VaultService, Depends(_service)]


@router.get("/vault")
async def read_vault(caller: OwnerCaller, session: Reading, response: Response) -> StoredVault:
    return _tagged(response, await service.read(session, caller.user_id))


@router.put("/vault")
async def write_vault(
    body: VaultBody,
    caller: AccountCaller,
    vaults: Vaults,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> StoredVault:
    """`If-None-Match: *` completes an account; `If-Match` writes the next version. Both need the password's proof."""
    seen, address = seen_version(if_match, if_none_match), address_of(request)
    match body, seen:
        case VaultCompletion(), 0:
            return _tagged(response, await vaults.complete(caller, body, address))
        case VaultRewrite(), int() if seen > 0:
            return _tagged(response, await vaults.rewrite(caller, body, seen, address))
    raise Malformed("malformed", "This body does not belong to that precondition.")


@router.get("/pins", response_model=SealedPins, responses={204: {"description": "None yet"}})
async def read_pins(caller: AccountCaller, session: Reading, response: Response) -> SealedPins | Response:
    # No pins is what every new account has, and no error: browsers would write one into the console.
    pins = await service.read_pins(session, caller.user_id)
    return Response(status_code=204) if pins is None else _tagged(response, pins)


@router.put("/pins")
async def write_pins(
    body: SealedPins,
    caller: BoundCaller,
    unit: Writing,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> SealedPins:
    seen = seen_version(if_match, if_none_match)
    events: Events = request.app.state.events
    return _tagged(response, await service.write_pins(unit, events, caller.user_id, body, seen))


def _tagged(response: Response, answer: Versioned) -> Versioned:
    response.headers["ETag"] = f'"{answer.version}"'
    response.headers["Cache-Control"] = "no-store"
    return answer
